"""`SpatialWeights`: what is refused, what stays the same, what changes and how."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from weights.matrices import distances, lattice, random_graph

import toolkit as tk
from toolkit.errors import InputError, ToolkitWarning, WeightsError
from toolkit.weights.normalization import NORMALIZATIONS

PATH = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])


def path(**options) -> tk.SpatialWeights:
    return tk.weights.from_matrix(PATH, ["a", "b", "c"], **options)


@pytest.mark.parametrize(
    "matrix, ids, message",
    [
        (np.ones((2, 3)), "ab", r"2 x 3[\s\S]*square"),
        (np.zeros((0, 0)), "", r"empty"),
        (PATH, "ab", r"3 rows but there are 2 ids"),
        (PATH, "aba", r"more than once: a\."),
        (np.array([[0, -1.0], [1, 0]]), "ab", r"negative: a -> b \(-1\)"),
        (np.array([[0, np.nan], [1, 0]]), "ab", r"not finite: a -> b \(nan\)"),
        (np.array([[0, 1], [np.inf, 0]]), "ab", r"not finite: b -> a \(inf\)"),
        (np.array([[0, 1], [1, 2.0]]), "ab", r"own neighbours \(non-zero diagonal\): b\."),
        (np.array([["x", "y"], ["z", "w"]]), "ab", r"does not hold numbers"),
        (np.zeros(3), "abc", r"1 dimensions"),
        (PATH, ["1", 2, 3], r"mix text \('1'\) and numbers \(2, 3\)"),
        (PATH, ["a", None, "c"], r"missing at positions 1"),
        (PATH, [1.0, np.nan, 2.0], r"missing at positions 1"),
    ],
)
def test_what_cannot_be_weights_is_refused_by_name(matrix, ids, message):
    with pytest.raises(WeightsError, match=message):
        tk.SpatialWeights(list(ids), matrix)


def test_unsigned_integers_do_not_wrap():
    """scipy.io.loadmat gives uint8; there -w would be 255 and 1 - w would wrap."""
    W = tk.weights.from_matrix(PATH.astype(np.uint8), list("abc"), normalize="row")
    assert W.sparse.dtype == float
    assert (-W.sparse).min() == -1.0 and W.matrix.dtype == float


def test_the_callers_matrix_is_copied_and_buffers_are_read_only():
    given_matrix = sparse.csr_array(PATH.astype(float))
    W = tk.SpatialWeights(list("abc"), given_matrix, "row")
    given_matrix.data[:] = 7.0
    assert W.matrix.data.max() == 1.0
    for buffer in (W.sparse.data, W.sparse.indices, W.matrix.data):
        with pytest.raises(ValueError, match="read-only"):
            buffer[0] = 5
    with pytest.raises(AttributeError):
        W.normalization = "none"
    with pytest.raises(TypeError):
        W.recipe["builder"] = "other"


def test_raw_buffers_are_read_only_without_normalisation_too():
    W = path()
    with pytest.raises(ValueError, match="read-only"):
        W.sparse.data[0] = 2


def test_islands_are_an_error_until_the_user_says():
    A = np.zeros((3, 3))
    A[0, 1] = A[1, 0] = 1
    names = {"a": "Anhui", "b": "Beijing", "h": "Hainan"}
    make = lambda **kw: tk.weights.from_matrix(A, ["a", "b", "h"], names=names, normalize="row", **kw)  # noqa: E731
    with pytest.raises(WeightsError, match=r"without a neighbour: h \(Hainan\)[\s\S]*link=\{'Hainan'"):
        make()
    kept = make(islands="keep")
    assert kept.islands == ("h",) and not kept.row_sums_constant and kept.n_components == 2
    assert kept.lag([1.0, 2.0, 3.0]).tolist() == [2.0, 1.0, 0.0]
    for link in ({"Hainan": "Anhui"}, {"h": "a"}, {"a": ["h"]}):
        linked = make(link=link)
        assert linked.islands == () and linked.sparse[2, 0] == 1.0 and linked.sparse[0, 2] == 0.5
        assert linked.recipe["link"] in ((("h", "a"),), (("a", "h"),))
        assert "linked to" in linked.description
    with pytest.raises(InputError, match="islands='drop'"):
        make(islands="drop")


@pytest.mark.parametrize(
    "link, message",
    [
        ({"Hainan": "Gondor"}, r"'Gondor' is neither an id nor a name[\s\S]*a \(Anhui\), b \(Beijing\)"),
        ({"h": "Hainan"}, r"'h' is linked to itself"),
        (["h", "a"], r"is not a mapping"),
        ({"h": "Twin"}, r"name of 2 regions[\s\S]*c, d"),
    ],
)
def test_links_that_mean_nothing_are_refused(link, message):
    names = {"a": "Anhui", "b": "Beijing", "h": "Hainan", "c": "Twin", "d": "Twin"}
    with pytest.raises(InputError, match=message):
        tk.weights.from_matrix(np.ones((5, 5)) - np.eye(5), list("abhcd"), names=names, link=link)


def test_a_link_has_the_mean_weight_of_the_others_and_never_doubles_one():
    A = 4.0 * PATH
    W = tk.weights.from_matrix(A, list("abc"), link={"a": ["b", "c"]})
    assert W.sparse.toarray().tolist() == [[0, 4, 4], [4, 0, 4], [4, 4, 0]]


def test_several_parts_warn_with_their_sizes():
    A = sparse.block_diag([lattice(2), lattice(3)])
    with pytest.warns(ToolkitWarning, match=r"2 unconnected parts of 9, 4 regions"):
        W = tk.weights.from_matrix(A, range(13))
    assert W.n_components == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path()


@pytest.mark.parametrize("how", NORMALIZATIONS)
def test_normalisations_start_from_the_weights_before_any(how):
    raw = distances(20).toarray()
    W = tk.weights.from_matrix(raw, range(20), normalize="row").normalize(how)
    expected = {
        "row": raw / raw.sum(1, keepdims=True),
        "spectral": raw / np.abs(np.linalg.eigvals(raw)).max(),
        "minmax": raw / min(raw.sum(0).max(), raw.sum(1).max()),
        "none": raw,
    }[how]
    assert np.allclose(W.sparse.toarray(), expected, rtol=1e-12)
    assert W.normalization == how and NORMALIZATIONS[how] in W.note
    assert W.symmetric == (how != "row") and W.row_sums_constant == (how == "row")


def test_minmax_takes_the_smaller_of_rows_and_columns():
    A = np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]], float)
    A[0, 1] = 3
    assert tk.SpatialWeights(list("abc"), A, "minmax").sparse.max() == 3 / 3


def test_an_unknown_normalisation_lists_the_known():
    with pytest.raises(InputError, match=r"'standard'[\s\S]*row, spectral, minmax, none"):
        path(normalize="standard")


def test_matching_is_by_id_and_lists_both_sides():
    W = path(normalize="row")
    turned = W.match(["c", "a", "b"])
    assert turned.ids == ("c", "a", "b")
    assert turned.sparse.toarray().tolist() == [[0, 0, 1], [0, 0, 1], [0.5, 0.5, 0]]
    assert W.match(pd.Index(["a", "b", "c"])) is W
    with pytest.raises(WeightsError, match=r"Only in the weights \(1\): c\. Only in the data \(2\): x, y\."):
        W.match(["a", "b", "x", "y"])
    numbers = tk.weights.from_matrix(PATH, [110000, 120000, 130000])
    with pytest.raises(WeightsError, match=r"the same but of another type: 110000 \(int\)[\s\S]*'110000' \(str\)"):
        numbers.match(["110000", "120000", "130000"])


def test_subset_drops_links_and_normalises_again():
    W = tk.weights.from_matrix(lattice(3), list("abcdefghi"), normalize="row")
    small = W.subset(["a", "b", "e"])
    assert small.sparse.toarray().tolist() == [[0, 1, 0], [0.5, 0, 0.5], [0, 1, 0]]
    with pytest.raises(WeightsError, match=r"No weights for: z"):
        W.subset(["a", "z"])
    with pytest.raises(WeightsError, match=r"without a neighbour: a, i"):
        W.subset(["a", "i"])
    assert W.subset(["a", "i"], islands="keep").islands == ("a", "i")


def test_the_hash_is_of_the_content():
    W = path(normalize="row")
    same = tk.SpatialWeights(list("abc"), sparse.coo_array(PATH.astype(np.int8)), "row", description="other words")
    assert same == W and hash(W) == hash(same) and len(W.hash) == 64
    changed = [
        path(normalize="none"),
        tk.weights.from_matrix(PATH, list("abd"), normalize="row"),
        tk.weights.from_matrix(PATH * [[1.0], [1.0], [1.0 + 1e-15]], list("abc")),
        tk.weights.from_matrix(PATH, [1, 2, 3], normalize="row"),
        tk.weights.from_matrix(PATH, ["1", "2", "3"], normalize="row"),
    ]
    assert len({w.hash for w in [W, *changed]}) == 6
    assert W != "a string"


def test_weights_survive_a_trip_to_another_process():
    W = path(normalize="row")
    W.operator.logdet(0.3)
    back = pickle.loads(pickle.dumps(W))
    assert back == W and not back.sparse.data.flags.writeable and back.operator.logdet(0.3) == W.operator.logdet(0.3)


def test_summary_tidy_and_repr():
    W = path(normalize="row")
    row = W.glance().iloc[0]
    assert (row.regions, row.links, row.islands, row.components, row.symmetric) == (3, 4, 0, 1, False)
    assert (row.neighbours_min, row.neighbours_max) == (1, 2)
    assert row.neighbours_mean == pytest.approx(4 / 3) and row.density == pytest.approx(4 / 6)
    assert row["hash"] == W.hash and W.summary()["regions"] == 3
    assert W.tidy().values.tolist() == [["a", "b", 1.0], ["b", "a", 0.5], ["b", "c", 0.5], ["c", "b", 1.0]]
    assert repr(W) == "SpatialWeights: 3 regions, 4 links, matrix as given, row-standardised"


def test_overlapping_years_warn():
    W = tk.SpatialWeights(list("abc"), PATH, recipe={"years": (2005, 2006), "variables": ("gdp",)})
    assert W.years == (2005, 2006)
    with pytest.warns(ToolkitWarning, match=r"built from gdp in 2006, years in which the outcome"):
        W.warn_overlap(range(2006, 2010))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        W.warn_overlap(range(2007, 2010))
        path().warn_overlap(range(2007, 2010))


@settings(max_examples=30, deadline=None)
@given(st.integers(5, 30), st.integers(0, 10_000), st.booleans())
def test_row_sums_are_one_and_relabelling_only_permutes(n, seed, symmetric):
    A = random_graph(n, 4, seed, symmetric).toarray()
    ids = [f"r{i:02d}" for i in range(n)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ToolkitWarning)
        W = tk.weights.from_matrix(A, ids, normalize="row", islands="keep")
        assert np.allclose(W.row_sums[W.cardinalities > 0], 1.0, atol=1e-15)
        order = np.random.default_rng(seed).permutation(n)
        shuffled = tk.weights.from_matrix(
            A[np.ix_(order, order)], [ids[i] for i in order], normalize="row", islands="keep"
        )
    assert shuffled.match(ids) == W
    x = np.random.default_rng(seed).standard_normal(n)
    assert np.allclose(shuffled.lag(x[order]), W.lag(x)[order], atol=1e-14)
    if A.any():
        low, high = W.operator.interval
        assert shuffled.operator.logdet(0.5 * high if np.isfinite(high) else 0.5) == pytest.approx(
            W.operator.logdet(0.5 * high if np.isfinite(high) else 0.5), abs=1e-11
        )
        assert low < 0 < high
