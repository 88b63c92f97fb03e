from __future__ import annotations

import re

import pytest

from toolkit.errors import InputError
from toolkit.report.tables.words import LANGUAGES, STATS, Words


def test_every_english_phrase_has_a_chinese_one_with_the_same_slots():
    english, chinese = LANGUAGES["en"], LANGUAGES["zh"]
    assert set(english) <= set(chinese)
    for key, text in english.items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", chinese[key])), key


def test_every_statistic_has_a_label():
    assert all(f"stat:{key}" in LANGUAGES["en"] for key in STATS)


def test_unknown_language():
    with pytest.raises(InputError, match="en, zh"):
        Words("de")


def test_sentences_end_once():
    assert Words("en").sentences(["One", "Two."]) == "One. Two."
    assert Words("zh").sentences(["一", "二。"]) == "一。二。"
