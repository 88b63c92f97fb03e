"""Correlations of variables as a triangle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from toolkit.errors import DataError, InputError
from toolkit.report.tables.finish import finish
from toolkit.report.tables.formats import DASH, integer, number, p_value, stars
from toolkit.report.tables.record import Block, Cell, Head, HeadLine, Row, Table
from toolkit.report.tables.variables import layout_of, read_variables

__all__ = ["correlation_table"]

_METHODS = ("pearson", "spearman")


def correlation_table(
    data: object,
    variables: Sequence[str] | Mapping[str, Sequence[str]] | str | None = None,
    *,
    method: str = "pearson",
    upper: str | None = None,
    within: bool = False,
    **options: object,
) -> Table:
    """Correlations below the diagonal, of the observations that have all variables.

    Parameters
    ----------
    data : Panel or DataFrame
    variables : list of str, or mapping of heading to list of str, optional
        At least two; all numeric ones if left out.
    method : {"pearson", "spearman"}
        Of variables, or of their ranks.
    upper : {"pearson", "spearman"}, optional
        What stands above the diagonal, which is empty otherwise.
    within : bool
        For a panel: correlations of deviations from the regions' means.
    **options
        ``labels stars below digits notes caption label lang journal`` as in `toolkit.table`; below: ``"p"`` or None.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        Fewer than two variables, an unknown method, ``within`` without a panel.
    DataError
        Fewer than four observations have all variables.

    Notes
    -----
    p-values are those of Student's t with n - 2 degrees of freedom (within regions n - N - 1), which takes observations
    as independent: neighbours and consecutive years are not, so that stars overstate. A constant has no correlation.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> data = pd.DataFrame({"x": [1.0, 2, 3, 4, 5], "y": [2.0, 1, 4, 3, 5], "z": [5.0, 3, 4, 1, 2]})
    >>> print(tk.correlation_table(data, digits=2, stars=None, notes=False))
    ------------------------------
            (1)     (2)     (3)
    ------------------------------
    (1) x  1.00
    (2) y  0.80    1.00
    (3) z  −0.80   −0.30   1.00
    ------------------------------
    """
    import pandas as pd

    layout = layout_of(options, "stars", "below")
    for name, value in (("method", method), ("upper", upper)):
        if value not in _METHODS and not (name == "upper" and value is None):
            raise InputError(f"{name}={value!r} is not known.", allowed='"pearson" or "spearman"')
    below = layout.below if layout.below_given else None
    if below not in (None, "p"):
        raise InputError(f"below={below!r} does not stand under a correlation.", allowed='"p" or None')
    what = read_variables(data, variables, layout)
    if within and (what.entity is None or what.periods < 2):
        raise InputError("within=True needs a panel of several periods.", fix="leave it out")
    if len(what.names) < 2:
        raise InputError("One variable has no correlation.", fix="name two or more")
    frame = what.frame.dropna()
    lost = len(what.frame) - len(frame)
    taken = 1
    if within:
        entity = what.entity.loc[frame.index]
        frame, taken = frame - frame.groupby(entity).transform("mean"), entity.nunique()
    df = len(frame) - taken - 1
    if df < 2:
        raise DataError(f"{len(frame)} observations have all of {', '.join(what.names)}.", allowed="at least four")
    r = {key: _correlations(frame, key) for key in (method, upper) if key}
    words, n = layout.words, len(what.names)

    def cell(i: int, j: int) -> Cell:
        if i == j:
            return Cell(number(1.0, layout.digits))
        key = method if i > j else upper
        if key is None:
            return Cell()
        value = r[key][i, j]
        p = _p(value, df)
        return Cell(
            number(value, layout.digits), stars(p, layout.stars), f"({p_value(p, layout.digits)})" if below else ""
        )

    position = {name: i for i, name in enumerate(what.names)}
    blocks = [
        Block(
            tuple(
                Row(f"({i + 1}) {what.labels[name]}", tuple(cell(i, j) for j in range(n)))
                for name in names
                for i in (position[name],)
            ),
            heading,
        )
        for heading, names in what.blocks
    ]
    text = words[f"correlation:{method}"]
    if upper:
        text = words["correlation:both"].format(lower=text, upper=words[f"correlation:{upper}"])
    if within:
        text = words["correlation:within"].format(text=text)
    notes = [text, words["correlation:n"].format(n=integer(len(frame)))]
    notes += [words["correlation:lost"].format(n=integer(lost))] if lost else []
    notes += [words["below:p"]] if below else []
    if layout.stars or below:
        notes.append(words["correlation:independent"])
    if any(c.text == DASH for block in blocks for row in block.rows for c in row.cells):
        notes.append(words["undefined"])
    rows = [
        {"x": a, "y": b, "method": key, "estimate": matrix[i, j], "p_value": _p(matrix[i, j], df), "n": len(frame)}
        for key, matrix in r.items()
        for i, a in enumerate(what.names)
        for j, b in enumerate(what.names)
        if j < i
    ]
    head = [HeadLine(tuple(Head(f"({j + 1})") for j in range(n)), "number")]
    return finish(head, blocks, notes, layout, pd.DataFrame(rows))


def _correlations(frame, method: str) -> np.ndarray:
    """Shape (k, k); NaN where a variable does not vary."""
    values = (frame if method == "pearson" else frame.rank()).to_numpy(float)
    centred = values - values.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    size = np.abs(values).max(axis=0) * np.sqrt(len(values))
    length = np.where(length > 1e-12 * size, length, np.nan)
    return np.clip(centred.T @ centred / np.outer(length, length), -1, 1)


def _p(r: float, df: int) -> float:
    """Two-sided p-value of a correlation."""
    from scipy import stats

    with np.errstate(divide="ignore", invalid="ignore"):
        return float(2 * stats.t.sf(abs(r) * np.sqrt(df / np.maximum(1 - r * r, 0)), df))
