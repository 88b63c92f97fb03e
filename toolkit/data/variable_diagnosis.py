"""What is wrong with the variables of a table: text, gaps, constants, signs, breaks of unit, outliers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from toolkit.data.cell_kinds import KINDS, kind_of, number_meant
from toolkit.data.findings import Finding
from toolkit.data.key_diagnosis import Keys
from toolkit.data.summary import spans
from toolkit.errors import listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["diagnose_variables", "numbers_of"]

#: robust standard deviations from the median beyond which a value is pointed at
_FAR = 10.0
#: factor within which a ratio counts as a power of ten
_NEAR = 1.6
_TENS = {1: "10", 2: "100", 3: "1,000", 4: "10,000 (万 against 元, 亿 against 万)", 5: "100,000", 6: "1,000,000", 8: "100,000,000 (亿 against 元)"}  # fmt: skip


def numbers_of(column: pd.Series) -> tuple[pd.Series, list[Finding]]:
    """A column as floats, NaN where a cell means no number, and which cells are not written as one.

    A column in which fewer than one cell in ten is a number (or would be, written differently) is one of names:
    all of it is NaN and there is nothing to find.
    """
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        values = pd.Series(column.to_numpy(dtype=float, na_value=np.nan), column.index, name=column.name)
        return _finite(values)
    kinds = column.map(kind_of)
    values = column.map(number_meant).astype(float)
    filled = int((kinds != "missing").sum())
    nearly = int(kinds.isna().sum()) + int(
        kinds.isin(["thousands", "decimal-comma", "unit", "marked", "full-width"]).sum()
    )
    if not filled or nearly < 0.1 * filled:
        return values * np.nan, []
    values, found = _finite(values)
    for kind in KINDS:
        bad = column[kinds == kind]
        if not len(bad):
            continue
        what, fix = KINDS[kind]
        signs = ", ".join(f'"{s}"' for s in dict.fromkeys(str(c).strip() for c in bad))
        found.append(
            Finding(
                "error", f"text-{kind}", str(column.name),
                f"{len(bad)} of {len(column)} cells hold {what}: {listing(map(repr, dict.fromkeys(bad)), 4)}.",
                "One such cell turns the whole variable into text, which no model takes.",
                fix.format(signs=signs), tuple(bad.index),
            )
        )  # fmt: skip
    return values, found


def diagnose_variables(values: pd.DataFrame, keys: Keys) -> list[Finding]:
    """Look at variables that are numbers already (NaN where missing).

    Parameters
    ----------
    values : DataFrame of float
        Indexed by row, with the rows of `keys`.
    keys : Keys
    """
    found: list[Finding] = []
    for name in values.columns:
        column = values[name]
        seen = column.dropna()
        if not len(seen):
            found.append(
                Finding(
                    "warning",
                    "empty",
                    name,
                    "The variable has no value at all.",
                    "It cannot be used.",
                    "Delete it or fill it in.",
                )
            )
            continue
        found += _missing(column, keys)
        varies = _variation(column, keys)
        found += varies
        if not any(f.code == "constant" for f in varies):
            found += [*_signs(column), *_breaks(column, keys), *_outliers(column, keys)]
    return found + _collinear(values)


def _finite(values: pd.Series) -> tuple[pd.Series, list[Finding]]:
    infinite = np.isinf(values)
    if not infinite.any():
        return values, []
    rows = tuple(values.index[infinite])
    finding = Finding(
        "error", "infinite", str(values.name), f"{len(rows)} values are infinite.",
        "A division by zero or the logarithm of zero makes them.", "Correct these cells or leave them empty.", rows,
    )  # fmt: skip
    return values.mask(infinite), [finding]


def _missing(column: pd.Series, keys: Keys) -> list[Finding]:
    gaps = column[column.isna()]
    if not len(gaps):
        return []
    times = keys.times.loc[gaps.index]
    by_time = Counter(times)
    size = Counter(keys.times)
    whole = sorted(t for t, n in by_time.items() if n == size[t]) if keys.times.nunique() > 1 else []
    regions = Counter(keys.ids.loc[gaps.index])
    said = f"{len(gaps)} of {len(column)} values are missing ({len(gaps) / len(column):.0%})"
    if whole:
        said += f"; no region has one in {spans(whole)}"
    rest = sorted(set(by_time) - set(whole))
    if rest and keys.times.nunique() > 1:
        said += f"; some are missing in {spans(rest)}"
    if len(regions) <= 5:
        said += f"; all of them in {listing(regions)}"
    return [
        Finding(
            "warning", "missing", str(column.name), f"{said}.",
            "A model needs every region in every period it uses: a variable with gaps is refused, not dropped silently.",
            "Fill the gaps from the source, choose other years (panel.coverage() shows which are complete), or leave it out.",
            tuple(gaps.index) if len(gaps) <= 20 else (),
        )
    ]  # fmt: skip


def _variation(column: pd.Series, keys: Keys) -> list[Finding]:
    seen = column.dropna()
    name = str(column.name)
    if seen.nunique() == 1:
        return [
            Finding(
                "warning",
                "constant",
                name,
                f"It is {seen.iloc[0]:g} everywhere.",
                "It cannot explain anything.",
                "Leave it out.",
            )
        ]
    if keys.times.nunique() < 2:
        return []
    if (seen.groupby(keys.ids.loc[seen.index]).nunique() == 1).all():
        return [
            Finding(
                "note", "no-within", name, "It never changes within a region.",
                "Region effects absorb it: with effects='entity' or 'twoway' it has no coefficient.",
                "Use effects='random' or 'mundlak' for it, or interact it with something that changes.",
            )
        ]  # fmt: skip
    if (seen.groupby(keys.times.loc[seen.index]).nunique() == 1).all():
        return [
            Finding(
                "note", "no-between", name, "It is the same in all regions in each period.",
                "Time effects absorb it: with effects='time' or 'twoway' it has no coefficient.", "Leave it out, or use effects='entity'.",
            )
        ]  # fmt: skip
    return []


def _signs(column: pd.Series) -> list[Finding]:
    seen = column.dropna()
    zero, negative = seen[seen == 0], seen[seen < 0]
    name, out = str(column.name), []
    if seen.nunique() <= 2:
        return []
    if 0 < len(negative) <= 0.02 * len(seen):
        out.append(
            Finding(
                "warning", "few-negative", name, f"{len(negative)} of {len(seen)} values are negative: {listing(f'{v:g}' for v in negative)}.",
                "In a variable that is positive elsewhere this is often a sign for a missing value (-1, -99) or a slip.",
                "Compare with the source; if it stands for a missing value, empty the cell.", tuple(negative.index),
            )
        )  # fmt: skip
    if 0 < len(zero) <= 0.05 * len(seen) and (seen.min() >= 0):
        out.append(
            Finding(
                "warning", "few-zero", name, f"{len(zero)} of {len(seen)} values are zero and the others positive.",
                "A zero often stands for a missing value; and log(0) does not exist.",
                "Compare with the source; if it stands for a missing value, empty the cell.", tuple(zero.index),
            )
        )  # fmt: skip
    return out


def _breaks(column: pd.Series, keys: Keys) -> list[Finding]:
    """Jumps by about a power of ten from one period to the next, far outside the variable's own changes."""
    import pandas as pd

    positive = column[column > 0]
    if not keys.clean or keys.times.nunique() < 2 or len(positive) < 0.5 * len(column):
        return []
    table = pd.DataFrame({"id": keys.ids, "time": keys.times, "v": np.log10(column.where(column > 0))})
    change = table.pivot(index="time", columns="id", values="v").sort_index().diff()
    sizes = change.to_numpy()
    known = np.abs(sizes[np.isfinite(sizes)])
    if not len(known):
        return []
    usual = float(np.quantile(known, 0.5))
    power = np.round(sizes)
    jump = (
        np.isfinite(sizes)
        & (np.abs(power) >= 1)
        & (np.abs(sizes - power) < np.log10(_NEAR))
        & (np.abs(sizes) > max(0.7, 8 * usual))
    )
    if not jump.any():
        return []
    rows = pd.Series(table.index, index=pd.MultiIndex.from_frame(table[["time", "id"]]))
    out = []
    for k in sorted({abs(int(p)) for p in power[jump]}):
        at = np.argwhere(jump & (np.abs(power) == k))
        cells = [(change.index[t], change.columns[i]) for t, i in at]
        by_time = Counter(t for t, _ in cells)
        common = [t for t, n in by_time.items() if n >= 0.5 * change.shape[1] and n > 2]
        factor = _TENS.get(k, f"10 to the power {k}")
        if common:
            said = (
                f"From one period to the next, in {listing(common)}, most regions jump by a factor of about {factor}."
            )
            why = "The unit changed: growth rates and fixed effects are dominated by the change of unit."
        else:
            said = f"{len(cells)} jumps by a factor of about {factor}: {listing((f'{i} in {t}' for t, i in cells), 6)}."
            why = "A decimal point or a unit slipped: one such cell can decide a regression."
        out.append(
            Finding(
                "warning", "unit-break", str(column.name), said, why, "Compare with the source and bring all years to one unit.",
                tuple(rows.loc[cell] for cell in cells[:20]) if not common else (),
            )
        )  # fmt: skip
    return out


