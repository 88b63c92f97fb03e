"""Records that describe, printed: every number is the record's own."""

from __future__ import annotations

import pytest

import toolkit as tk
from toolkit.errors import InputError


@pytest.fixture(scope="module")
def panel():
    return tk.load("china").between(2016, 2019)


@pytest.fixture(scope="module")
def weights(panel):
    return tk.weights.queen(panel, link={"Hainan": "Guangdong"})


def cells(table) -> dict[str, list[str]]:
    return {row.label: [cell.text for cell in row.cells] for row in table.rows}


def test_transition_matrix(panel):
    record = tk.markov(panel, "gdp / pop", 3)
    table, chain = tk.table(record), record.chain
    assert [h.text for h in table.head[1].heads] == ["Moves", *chain.states]
    assert table.head[0].stub == "Class in 𝑡" and table.head[0].heads[1].text == "Class in 𝑡 + 1"
    for i, state in enumerate(chain.states):
        row = table.rows[i]
        assert row.label == state and row.cells[0].text == str(chain.starts[i])
        assert [c.text for c in row.cells[1:]] == [f"{p:.3f}" for p in chain.probabilities[i]]
        assert [c.below for c in row.cells[1:]] == [f"({n})" for n in chain.counts[i]]
    assert table.rows[-1].label == "Ergodic distribution"
    assert [c.text for c in table.rows[-1].cells[1:]] == [f"{p:.3f}" for p in chain.ergodic]
    assert "Numbers of moves in parentheses" in table.note and "Time Q" in table.note
    errors = tk.table(record, below="se", digits=2).rows[0].cells[1].below
    assert errors == f"({chain.std_errors[0, 0]:.2f})"


def test_a_matrix_for_each_class_of_neighbours(panel, weights):
    record = tk.spatial_markov(panel, "gdp / pop", weights, k=3)
    table = tk.table(record)
    assert [b.heading for b in table.blocks] == [*(f"Neighbours in {s}" for s in record.lag_states), "All regions"]
    assert "Spatial weights: queen contiguity" in table.note and "Spatial Q" in table.note
    assert tk.table(record, lang="zh").blocks[-1].heading == "全部地区"


def test_chains_without_an_ergodic_distribution_say_so(panel, weights):
    table = tk.table(tk.lisa_markov(panel, "log(gdp / pop)", weights))
    assert [h.text for h in table.head[1].heads][1:] == ["HH", "LH", "LL", "HL"]
    if any(c.text == "—" for c in table.rows[-1].cells):
        assert "no single ergodic distribution" in table.note


@pytest.mark.parametrize("below", ["t", "p", "ci"])
def test_what_cannot_stand_under_a_probability(panel, below):
    with pytest.raises(InputError, match='transition probability(.|\n)*"se" or None'):
        tk.table(tk.markov(panel, "gdp / pop", 3), below=below)


def test_components_with_their_shares(panel):
    record = tk.dagum(panel, "gdp / pop", "blocks")
    table, tidy = tk.table(record), record.tidy()
    assert [h.text for h in table.head[0].heads] == ["Total", "Within", "Net between", "Overlap"]
    first = tidy[tidy["time"] == 2016]
    assert [c.text for c in table.rows[0].cells] == [f"{v:.3f}" for v in first["estimate"]]
    assert [c.below for c in table.rows[0].cells][1:] == [f"({100 * v:.1f}%)" for v in first["share"][1:]]
    theil = tk.table(tk.theil(panel, "gdp", "blocks", weights="pop"), labels={"blocks": "regions"})
    assert [h.text for h in theil.head[0].heads] == ["Total", "Between regions", "Within regions"]
    assert "Weighted by Resident population" in theil.note


def test_rows_of_a_record_are_kept_and_dropped_by_name(panel):
    record = tk.dagum(panel, "gdp / pop", "blocks")
    assert list(cells(tk.table(record, keep=["2016", "2019"], order="2019"))) == ["2019", "2016"]
    with pytest.raises(InputError, match="'1999'"):
        tk.table(record, drop="1999")


def test_gaps_are_blocks_of_pairs(panel):
    record = tk.gap_account(panel, ("gdp", "pop"), "blocks", base="East")
    table = tk.table(record)
    assert [b.heading for b in table.blocks] == ["Central against East", "West against East", "Northeast against East"]
    first = record.tidy().iloc[0]
    assert [c.text.replace("−", "-") for c in table.rows[0].cells[:3]] == [
        f"{first[k]:.3f}" for k in ("value", "base_value", "difference")
    ]
    assert tk.table(record, lang="zh").blocks[0].heading == "中部与东部"


def test_inequality_sources_and_shift_share(panel):
    table = tk.table(tk.inequality(panel, "gdp / pop", bootstrap=20, seed=1))
    assert [h.text for h in table.head[0].heads] == ["Gini", "Theil 𝑇", "Theil 𝐿", "Atkinson", "Coeff. of variation"]
    assert table.rows[0].cells[0].below.startswith("(0.") and "Bootstrap of regions, 20 draws" in table.note
    interval = tk.table(tk.inequality(panel, "gdp / pop", bootstrap=20, seed=1), below="ci")
    assert interval.rows[0].cells[0].below.startswith("[") and "95% confidence" in interval.note
    sectors = ["va_primary", "va_secondary", "va_tertiary"]
    sources = tk.table(tk.gini_sources(panel, None, sectors), lang="zh")
    assert [b.heading for b in sources.blocks] == ["2016", "2017", "2018", "2019"]
    assert sources.rows[0].label == "第一产业增加值（首次发布）"
    record = tk.shift_share(panel, ["emp_primary", "emp_secondary", "emp_tertiary"])
    shift = tk.table(record, digits=1)
    assert len(shift.rows) == 31 and [h.text for h in shift.head[0].heads][:2] == ["Start", "Change"]
    assert cells(shift)["Beijing"][0] == f"{record.by_region()['start'].iloc[0]:,.1f}"


def test_any_other_record_has_its_columns_in_words(panel, weights):
    record = tk.moran(panel, "log(gdp / pop)", weights, permutations=19, seed=1)
    table = tk.table(record)
    assert table.head[0].stub == "Period" and "Expected" in [h.text for h in table.head[0].heads]
    assert "Variable: log(gdp / pop)" in table.note and "Permutations: 19" in table.note
    assert len(table.tidy().columns) == len(record.tidy().columns)
    assert tk.table(record, lang="zh").head[0].stub == "时期"


def test_labels_and_order_come_from_a_codebook(panel, weights):
    fit = tk.fit("log(gdp) ~ log(emp) + log(pop)", panel, weights, model="sar", effects="entity")
    chinese = tk.table(fit, lang="zh")
    assert [r.label for r in chinese.rows[:2]] == ["log(就业人员)", "log(常住人口)"]
    assert chinese.head[0].heads[0].text == "log(地区生产总值)"
    ordered = tk.table(fit, order="codebook")
    assert [r.label for r in ordered.rows[:2]] == ["log(Resident population)", "log(Employed persons)"]
    given = tk.table(tk.impacts(fit), labels=panel, lang="zh")
    assert given.rows[0].label == "log(就业人员)"


def test_order_without_a_codebook():
    import numpy as np

    from toolkit.contracts import CoefTable, ModelRecord

    record = ModelRecord(name="m", depvar="y", coefficients=CoefTable(("x",), np.ones(1), np.eye(1), ("X",)))
    with pytest.raises(InputError, match=r"nothing here has a codebook(.|\n)*labels=panel"):
        tk.table(record, order="codebook")
    assert tk.table(record, order="codebook", labels={"x": "X"}).rows[0].label == "X"
