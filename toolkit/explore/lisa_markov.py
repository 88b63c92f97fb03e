"""LISA Markov chains: moves of regions between the quadrants of the Moran scatter plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import TestResult, TestTable
from toolkit.explore.chains import Chain, count_transitions
from toolkit.explore.observations import frozen, matched, observe, standardise
from toolkit.explore.permutation import check_count, check_level, resolve_seed
from toolkit.explore.relative import window
from toolkit.explore.spatial_markov import averaging

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["MOVES", "QUADRANTS", "LisaMarkovTable", "lisa_markov"]

#: States of the chain; the first letter is the region, the second its neighbours.
QUADRANTS = ("HH", "LH", "LL", "HL")

#: Kinds of moves (Rey 2001): 0 none, I the region only, II the neighbours only, III both, A in the same direction
#: (HH <-> LL), B in opposite directions (HL <-> LH).
MOVES = ("0", "I", "II", "IIIA", "IIIB")


def lisa_markov(
    panel: Panel,
    variable: str,
    W: SpatialWeights,
    *,
    lag: int = 1,
    permutations: int = 0,
    seed: int | None = None,
    p_adjust: str | None = "fdr",
    level: float = 0.05,
) -> LisaMarkovTable:
    """Markov chain of the quadrants of the Moran scatter plot (HH, LH, LL, HL), and the kinds of moves.

    A region is high (H) if above the mean of the period; its neighbours are high if their average is. The test of
    independence asks whether regions and their neighbours move on their own: P = P_own x P_neighbours (Kronecker),
    2 + 2 instead of 12 free probabilities, so df = 8 when all four quadrants are left and entered in all ways.
    (giddy 2.3.6 estimates the two chains from one region to the next in the table instead of from year to year, so its
    statistic depends on the order of regions: 1058.2 for the states of the US, where this test has 60.3.)

    Parameters
    ----------
    panel : Panel
        N regions, T evenly spaced periods.
    variable : str
        A column, or an expression of columns. Quadrants do not depend on its scale.
    W : SpatialWeights
        Row-standardised, every region with neighbours; matched by id.
    lag : int
        Periods between start and end of a move.
    permutations : int
        0: all regions are in their quadrant. Otherwise the draws of `tk.local_moran`: a fifth state ``ns`` takes the
        regions whose local Moran's I is not significant; move types and test stay those of all quadrants.
    seed, p_adjust, level
        As in `tk.local_moran`; used with permutations only.

    Returns
    -------
    LisaMarkovTable

    Raises
    ------
    WeightsError
        W is not row-standardised, has regions without neighbours, or names other regions.
    DataError, InputError, FormulaError
        Missing or constant values, uneven or too few periods; an argument that is not allowed.

    References
    ----------
    Rey (2001), Geographical Analysis 33, 195-214; the shares of kinds of moves follow Rey and Ye (2010), chapter 20 of
    Paez et al. (eds.), Progress in Spatial Analysis.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("us_income")
    >>> record = tk.lisa_markov(panel, "income", tk.weights.queen(panel))
    >>> record.chain.states
    ('HH', 'LH', 'LL', 'HL')
    """
    count, level = check_count(permutations), check_level(level)
    start = resolve_seed(seed)
    W = averaging(matched(W, panel), panel)
    seen = observe(panel, variable)
    pairs = window(seen.times, lag)
    z = standardise(seen.values)
    own, near = z > 0, (W.sparse @ z.T).T > 0
    quadrant = np.where(own, np.where(near, 0, 3), np.where(near, 1, 2))
    codes, states = quadrant, QUADRANTS
    if count:
        from toolkit.explore.local_moran import local_moran

        local = local_moran(panel, variable, W, permutations=count, seed=start, p_adjust=p_adjust, level=level)
        codes, states = np.where(local.cluster == "ns", 4, quadrant), (*QUADRANTS, "ns")
    q0, q1 = quadrant[:pairs], quadrant[lag:]
    moved_own, moved_near = own[:pairs] != own[lag:], near[:pairs] != near[lag:]
    same = own[:pairs] == near[:pairs]
    kind = np.where(moved_own, np.where(moved_near, np.where(same, 3, 4), 1), np.where(moved_near, 2, 0))
    expected, tests = _independence(q0, q1)
    k = len(states)
    return LisaMarkovTable(
        variable=seen.name,
        label=seen.label,
        label_zh=seen.label_zh,
        chain=Chain(states, frozen(count_transitions(codes[:pairs], codes[lag:], k))),
        quadrants=Chain(QUADRANTS, frozen(count_transitions(q0, q1, 4))),
        expected=frozen(expected),
        tests=TestTable(tests, title="Do regions and their neighbours move independently?"),
        codes=frozen(codes),
        moves=frozen(kind),
        times=tuple(seen.times),
        regions=tuple(panel.entities),
        names=tuple(panel.names),
        lag=int(lag),
        permutations=count,
        seed=start,
        p_adjust=p_adjust,
        level=level,
        weights=W.description,
        weights_hash=W.hash,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class LisaMarkovTable:
    """Moves between the quadrants of the Moran scatter plot.

    Attributes
    ----------
    variable, label, label_zh : str
    chain : Chain
        Of the states used: the four quadrants, and ``ns`` where significance was asked for.
    quadrants : Chain
        Of the four quadrants, whatever their significance.
    expected : ndarray, shape (4, 4)
        Moves between quadrants expected if regions and neighbours moved independently.
    tests : TestTable
        ``independence Q`` and ``independence LR``.
    codes : ndarray of int, shape (T, N)
        Position in ``chain.states``.
    moves : ndarray of int, shape (T - lag, N)
        Position in `MOVES`, from quadrants.
    times, regions, names : tuple
    lag, permutations, seed, p_adjust, level
        As used.
    weights, weights_hash, panel, panel_hash : str
        What it was computed from.
    """

    variable: str
    label: str
    label_zh: str
    chain: Chain
    quadrants: Chain
    expected: np.ndarray
    tests: TestTable
    codes: np.ndarray
    moves: np.ndarray
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    lag: int
    permutations: int
    seed: int
    p_adjust: str | None
    level: float
    weights: str
    weights_hash: str
    panel: str
    panel_hash: str

    def matrices(self) -> list[tuple[str, Chain]]:
        """The one matrix of this record, for charts: ``[("", chain)]``."""
        return [("", self.chain)]

    def tidy(self) -> pd.DataFrame:
        """One row a pair of states: from to count probability std_error first_passage first_passage_sd."""
        return self.chain.tidy()

    def by_state(self) -> pd.DataFrame:
        """One row a state: state starts share ergodic ergodic_se exit sojourn recurrence."""
        return self.chain.by_state()

    def by_period(self) -> pd.DataFrame:
        """One row a start period: time, shares of the kinds of moves, flux (I + II), cohesion (0 + IIIA).

        Flux counts moves of one side only, cohesion pairs that stay or move together.
        """
        import pandas as pd

        shares = {f"type_{name}": (self.moves == i).mean(axis=1) for i, name in enumerate(MOVES)}
        table = pd.DataFrame({"time": list(self.times[: len(self.moves)]), **shares})
        table["flux"] = table["type_I"] + table["type_II"]
        table["cohesion"] = table["type_0"] + table["type_IIIA"]
        return table

    def region_moves(self) -> pd.DataFrame:
        """One row a region and start period: region name time from to move (kind of `MOVES`)."""
        import pandas as pd

        pairs, n = self.moves.shape
        states = np.array(self.chain.states, object)
        return pd.DataFrame(
            {
                "region": np.tile(np.array(self.regions, object), pairs),
                "name": np.tile(np.array(self.names, object), pairs),
                "time": np.repeat(np.array(self.times[:pairs], object), n),
                "from": states[self.codes[:pairs].ravel()],
                "to": states[self.codes[self.lag :].ravel()],
                "move": np.array(MOVES, object)[self.moves.ravel()],
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: what was used, shares of kinds of moves, flux, cohesion, test of independence."""
        import pandas as pd

        kinds = {f"type_{name}": float((self.moves == i).mean()) for i, name in enumerate(MOVES)}
        q, lr = self.tests["independence Q"], self.tests["independence LR"]
        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "n": len(self.regions),
                    "periods": len(self.times),
                    "lag": self.lag,
                    "moves": self.moves.size,
                    **kinds,
                    "flux": kinds["type_I"] + kinds["type_II"],
                    "cohesion": kinds["type_0"] + kinds["type_IIIA"],
                    "q": q.statistic,
                    "q_p_value": q.p_value,
                    "lr": lr.statistic,
                    "lr_p_value": lr.p_value,
                    "df": q.df,
                    "permutations": self.permutations,
                    "weights": self.weights,
                    "note": self.chain.note,
                }
            ]
        )

    def __repr__(self) -> str:
        import pandas as pd

        chain = self.chain
        matrix = pd.DataFrame(chain.probabilities, index=chain.states, columns=chain.states)
        matrix.insert(0, "n", [str(n) for n in chain.starts])
        matrix.loc["ergodic"] = ["", *chain.ergodic]
        head = f"LISA Markov chain of {self.variable}, {len(self.regions)} regions, {self.weights}, lag {self.lag}"
        row = self.glance().iloc[0]
        share = f"Flux {row['flux']:.3f}, cohesion {row['cohesion']:.3f}"
        note = f"\nNote: {chain.note}" if chain.note else ""
        return f"{head}\n{matrix.to_string(float_format='%.3f', na_rep='')}\n{share}\n{self.tests!r}{note}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def _independence(q0: np.ndarray, q1: np.ndarray) -> tuple[np.ndarray, tuple[TestResult, TestResult]]:
    """Expected moves if own and neighbours' chains are independent, with Q and LR tests against the free chain.

    Maximum likelihood under the null is the product of the two marginal chains. df counts free probabilities: in
    rows that are left and cells the null allows, less those of the two chains.
    """
    observed = count_transitions(q0, q1, 4).astype(float)
    high_own, high_near = np.array([1, 0, 0, 1]), np.array([1, 1, 0, 0])
    own = count_transitions(high_own[q0], high_own[q1], 2)
    near = count_transitions(high_near[q0], high_near[q1], 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        p_own, p_near = (np.nan_to_num(c / c.sum(axis=1, keepdims=True)) for c in (own, near))
    product = p_own[np.ix_(high_own, high_own)] * p_near[np.ix_(high_near, high_near)]
    expected = observed.sum(axis=1, keepdims=True) * product
    cell = expected > 0
    q = float(((observed - expected)[cell] ** 2 / expected[cell]).sum())
    seen = observed > 0
    lr = float(2 * (observed[seen] * np.log(observed[seen] / expected[seen])).sum())
    free = sum(max(int(row.sum()) - 1, 0) for row in cell)
    free -= sum(max(int((row > 0).sum()) - 1, 0) for chain in (own, near) for row in chain)
    null = "regions and their neighbours move independently"
    few = int((expected[cell] < 5).sum())
    reason = f"{few} of {int(cell.sum())} cells have an expected count below 5." if few else None
    source = "Rey (2001), Geographical Analysis 33, 195-214"
    if free <= 0:
        q = lr = float("nan")
        reason = "Too few kinds of moves were seen to test independence."
    return expected, (
        TestResult.chi2("independence Q", null, q, max(free, 0), source, reason),
        TestResult.chi2("independence LR", null, lr, max(free, 0), source, reason),
    )
