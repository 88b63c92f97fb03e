"""Weights that differ by period, and weights among the regions present: by hand, by identity, refusals."""

from __future__ import annotations

import copy
import os
import subprocess
import sys

import numpy as np
import pytest

import toolkit as tk
from toolkit.errors import InputError, WeightsError
from toolkit.weights.by_period import PeriodWeights, YearlyWeights, among_present, yearly

IDS = ("a", "b", "c", "d")
#: a chain a - b - c - d, and all with all
CHAIN = np.eye(4, k=1) + np.eye(4, k=-1)
FULL = np.ones((4, 4)) - np.eye(4)


def chain(normalize="row", ids=IDS):
    return tk.weights.from_matrix(CHAIN, ids=ids, normalize=normalize)


def full(normalize="row", ids=IDS):
    return tk.weights.from_matrix(FULL, ids=ids, normalize=normalize)


def present(*absent, t=2):
    """Everybody, but for (period number, region)."""
    out = np.ones((t, 4), bool)
    for period, region in absent:
        out[period, IDS.index(region)] = False
    return out


# ---------------------------------------------------------------------- YearlyWeights


def test_a_value_object():
    w = yearly({2000: chain(), 2001: full(), 2002: chain()})
    assert (w.N, w.T, w.periods, w.ids) == (4, 3, (2000, 2001, 2002), IDS)
    assert w.at(2001) == full() and w.at(2002) == chain()
    assert w.description == "matrix as given" and w.note.endswith("; 2 matrices for 2000-2002")
    assert yearly({2000: chain()}).note.endswith("; 1 matrix for 2000")
    assert repr(w).startswith("YearlyWeights: 4 regions, 3 periods; ")
    with pytest.raises(TypeError):
        w.by_period[2000] = full()
    with pytest.raises(AttributeError):
        w.by_period = {}


def test_it_does_not_hold_on_to_the_mapping_given():
    given = {2000: chain(), 2001: full()}
    w = yearly(given)
    given[2002] = full()
    assert w.periods == (2000, 2001)
    assert YearlyWeights(given).T == 3


def test_equal_content_is_equal_and_copies_travel():
    one, other = yearly({2000: chain(), 2001: full()}), yearly({2000: chain(), 2001: full()})
    assert one == other and hash(one) == hash(other) and len({one, other}) == 1
    assert one != yearly({2000: full(), 2001: chain()}) and one != chain()
    again = copy.deepcopy(one)
    assert again == one and again is not one


def test_regions_are_matched_by_id():
    back = tk.weights.from_matrix(CHAIN[::-1, ::-1], ids=IDS[::-1], normalize="row")
    w = yearly({2000: chain(), 2001: back})
    assert w.at(2001).ids == IDS and w.at(2001) == chain()
    turned = w.match(("d", "b", "a", "c"), times=[2001])
    assert turned.periods == (2001,) and turned.ids == ("d", "b", "a", "c")
    np.testing.assert_allclose(turned.at(2001).lag([4.0, 2.0, 1.0, 3.0]), [3.0, 2.0, 2.0, 3.0])
    assert w.subset(("b", "c")).at(2000).sparse.toarray().tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: yearly({}), InputError, "needs a mapping of period to weights"),
        (lambda: yearly([chain()]), InputError, "needs a mapping.*; list was given"),
        (lambda: yearly({2000: chain(), 2001: CHAIN}), InputError, "weights of 2001 are a ndarray"),
        (
            lambda: yearly({2000: chain(), 2001: chain(ids=("a", "b", "c", "e"))}),
            WeightsError,
            r"2001: .*Only in the weights \(1\): e. Only in the data \(1\): d",
        ),
        (lambda: yearly({2000: chain()}).at(1999), WeightsError, "no weights for 1999(.|\n)*: 2000"),
        (
            lambda: yearly({2000: chain()}).match(IDS, [1999, 2000, 2001]),
            WeightsError,
            "no weights for 1999, 2001(.|\n)*panel.select",
        ),
        (lambda: yearly({"2000": chain()}).match(IDS, [2000]), WeightsError, r"another type \(str in the weights, int"),
        (lambda: yearly({2000: chain()}).match("abc"), WeightsError, "2000: .*Only in the weights"),
        (lambda: yearly({2000: chain()}).subset(("a", "d")), WeightsError, "2000: Regions without a neighbour: a, d"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---------------------------------------------------------------------- among those present


def test_everybody_present_changes_nothing():
    w = among_present(chain(), [2000, 2001], present(), None)
    assert w.by_period[0] is w.by_period[1] and w.by_period[0] == chain() and w.notes == ()
    a = np.arange(8.0).reshape(2, 4)
    np.testing.assert_allclose(w.over(a), (chain().sparse @ a.T).T)


@pytest.mark.parametrize(
    ("normalize", "renormalize", "expected"),
    [
        ("row", True, [[0, 1, 0], [0.5, 0, 0.5], [0, 1, 0]]),
        ("row", False, [[0, 0.5, 0], [0.5, 0, 0.5], [0, 1, 0]]),
        ("none", False, [[0, 1, 0], [1, 0, 1], [0, 1, 0]]),
        ("spectral", True, np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) / np.sqrt(2)),
        ("spectral", False, np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) / (2 * np.cos(np.pi / 5))),
        ("minmax", True, np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) / 2),
    ],
)
def test_absent_regions_leave_rows_and_columns(normalize, renormalize, expected):
    """By hand: the chain b - c - d is left of a - b - c - d; its spectral radii are sqrt(2) and 2 cos(pi / 5)."""
    w = among_present(chain(normalize), [2000, 2001], present((1, "a")), renormalize)
    assert w.by_period[0] == chain(normalize) and w.by_period[1].ids == ("b", "c", "d")
    np.testing.assert_allclose(w.by_period[1].sparse.toarray(), expected, atol=1e-12)
    a = np.where(w.present, np.arange(8.0).reshape(2, 4), np.nan)
    lagged = w.over(a)
    assert np.isnan(lagged[1, 0]) and np.isfinite(lagged).sum() == 7
    np.testing.assert_allclose(lagged[1, 1:], np.asarray(expected) @ a[1, 1:])
    np.testing.assert_allclose(w.over(a[1:, :, None], first=1)[0, 1:, 0], lagged[1, 1:])
    assert w.window(1, 2).by_period == w.by_period[1:]


