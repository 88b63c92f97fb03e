from __future__ import annotations

import pytest

from toolkit.report.tables.terms import canonical, term_label

LABELS = {"pcap": "Public capital", "gdp": "R&D_%", "emp": "就业", "region": "Region", "x:y": "Product"}


@pytest.mark.parametrize(
    ("term", "key"),
    [
        ("const", "Intercept"),
        ("CONSTANT", "Intercept"),
        ("(Intercept)", "Intercept"),
        ("np.log(x)", "log(x)"),
        ("numpy.log( x )", "log(x)"),
        ("W np.log(gdp / emp)", "W log(gdp/emp)"),
        ("snp.x", "snp.x"),
        ("C(region)[T.North East]", "C(region)[T.North East]"),
        ("W x", "W x"),
        ("Wx", "Wx"),
    ],
)
def test_canonical(term, key):
    assert canonical(term) == key
    assert canonical(key) == key


@pytest.mark.parametrize(
    ("term", "block", "text"),
    [
        ("pcap", "X", "Public capital"),
        ("log(pcap)", "X", "log(Public capital)"),
        ("log(gdp / emp)", "X", "log(R&D_% / 就业)"),
        ("W pcap", "WX", "𝑊 × Public capital"),
        ("pcap2", "X", "pcap2"),
        ("my.pcap", "X", "my.pcap"),
        ("emp:pcap", "X", "就业 × Public capital"),
        ("log(a:b)", "X", "log(a:b)"),
        ("x:y", "X", "Product"),
        ("C(region)[T.East]", "X", "Region: East"),
        ("C(region, Treatment)[T.A b]", "X", "Region: A b"),
        ("region[East]", "X", "Region: East"),
        ("rho", "spatial", "ρ (𝑊𝑦)"),
        ("lambda", "spatial", "λ (𝑊𝑢)"),
        ("rho", "X", "rho"),
        ("theta", "variance", "θ"),
        ("y(t-1)", "dynamic", "𝑦(𝑡−1)"),
        ("W y(t-1)", "dynamic", "𝑊𝑦(𝑡−1)"),
        ("const", "X", "Constant"),
        ("W const", "WX", "𝑊 × Constant"),
    ],
)
def test_label(term, block, text):
    assert term_label(term, LABELS, block) == text


def test_a_label_of_the_term_itself_wins():
    assert term_label("W pcap", {"W pcap": "Neighbours' capital", "pcap": "Capital"}, "WX") == "Neighbours' capital"
    assert term_label("rho", {"rho": "Lag"}, "spatial") == "Lag"
