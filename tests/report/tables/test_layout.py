from __future__ import annotations

import pytest

from toolkit.errors import InputError
from toolkit.report.tables.layout import Layout, select

DEFAULTS = {
    "stars": None,
    "below": "se",
    "level": 0.95,
    "digits": 3,
    "keep": None,
    "drop": None,
    "order": None,
    "labels": None,
}
DEFAULTS |= {"effects": None, "stats": None, "notes": None, "caption": "", "label": "", "lang": "en"}
TERMS = ["log(pcap)", "C(s)[T.1]", "C(s)[T.2]", "unemp"]


def layout(**given) -> Layout:
    return Layout.check(**{**DEFAULTS, **given})


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({}, TERMS),
        ({"keep": ["np.log(pcap)", "unemp"]}, ["log(pcap)", "unemp"]),
        ({"keep": "Jobless"}, ["unemp"]),
        ({"drop": "C(s)*"}, ["log(pcap)", "unemp"]),
        ({"drop": ["*"]}, []),
        ({"order": ["unemp", "C(s)[T.2]"]}, ["unemp", "C(s)[T.2]", "log(pcap)", "C(s)[T.1]"]),
    ],
)
def test_select(given, left):
    assert select(TERMS, lambda t: "Jobless" if t == "unemp" else t, layout(**given)) == left


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"below": "sd"}, r"'sd'.*\n.*\"se\""),
        ({"level": 95}, "level=95"),
        ({"lang": "fr"}, r"'fr'.*\n.*en, zh"),
        ({"keep": [1]}, "keep="),
        ({"keep": 3}, "keep=3"),
        ({"labels": ["a"]}, "labels="),
        ({"labels": {"a": 1}}, "labels="),
        ({"label": "tab}\\input{x"}, "LaTeX key"),
        ({"label": "表"}, "LaTeX key"),
    ],
)
def test_bad_options(given, message):
    with pytest.raises(InputError, match=message):
        layout(**given)


def test_layout_is_frozen_and_keeps_the_caller_s_labels_apart():
    labels = {"a": "A"}
    made = layout(labels=labels)
    labels["a"] = "B"
    assert made.labels["a"] == "A"
    with pytest.raises(AttributeError):
        made.digits = 2