def test_rows_given_as_they_are_that_sum_to_one_can_be_renormalised():
    given = tk.weights.from_matrix(chain().sparse.toarray(), ids=IDS)
    assert given.normalization == "none"
    w = among_present(given, [2000, 2001], present((1, "a")), True)
    np.testing.assert_allclose(w.by_period[1].row_sums, 1)


def test_one_matrix_is_made_for_each_distinct_pair():
    every = yearly({t: chain() if t < 2003 else full() for t in range(2000, 2006)})
    where = present((1, "a"), (2, "a"), (4, "a"), t=6)
    made = among_present(every, range(2000, 2006), where, True).by_period
    assert made[1] is made[2] and made[0] is not made[1] and made[3] is made[5]
    assert len({id(w) for w in made}) == 4


def test_islands_are_named_with_their_periods():
    where = present((1, "b"), (2, "b"), t=3)
    w = among_present(chain(), [2000, 2001, 2002], where, True)
    assert w.notes == (
        "Absence leaves regions without neighbours, so nothing spills over to them then: a (2001), a (2002).",
    )
    np.testing.assert_array_equal(w.by_period[1].row_sums, [0, 1, 1])
    with pytest.raises(WeightsError, match=r"without neighbours: a \(2001\), a \(2002\)"):
        among_present(chain(), [2000, 2001, 2002], where, True, islands="error")
    lonely = among_present(chain(), [2000, 2001], present((1, "b"), (1, "c")), True)  # a and d: no link at all
    assert lonely.by_period[1].nnz == 0 and "a, d (2001)" in lonely.notes[0]


def test_islands_of_the_full_weights_are_not_news():
    matrix = CHAIN.copy()
    matrix[0], matrix[:, 0] = 0, 0
    w = tk.weights.from_matrix(matrix, ids=IDS, normalize="row", islands="keep")
    assert among_present(w, [2000, 2001], present((1, "d")), True).notes == ()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: among_present(chain(), [0, 1], present((1, "a")), None),
            InputError,
            "renormalize=True(.|\n)*renormalize=False",
        ),
        (
            lambda: among_present(chain("none"), [0, 1], present((1, "a")), True),
            WeightsError,
            r'no normalisation to renew(.|\n)*renormalize=False, or(.|\n)*normalize\("row"\)',
        ),
        (
            lambda: among_present(yearly({2000: chain()}), [2000, 2001, 2002], present(t=3), None),
            WeightsError,
            "no weights for 2001, 2002",
        ),
        (
            lambda: among_present(chain(), [2000, 2001], present((1, "a"), (1, "b"), (1, "c")), True),
            WeightsError,
            "In 2001 1 region is present",
        ),
        (lambda: among_present(chain(), [0, 1], present(), None, islands="drop"), InputError, "error, keep"),
    ],
)
def test_refusals_among_present(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_hash_tells_presence_and_weights_apart():
    def made(w, where):
        return among_present(w, [2000, 2001], where, True).hash

    base = made(chain(), present((1, "a")))
    assert base == made(chain(), present((1, "a")))
    assert len({base, made(chain(), present((0, "a"))), made(full(), present((1, "a"))), made(chain(), present())}) == 4
    one = PeriodWeights((chain(), chain()), present())
    assert one.hash != PeriodWeights((chain(),), present(t=1)).hash


def test_the_hash_is_the_same_in_every_process():
    """Python salts its own hash of bytes in each process."""
    code = (
        "import numpy as np, toolkit as tk; from toolkit.weights.by_period import among_present, yearly\n"
        "w = tk.weights.from_matrix([[0, 1, 1], [1, 0, 1], [1, 1, 0]], ids=['a', 'b', 'c'], normalize='row')\n"
        "here = np.array([[True, True, True], [True, True, False]])\n"
        "print(among_present(w, [1, 2], here, True).hash, yearly({1: w, 2: w}).hash)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