def _outliers(column: pd.Series, keys: Keys) -> list[Finding]:
    seen = column.dropna()
    if len(seen) < 20 or seen.nunique() < 10:
        return []
    scale = np.log(seen) if (seen > 0).all() else seen
    centre = scale.median()
    spread = 1.4826 * (scale - centre).abs().median()
    if not spread > 0:
        return []
    far = seen[(scale - centre).abs() > _FAR * spread]
    if not 0 < len(far) <= 0.02 * len(seen):
        return []
    shown = [f"{v:g} ({keys.ids[r]}{f', {keys.times[r]}' if keys.times.nunique() > 1 else ''})" for r, v in far.items()]
    return [
        Finding(
            "note", "outliers", str(column.name), f"{len(far)} values lie far from all others: {listing(shown, 5)}.",
            "They may be right, and may decide the result.", "Compare with the source; show the result without them.", tuple(far.index),
        )
    ]  # fmt: skip


def _collinear(values: pd.DataFrame) -> list[Finding]:
    """Pairs of variables that are the same thing twice."""
    usable = values.loc[:, values.nunique() > 2]
    if usable.shape[1] < 2 or usable.shape[1] > 300 or len(usable) < 5:
        return []
    r = usable.corr(min_periods=max(5, len(usable) // 4)).to_numpy()
    pairs = [
        f"{usable.columns[i]} and {usable.columns[j]} ({r[i, j]:.4f})"
        for i, j in np.argwhere(np.triu(np.abs(np.nan_to_num(r)) > 0.995, 1))
    ]
    if not pairs:
        return []
    return [
        Finding(
            "note", "collinear-pairs", "variables", f"Correlations beyond 0.995: {listing(pairs, 6)}.",
            "In one equation their coefficients cannot be told apart; one may be the other in another unit.", "Use one of each pair.",
        )
    ]  # fmt: skip
