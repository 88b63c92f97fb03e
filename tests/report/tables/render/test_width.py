from __future__ import annotations

import pytest

from toolkit.report.tables.render.symbols import has_cjk, is_number, spans
from toolkit.report.tables.render.width import split_label, text_width


@pytest.mark.parametrize(
    ("label", "width", "pieces"),
    [
        ("short", 100, ("short", "")),
        ("a long label of several words", 60, ("a long label", "of several words")),
        ("onewordwithoutanyspaceinit", 40, ("onewordwithoutanyspaceinit", "")),
        ("公共资本存量", 30, ("公共资", "本存量")),
        ("no limit at all, however long it may be", 0, ("no limit at all, however long it may be", "")),
    ],
)
def test_split_label(label, width, pieces):
    assert split_label(label, width) == pieces


def test_chinese_breaks_neither_numbers_nor_before_closing_signs():
    label = "人均地区生产总值（万元，2000年不变价）、“全要素生产率”"
    for width in range(40, 260, 5):
        first, rest = split_label(label, width)
        assert first + rest == label
        assert not rest or (rest[0] not in "，。、；：）》”’0" and first[-1] not in "（《“‘")


def test_wider_text_is_wider():
    assert text_width("iii") < text_width("aaa") < text_width("WWW") < text_width("公共资本")


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.1", True), ("−0.1", True), ("(0.1)", True), ("[0.1]", True), ("<0.001", True), ("[<0.001]", True),
     ("1,234.5", True), ("4.0×10⁻⁵", True), ("(4.0×10⁻⁵)", True), ("816", False), ("[0.1, 0.2]", False), ("a.b", False),
     ("", False), ("—", False)],
)  # fmt: skip
def test_is_number(text, number):
    assert is_number(text) is number


def test_spans_and_cjk():
    assert list(spans("a 𝑊𝑦 ρ")) == [("a ", False), ("Wy", True), (" ", False), ("ρ", True)]
    assert has_cjk("中") and has_cjk("：") and not has_cjk("é ρ")
