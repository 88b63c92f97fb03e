"""Spatial Markov chains: do the chances of a region depend on its neighbours?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import TestResult, TestTable
from toolkit.errors import WeightsError, listing
from toolkit.explore.chain_tests import compare, homogeneity
from toolkit.explore.chains import Chain
from toolkit.explore.observations import frozen, matched
from toolkit.explore.permutation import check_count, draws, resolve_seed
from toolkit.explore.relative import relative_series, window
from toolkit.explore.state_classes import StateClasses, check_labels, classify

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["SpatialMarkovTable", "averaging", "spatial_markov"]


def spatial_markov(
    panel: Panel,
    variable: str,
    W: SpatialWeights,
    k: int | None = None,
    m: int | None = None,
    *,
    classes: str | Sequence[float] = "quantiles-pooled",
    lag_classes: str | Sequence[float] | None = None,
    relative: bool = True,
    lag: int = 1,
    permutations: int = 0,
    seed: int | None = None,
    labels: Sequence[str] | None = None,
    lag_labels: Sequence[str] | None = None,
) -> SpatialMarkovTable:
    """Markov chain of a region's class, given the class of its neighbours' average at the start of the move.

    The spatial lag W y is cut into m classes by its own quantiles (or cut points); each lag class has its transition
    matrix, and the tests ask whether they are one.

    Parameters
    ----------
    panel : Panel
        N regions, T evenly spaced periods.
    variable : str
        A column, or an expression of columns.
    W : SpatialWeights
        Row-standardised, every region with neighbours; matched by id.
    k, m : int, optional
        Classes of the variable and of its lag; 5 and k by default.
    classes, lag_classes : {"quantiles-pooled", "quantiles-by-year"} or sequence of float
        As in `toolkit.explore.markov.markov`; `lag_classes` is the scheme of `classes` by default, and the same cut
        points where these are given.
    relative, lag
        As in `toolkit.explore.markov.markov`. The lag is taken of relative values.
    permutations : int
        Random relabellings of the regions, each with its whole history, for p-values of Q and LR that do not rest on
        the chi-squared distribution (small cells, regions that move together: Rey, Kang and Wolf 2016). 0 for none.
    seed : int, optional
        Same seed, same numbers.
    labels, lag_labels : sequence of str, optional
        Names of the classes, lowest first.

    Returns
    -------
    SpatialMarkovTable

    Raises
    ------
    WeightsError
        W is not row-standardised, has regions without neighbours, or names other regions.
    DataError, InputError, FormulaError
        As in `toolkit.explore.markov.markov`.

    References
    ----------
    Rey (2001), Geographical Analysis 33, 195-214; Bickenbach and Bode (2003), International Regional Science Review
    26, 363-392; Rey, Kang and Wolf (2016), Journal of Geographical Systems 18, 377-398.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("us_income")
    >>> record = tk.spatial_markov(panel, "income", tk.weights.queen(panel), k=5, m=5)
    >>> record.tests["spatial Q"].df
    60
    """
    count, start = check_count(permutations), resolve_seed(seed)
    W = averaging(matched(W, panel), panel)
    seen = relative_series(panel, variable, relative)
    pairs = window(seen.times, lag)
    cut = classify(seen.values, classes, k, repr(seen.name))
    lag_classes = classes if lag_classes is None else lag_classes
    m = cut.k if m is None and isinstance(lag_classes, str) else m

    def lagged(values: np.ndarray) -> StateClasses:
        return classify((W.sparse @ values.T).T, lag_classes, m, f"the spatial lag of {seen.name!r}")

    lag_cut = lagged(seen.values)
    counts = _counts(cut.codes, lag_cut.codes, pairs, cut.k, lag_cut.k)
    states = cut.labels if labels is None else check_labels(labels, cut.k)
    q, lr = homogeneity(counts, "spatial", f"the same probabilities in all {lag_cut.k} lag classes")
    found = [q, lr]
    if count:
        sims = np.array(
            [
                compare(_counts(cut.codes[:, p], lagged(seen.values[:, p]).codes, pairs, cut.k, lag_cut.k))[:2]
                for block in draws(panel.N, count, start)
                for p in block
            ]
        )
        found += [_by_permutation(test, sim) for test, sim in zip((q, lr), sims.T, strict=True)]
    return SpatialMarkovTable(
        variable=seen.name,
        label=seen.label,
        label_zh=seen.label_zh,
        pooled=Chain(states, frozen(counts.sum(axis=0))),
        chains=tuple(Chain(states, frozen(c)) for c in counts),
        lag_states=lag_cut.labels if lag_labels is None else check_labels(lag_labels, lag_cut.k),
        tests=TestTable(tuple(found), title="Tests of spatial homogeneity"),
        classes=cut,
        lag_classes=lag_cut,
        times=tuple(seen.times),
        regions=tuple(panel.entities),
        relative=bool(relative),
        lag=int(lag),
        permutations=count,
        seed=start,
        weights=W.description,
        weights_hash=W.hash,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class SpatialMarkovTable:
    """Transition matrices by class of the spatial lag, with tests that they are equal.

    Attributes
    ----------
    variable, label, label_zh : str
    pooled : Chain
        All moves.
    chains : tuple of Chain, length m
        One for each class of the spatial lag, lowest first; counts add up to those of `pooled`.
    lag_states : tuple of str, length m
    tests : TestTable
        ``spatial Q`` and ``spatial LR`` with df corrected for empty cells; with permutations ``spatial Q, permuted`` too.
    classes, lag_classes : StateClasses
    times, regions : tuple
    relative, lag, permutations, seed
        As used.
    weights, weights_hash, panel, panel_hash : str
        What it was computed from.
    """

    variable: str
    label: str
    label_zh: str
    pooled: Chain
    chains: tuple[Chain, ...]
    lag_states: tuple[str, ...]
    tests: TestTable
    classes: StateClasses
    lag_classes: StateClasses
    times: tuple[object, ...]
    regions: tuple[object, ...]
    relative: bool
    lag: int
    permutations: int
    seed: int
    weights: str
    weights_hash: str
    panel: str
    panel_hash: str

    @property
    def ergodic(self) -> np.ndarray:
        """Ergodic distribution by lag class, shape (m, k); NaN where a chain has none."""
        return np.stack([c.ergodic for c in self.chains])

    def against_rest(self) -> TestTable:
        """Q and LR of each lag class against all others together: where the dependence on neighbours comes from.

        The tests share data and are not independent; none is corrected for their number.
        """
        found: list[TestResult] = []
        for name, chain in zip(self.lag_states, self.chains, strict=True):
            both = np.stack([chain.counts, self.pooled.counts - chain.counts])
            found += homogeneity(both, name, f"lag class {name} has the probabilities of the others")
        return TestTable(tuple(found), title="Each lag class against the others")

    def matrices(self) -> list[tuple[str, Chain]]:
        """Name of the lag class and its chain, lowest first, then ``("all", pooled)``: for charts."""
        return [*zip(self.lag_states, self.chains, strict=True), ("all", self.pooled)]

    def tidy(self) -> pd.DataFrame:
        """One row a lag class and pair of classes: lag_class from to count probability std_error first_passage first_passage_sd.

        The lag class ``all`` is the pooled chain.
        """
        import pandas as pd

        return pd.concat([c.tidy().assign(lag_class=s) for s, c in self.matrices()], ignore_index=True)[
            ["lag_class", "from", "to", "count", "probability", "std_error", "first_passage", "first_passage_sd"]
        ]

    def by_state(self) -> pd.DataFrame:
        """One row a lag class and class: lag_class state starts share ergodic ergodic_se exit sojourn recurrence."""
        import pandas as pd

        table = pd.concat([c.by_state().assign(lag_class=s) for s, c in self.matrices()], ignore_index=True)
        return table[["lag_class", *[c for c in table.columns if c != "lag_class"]]]

    def glance(self) -> pd.DataFrame:
        """One row: what was used, Q and LR with df and p-values, structure of the conditional chains."""
        import pandas as pd

        q, lr = self.tests["spatial Q"], self.tests["spatial LR"]
        permuted = {
            f"{key}_p_perm": self.tests[f"spatial {name}, permuted"].p_value if self.permutations else float("nan")
            for key, name in (("q", "Q"), ("lr", "LR"))
        }
        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "n": len(self.regions),
                    "periods": len(self.times),
                    "k": self.pooled.k,
                    "m": len(self.chains),
                    "lag": self.lag,
                    "moves": int(self.pooled.counts.sum()),
                    "q": q.statistic,
                    "q_p_value": q.p_value,
                    "lr": lr.statistic,
                    "lr_p_value": lr.p_value,
                    "df": q.df,
                    **permuted,
                    "weights": self.weights,
                    "note": self._note,
                }
            ]
        )

    @property
    def _note(self) -> str:
        return "; ".join(
            f"lag class {s}: {c.note}" for s, c in zip(self.lag_states, self.chains, strict=True) if c.note
        )

    def __repr__(self) -> str:
        import pandas as pd

        blocks = [
            f"Lag class {s} ({c.counts.sum()} moves)\n"
            + pd.DataFrame(c.probabilities, index=c.states, columns=c.states).to_string(float_format="%.3f")
            for s, c in self.matrices()
        ]
        head = f"Spatial Markov chain of {self.variable}, {len(self.regions)} regions, {self.weights}, lag {self.lag}"
        note = f"\nNote: {self._note}" if self._note else ""
        return "\n".join([head, *blocks, repr(self.tests)]) + note

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def averaging(W: SpatialWeights, panel: Panel) -> SpatialWeights:
    """W, if its lags are averages of neighbours: rows sum to one and none is empty.

    Raises
    ------
    WeightsError
    """
    sums = np.asarray(W.sparse.sum(axis=1)).ravel()
    names = panel.names
    alone = [str(names[r]) for r, s in zip(panel.entities, sums, strict=True) if s == 0]
    if alone:
        raise WeightsError(
            f"Regions without neighbours have no class of neighbours: {listing(alone)}.",
            fix='join them when the weights are made, e.g. tk.weights.queen(panel, link={"Hainan": "Guangdong"})',
        )
    if np.abs(sums - 1).max() > 1e-8:
        raise WeightsError(
            f"The rows of W sum to {sums.min():.3g} to {sums.max():.3g}: its lags are not averages of the neighbours.",
            fix='row-standardise it: W.normalize("row")',
        )
    return W


def _counts(codes: np.ndarray, lag_codes: np.ndarray, pairs: int, k: int, m: int) -> np.ndarray:
    """Moves by lag class at the start, state at the start, state at the end, shape (m, k, k)."""
    start, end = codes[:pairs], codes[-pairs:]
    return np.bincount(((lag_codes[:pairs] * k + start) * k + end).ravel(), minlength=m * k * k).reshape(m, k, k)


def _by_permutation(test: TestResult, sims: np.ndarray) -> TestResult:
    larger = int((sims >= test.statistic * (1 - 1e-12)).sum())
    return TestResult(
        name=f"{test.name}, permuted",
        null="histories are dealt to places at random",
        statistic=test.statistic,
        p_value=(larger + 1) / (len(sims) + 1),
        distribution="permutation",
        reference="Rey, Kang and Wolf (2016), Journal of Geographical Systems 18, 377-398",
        reason=f"{len(sims)} permutations of the regions, each with its whole history",
    )
