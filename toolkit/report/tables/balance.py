"""Means of groups side by side, with their differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.report.tables.finish import finish
from toolkit.report.tables.formats import DASH, integer, number, p_value, stars
from toolkit.report.tables.layout import Layout
from toolkit.report.tables.record import Block, Cell, Head, HeadLine, Row, Table
from toolkit.report.tables.variables import Variables, groups_of, layout_of, read_variables

__all__ = ["balance_table"]


def balance_table(
    data: object,
    by: str,
    variables: Sequence[str] | Mapping[str, Sequence[str]] | str | None = None,
    *,
    reference: object = None,
    standardised: bool = True,
    **options: object,
) -> Table:
    r"""Means by group (standard deviations below), their differences, and how large these are in standard deviations.

    Parameters
    ----------
    data : Panel or DataFrame
    by : str
        Column with the groups, or a register of the panel's regions.
    variables : list of str, or mapping of heading to list of str, optional
        All numeric ones if left out.
    reference : optional
        Group with which all others are compared. Two groups are compared without it, the second less the first (1
        less 0); of more groups the p-value of equal means is printed.
    standardised : bool
        A column for each difference over the root of the mean of the two variances (Imbens and Rubin 2015, equation
        14.1), which does not grow with the number of observations.
    **options
        ``labels stars below digits notes caption label lang journal`` as in `toolkit.table`; below: ``"se"``, ``"t"``
        or ``"p"`` under a difference.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        Fewer than two or more than eight groups, or an unknown reference.
    DataError
        A group has fewer than two observations of a variable.

    Notes
    -----
    Differences of a data frame or a cross-section are tested with unequal variances (Welch 1947); those of a panel of
    several periods with standard errors clustered by region, :math:`V = \frac{G}{G-1}\frac{n-1}{n-k} \sum_c u_c u_c'`
    with :math:`u_{cg} = \sum_{i \in c \cap g} (x_i - \bar x_g) / n_g`, and G - 1 degrees of freedom.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> data = pd.DataFrame({"treated": [0, 0, 0, 1, 1, 1], "income": [1.0, 2, 3, 2, 3, 4]})
    >>> print(tk.balance_table(data, "treated", digits=2, notes=False))
    -------------------------------------------------
    treated         0       1     1 − 0  Std. diff.
    -------------------------------------------------
    income        2.00    3.00    1.00      1.00
                 (1.00)  (1.00)  (0.82)
    -------------------------------------------------
    Observations    3       3
    -------------------------------------------------
    """
    import pandas as pd

    layout = layout_of(options, "stars", "below")
    below = layout.below or ""
    if below == "ci":
        raise InputError('below="ci" does not stand under a difference.', allowed='"se", "t", "p" or None')
    what = read_variables(data, variables, layout, by)
    groups = groups_of(what.by)
    pairs = _pairs(groups, reference, by)
    clustered = what.entity is not None and what.periods > 1
    found = {name: _Comparison.of(what, name, groups, clustered) for name in what.names}
    words = layout.words
    names = [str(group) for group in groups]
    blocks = [
        Block(tuple(_row(what.labels[n], found[n], pairs, standardised, layout) for n in chosen), heading)
        for heading, chosen in what.blocks
    ]
    heads = [Head(name) for name in names]
    heads += [Head(words["balance:difference"].format(a=names[a], b=names[b])) for a, b in pairs]
    heads += [Head(words["balance:standardised"]) for _ in pairs if standardised] if pairs else [Head(words["tests:p"])]
    if pairs and standardised and len(pairs) > 1:  # each beside its difference
        diffs = heads[len(names) : len(names) + len(pairs)]
        heads = heads[: len(names)] + [h for d in diffs for h in (d, Head(words["balance:standardised"]))]
    counts = [int((what.by == group).sum()) for group in groups]
    width = len(heads) - len(names)
    rows = [Row(words["stat:nobs"], (*(Cell(integer(c)) for c in counts), *[Cell()] * width))]
    if clustered:
        regions = [what.entity[(what.by == group).to_numpy()].nunique() for group in groups]
        rows.append(Row(words["stat:n_entities"], (*(Cell(integer(c)) for c in regions), *[Cell()] * width)))
    blocks.append(Block(tuple(rows), rule=True))
    notes = [words["balance:note"], *([what.by_note] if what.by_note else [])]
    if pairs:
        notes += [words[f"balance:{below}"]] if below else []
        notes.append(words["balance:clustered" if clustered else "balance:welch"])
        notes += [words["balance:standard"]] if standardised else []
    else:
        notes.append(words["balance:equal"] + words["balance:equal clustered" if clustered else "balance:equal welch"])
    if any(c.text == DASH for block in blocks for row in block.rows for c in row.cells):
        notes.append(words["undefined"])
    head = [HeadLine(tuple(heads), "name", what.by_label)]
    tidy = pd.DataFrame([row for name, c in found.items() for row in c.rows(name, names, pairs)])
    return finish(head, blocks, notes, layout, tidy)


@dataclass(frozen=True, eq=False)
class _Comparison:
    """Means, standard deviations and counts of the groups, shape (k,); covariance of the means, (k, k)."""

    mean: np.ndarray
    sd: np.ndarray
    n: np.ndarray
    cov: np.ndarray
    clusters: int

    @classmethod
    def of(cls, what: Variables, name: str, groups: list, clustered: bool) -> _Comparison:
        """From the observations that have the variable and a group."""
        inside = [((what.by == g) & what.frame[name].notna()).to_numpy() for g in groups]
        parts = [what.frame[name].to_numpy()[rows] for rows in inside]
        few = [str(g) for g, part in zip(groups, parts, strict=True) if len(part) < 2]
        if few:
            raise DataError(f"{name!r} has fewer than two values in {listing(few)}.", fix="leave out the variable")
        mean, sd = np.array([p.mean() for p in parts]), np.array([p.std(ddof=1) for p in parts])
        n = np.array([len(p) for p in parts])
        if not clustered:
            return cls(mean, sd, n, np.diag(sd**2 / n), 0)
        codes = what.entity.to_numpy()
        used = np.unique(np.concatenate([codes[rows] for rows in inside]))
        u = np.zeros((len(used), len(groups)))
        for g, (rows, part) in enumerate(zip(inside, parts, strict=True)):
            np.add.at(u[:, g], np.searchsorted(used, codes[rows]), (part - mean[g]) / n[g])
        factor = len(used) / (len(used) - 1) * (n.sum() - 1) / (n.sum() - len(n))
        return cls(mean, sd, n, factor * u.T @ u, len(used))

    def difference(self, a: int, b: int) -> tuple[float, float, float, float]:
        """Mean of a less mean of b: estimate, standard error, t and p."""
        from scipy import stats

        value = self.mean[a] - self.mean[b]
        variance = self.cov[a, a] + self.cov[b, b] - 2 * self.cov[a, b]
        if not variance > 0:
            return value, float("nan"), float("nan"), float("nan")
        parts = np.diag(self.cov)[[a, b]]
        df = self.clusters - 1 if self.clusters else variance**2 / np.sum(parts**2 / (self.n[[a, b]] - 1))
        t = value / np.sqrt(variance)
        return value, float(np.sqrt(variance)), t, float(2 * stats.t.sf(abs(t), df))

    def standardised(self, a: int, b: int) -> float:
        """Imbens and Rubin (2015), equation 14.1."""
        pooled = np.sqrt((self.sd[a] ** 2 + self.sd[b] ** 2) / 2)
        return (self.mean[a] - self.mean[b]) / pooled if pooled > 0 else float("nan")

    def equal(self) -> float:
        """p-value of equal means: Wald; F with the clusters, else chi-squared."""
        from scipy import stats

        k = len(self.mean)
        contrast = np.eye(k)[1:] - np.eye(k)[0]
        gap, cov = contrast @ self.mean, contrast @ self.cov @ contrast.T
        if np.linalg.matrix_rank(cov) < k - 1:
            return float("nan")
        wald = float(gap @ np.linalg.solve(cov, gap))
        if not self.clusters:
            return float(stats.chi2.sf(wald, k - 1))
        return float(stats.f.sf(wald / (k - 1), k - 1, self.clusters - 1))

    def rows(self, name: str, groups: Sequence[str], pairs: Sequence[tuple[int, int]]) -> list[dict[str, object]]:
        """Long form: a row a mean and a difference."""
        out: list[dict[str, object]] = [
            {"variable": name, "group": g, "estimate": self.mean[i], "sd": self.sd[i], "n": int(self.n[i])}
            for i, g in enumerate(groups)
        ]
        for a, b in pairs:
            value, error, t, p = self.difference(a, b)
            row = {"variable": name, "group": f"{groups[a]} - {groups[b]}", "estimate": value, "std_error": error}
            out.append(row | {"statistic": t, "p_value": p, "standardised": self.standardised(a, b)})
        if not pairs:
            out.append({"variable": name, "group": "equal means", "p_value": self.equal()})
        return out


def _pairs(groups: list, reference: object, by: str) -> list[tuple[int, int]]:
    if not 2 <= len(groups) <= 8:
        raise InputError(f"by={by!r} tells {len(groups)} groups apart.", allowed="two to eight")
    if reference is None:
        return [(1, 0)] if len(groups) == 2 else []
    if reference not in groups:
        raise InputError(f"reference={reference!r} is not a group of {by!r}.", allowed=listing(groups))
    base = groups.index(reference)
    return [(i, base) for i in range(len(groups)) if i != base]


def _row(label: str, c: _Comparison, pairs: list[tuple[int, int]], standardised: bool, layout: Layout) -> Row:
    d = layout.digits
    cells = [Cell(number(m, d), below=f"({number(s, d)})") for m, s in zip(c.mean, c.sd, strict=True)]
    for a, b in pairs:
        value, error, t, p = c.difference(a, b)
        below = {"se": f"({number(error, d)})", "t": f"({number(t, 2)})", "p": f"({p_value(p, d)})"}
        cells.append(Cell(number(value, d), stars(p, layout.stars), below.get(layout.below or "", "")))
        cells += [Cell(number(c.standardised(a, b), 2))] if standardised else []
    return Row(label, tuple(cells if pairs else [*cells, Cell(p_value(c.equal(), d))]))
