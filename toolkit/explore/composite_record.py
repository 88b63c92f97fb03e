"""The record of a composite index, and the panel that carries its score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.explore.indicators import IndicatorSystem

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["CompositeIndex", "ranks"]


@dataclass(frozen=True, kw_only=True, eq=False)
class CompositeIndex:
    """Scores by region and period, and all that made them.

    Attributes
    ----------
    system : IndicatorSystem
        K indicators, their directions and dimensions (S of them).
    labels, labels_zh : tuple of str, length K
    variables : tuple of tuple of str, length K
        Columns of the panel behind each indicator.
    values, standardised : ndarray, shape (K, T, N)
        As observed; on one scale, more is better, `shift` included.
    weights : ndarray, shape (T, K)
        Rows sum to one; all equal unless the base is yearly and the weights come from the data.
    scores : ndarray, shape (T, N)
    dimension_scores : ndarray, shape (S, T, N)
    ranks : ndarray of int, shape (T, N)
        1 is the highest score of the period; ties share the better rank.
    times, regions, names, names_zh : tuple
    scheme, standardise, base, aggregate, shift, distinguishing
        As used.
    panel, panel_hash : str
    """

    system: IndicatorSystem
    labels: tuple[str, ...]
    labels_zh: tuple[str, ...]
    variables: tuple[tuple[str, ...], ...]
    values: np.ndarray
    standardised: np.ndarray
    weights: np.ndarray
    scores: np.ndarray
    dimension_scores: np.ndarray
    ranks: np.ndarray
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    scheme: str
    standardise: str
    base: str
    aggregate: str
    shift: float
    distinguishing: float
    panel: str
    panel_hash: str

    @property
    def sources(self) -> tuple[str, ...]:
        """Columns of the panel the index is computed from, each once."""
        return tuple(dict.fromkeys(v for own in self.variables for v in own))

    def tidy(self) -> pd.DataFrame:
        """One row a period and region: time region name score rank, and a column for each dimension."""
        import pandas as pd

        frame = cells(self)
        frame["score"], frame["rank"] = self.scores.ravel(), self.ranks.ravel()
        if len(self.system.dimensions) > 1:
            parts = {
                f"score_{d}": s.ravel() for d, s in zip(self.system.dimensions, self.dimension_scores, strict=True)
            }
            frame = pd.concat([frame, pd.DataFrame(parts)], axis=1)
        return frame

    def weights_table(self) -> pd.DataFrame:
        """One row an indicator (and period, where weights differ): indicator label system direction weight."""
        import pandas as pd

        frame = self.system.tidy()[["indicator", "system", "direction"]]
        frame.insert(1, "label", list(self.labels))
        if (self.weights == self.weights[0]).all():
            return frame.assign(weight=self.weights[0])
        rows = [frame.assign(time=t, weight=w) for t, w in zip(self.times, self.weights, strict=True)]
        return pd.concat(rows, ignore_index=True)

    def wide(self) -> pd.DataFrame:
        """The scores, shape (T, N): a row a period, a column a region."""
        import pandas as pd

        return pd.DataFrame(self.scores.copy(), index=list(self.times), columns=list(self.regions))

    def ranking(self, time: object = None) -> pd.DataFrame:
        """Regions of one period (the last by default), best first: rank region name score."""
        frame = self.tidy()
        chosen = frame[frame["time"] == period_of(self.times, time)]
        return chosen.sort_values("rank", kind="stable")[["rank", "region", "name", "score"]].reset_index(drop=True)

    def glance(self) -> pd.DataFrame:
        """One row: regions, periods, indicators, dimensions, choices, and the range of the scores."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "n": len(self.regions),
                    "periods": len(self.times),
                    "indicators": len(self.system),
                    "dimensions": len(self.system.dimensions),
                    "weights": self.scheme,
                    "standardise": self.standardise,
                    "base": self.base,
                    "aggregate": self.aggregate,
                    "shift": self.shift,
                    "lowest": self.scores.min(),
                    "highest": self.scores.max(),
                }
            ]
        )

    def add_to(self, panel: Panel, name: str, label: str = "", label_zh: str = "") -> Panel:
        """The panel with the score as a column that knows what it was computed from.

        The codebook entry keeps the source columns, so that `tk.shares_indicators` and `tk.fit` can say when the index
        meets its own indicators in an equation. Periods the index lacks (lags use up the first) are missing values.

        Parameters
        ----------
        panel : Panel
            With the regions of the index, e.g. the panel it was made from.
        name : str
            Of the new column.
        label, label_zh : str
            For the codebook.

        Raises
        ------
        InputError
            The panel has other regions, lacks a period of the index, or has a column of this name.
        """
        from toolkit.data.codebook import Entry

        if set(panel.entities) != set(self.regions) or not set(self.times) <= set(panel.times):
            raise InputError(
                "The panel has other regions or periods than the index.",
                fix="add the index to the panel it was made from, or to one with the same regions and all its periods",
            )
        if name in panel.variables:
            raise InputError(f"The panel has a column {name!r} already.", fix="choose another name")
        values = self.wide().reindex(index=list(panel.times), columns=list(panel.entities)).to_numpy(copy=True)
        entry = Entry(
            label_en=label or name,
            label_zh=label_zh,
            source=f"composite index ({self.scheme}, {self.standardise}, {self.aggregate}) of {', '.join(self.system.names)}",
            built_from=self.sources,
        )
        return panel.assign(**{name: values}).with_codebook({**panel.codebook, name: entry})

    def __repr__(self) -> str:
        head = (
            f"Composite index of {len(self.system)} indicators, {len(self.regions)} regions x {len(self.times)} periods: "
            f"{self.scheme} weights, {self.standardise} ({self.base}), {self.aggregate}"
        )
        table = self.weights_table()
        if "time" in table:
            table = table[table["time"] == self.times[-1]]
        weights = table.drop(columns="label").to_string(index=False, float_format="%.4f", max_rows=60)
        best = self.ranking().head(5).to_string(index=False, float_format="%.4f")
        return f"{head}\n{weights}\n\nFirst in {self.times[-1]}:\n{best}"

    def _repr_html_(self) -> str:
        return self.weights_table().to_html(index=False, float_format="%.4f") + self.ranking().to_html(
            index=False, float_format="%.4f"
        )


def cells(record) -> pd.DataFrame:
    """Time region name of every cell, rows by time, then region."""
    import pandas as pd

    count = len(record.regions)
    return pd.DataFrame(
        {
            "time": [t for t in record.times for _ in range(count)],
            "region": list(record.regions) * len(record.times),
            "name": list(record.names) * len(record.times),
        }
    )


def period_of(times: tuple, time: object) -> object:
    """`time`, checked; the last period for None."""
    if time is None:
        return times[-1]
    if time not in times:
        raise InputError(f"There is no period {time!r} here.", allowed=listing(times, 40))
    return time


def ranks(scores: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, 1 for the highest, ties share the better rank.

    Examples
    --------
    >>> ranks(np.array([[0.2, 0.9, 0.9, 0.1]])).tolist()
    [[3, 1, 1, 4]]
    """
    from scipy.stats import rankdata

    # scores that differ by rounding only are ties
    return rankdata(-np.round(scores, 12), method="min", axis=-1).astype(int)
