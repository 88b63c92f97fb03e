"""The indicators of a composite index: what is measured, which way is good, to which dimension it belongs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import frozen, refuse_gaps

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["IndicatorSystem", "IndicatorValues", "indicator_system"]

_FIELDS = ("direction", "system", "label", "label_zh")


@dataclass(frozen=True)
class IndicatorSystem:
    """K indicators, each with a direction and a dimension (sub-index).

    Attributes
    ----------
    names : tuple of str, length K
        Columns or expressions of columns, e.g. ``"gdp / pop"``.
    directions : tuple of {"+", "-"}, length K
        ``+``: more is better; ``-``: less is better.
    systems : tuple of str, length K
        The dimension each indicator belongs to; one dimension ``"index"`` where none was named.
    labels, labels_zh : tuple of str, length K
        Labels given here; empty where the codebook's are to be used.
    """

    names: tuple[str, ...]
    directions: tuple[str, ...]
    systems: tuple[str, ...]
    labels: tuple[str, ...]
    labels_zh: tuple[str, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions, in order of first appearance."""
        return tuple(dict.fromkeys(self.systems))

    def __len__(self) -> int:
        return len(self.names)

    def tidy(self) -> pd.DataFrame:
        """One row an indicator: indicator direction system label label_zh."""
        import pandas as pd

        return pd.DataFrame(
            {
                "indicator": self.names,
                "direction": self.directions,
                "system": self.systems,
                "label": self.labels,
                "label_zh": self.labels_zh,
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: indicators, dimensions, how many count positively and negatively."""
        import pandas as pd

        positive = self.directions.count("+")
        return pd.DataFrame(
            [
                {
                    "indicators": len(self),
                    "dimensions": len(self.dimensions),
                    "positive": positive,
                    "negative": len(self) - positive,
                }
            ]
        )


def indicator_system(given: IndicatorSystem | Mapping | str | PathLike) -> IndicatorSystem:
    """Indicators from a mapping or a TOML file.

    Parameters
    ----------
    given : mapping, path or IndicatorSystem
        Column or expression -> ``"+"`` or ``"-"``, or a mapping with ``direction`` and, if wanted, ``system``,
        ``label``, ``label_zh``. A .toml file has one table an indicator::

            [indicators."gdp / pop"]
            direction = "+"
            system = "economy"

    Returns
    -------
    IndicatorSystem

    Raises
    ------
    InputError
        Fewer than two indicators, an unknown direction or field, or a dimension named for some indicators only.
    DataError
        The file is absent or not such a file.

    Examples
    --------
    >>> indicator_system({"gdp / pop": "+", "unemp": "-"}).directions
    ('+', '-')
    """
    if isinstance(given, IndicatorSystem):
        return given
    if isinstance(given, str | PathLike):
        given = _from_toml(Path(given))
    if not isinstance(given, Mapping) or len(given) < 2:
        raise InputError(
            f"indicators={given!r} is no system of at least two indicators.",
            allowed='a mapping such as {"gdp / pop": "+", "unemp": "-"}, or a .toml file with [indicators."gdp / pop"]',
        )
    rows = [_row(str(name).strip(), entry) for name, entry in given.items()]
    unnamed = [r[0] for r in rows if not r[2]]
    if unnamed and len(unnamed) < len(rows):
        raise InputError(
            f"These indicators name no system although others do: {listing(unnamed)}.",
            fix='give each one {"direction": "+", "system": "..."}, or none',
        )
    names, directions, systems, labels, labels_zh = (tuple(column) for column in zip(*rows, strict=True))
    return IndicatorSystem(names, directions, tuple(s or "index" for s in systems), labels, labels_zh)


@dataclass(frozen=True, eq=False)
class IndicatorValues:
    """The indicators evaluated on a panel.

    Attributes
    ----------
    system : IndicatorSystem
    values : ndarray, shape (K, T, N)
    times : tuple, length T
        Periods in which every indicator exists.
    labels, labels_zh : tuple of str, length K
    variables : tuple of tuple of str, length K
        Columns of the panel each indicator is computed from.
    """

    system: IndicatorSystem
    values: np.ndarray
    times: tuple[object, ...]
    labels: tuple[str, ...]
    labels_zh: tuple[str, ...]
    variables: tuple[tuple[str, ...], ...]


def evaluate_system(panel: Panel, system: IndicatorSystem) -> IndicatorValues:
    """Evaluate every indicator, keep the periods all have, refuse gaps and constants.

    Raises
    ------
    DataError
        A missing or infinite value, located by region and period, or an indicator that is constant over all cells.
    """
    from toolkit.data.expressions import evaluate

    parts, variables = [], []
    for name in system.names:
        if name in panel.variables:
            times, values = list(panel.times), np.asarray(panel.values(name), float)
            refuse_gaps(name, values, panel.times, panel)
            variables.append((name,))
        else:
            result = evaluate(name, panel)
            times, values = list(result.times), np.asarray(result.values, float)
            variables.append(tuple(result.variables))
        parts.append((times, values))
    kept = [t for t in panel.times if all(t in times for times, _ in parts)]
    if not kept:
        raise DataError("There is no period in which every indicator exists.", fix="use fewer lags or differences")
    values = np.stack([v[[times.index(t) for t in kept]] for times, v in parts])
    refuse_constant(values.reshape(len(parts), -1), system.names, "")
    known = (panel.label(n, lang="en") for n in system.names), (panel.label(n, lang="zh") for n in system.names)
    return IndicatorValues(
        system=system,
        values=frozen(values),
        times=tuple(kept),
        labels=tuple(own or book for own, book in zip(system.labels, known[0], strict=True)),
        labels_zh=tuple(
            own or en or book for own, en, book in zip(system.labels_zh, system.labels, known[1], strict=True)
        ),
        variables=tuple(variables),
    )


def refuse_constant(values: np.ndarray, names: tuple[str, ...], where: str) -> None:
    """Refuse rows of `values` (K, M) that do not vary."""
    spread = values.max(axis=1) - values.min(axis=1)
    flat = np.flatnonzero(spread <= 1e-13 * np.abs(values).max(axis=1))
    if flat.size:
        raise DataError(
            f"These indicators have one and the same value everywhere{where}: {listing(names[k] for k in flat)}.",
            fix="leave them out: what does not vary cannot tell regions apart, and has no standardised value",
        )


def _row(name: str, entry: object) -> tuple[str, str, str, str, str]:
    if isinstance(entry, str):
        entry = {"direction": entry}
    if not isinstance(entry, Mapping):
        raise InputError(f"Indicator {name!r} is described by {entry!r}.", allowed='"+", "-", or a mapping')
    unknown = [key for key in entry if key not in _FIELDS]
    if unknown:
        raise InputError(f"Indicator {name!r} has unknown fields: {listing(unknown)}.", allowed=listing(_FIELDS))
    direction = entry.get("direction")
    if direction not in ("+", "-"):
        raise InputError(
            f"Indicator {name!r} has direction {direction!r}.", allowed='"+" (more is better), "-" (less is better)'
        )
    return (
        name,
        direction,
        str(entry.get("system", "")),
        str(entry.get("label", "")),
        str(entry.get("label_zh", "")),
    )


def _from_toml(path: Path) -> Mapping:
    if path.suffix != ".toml" or not path.is_file():
        raise DataError(f"There is no file of indicators {str(path)!r}.", allowed="a .toml file, or a mapping")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise DataError(f"{path.name} is not readable TOML: {cause}.", fix="correct that line") from cause
    if not isinstance(content.get("indicators"), Mapping):
        raise DataError(
            f"{path.name} describes no indicators.", fix='write [indicators."gdp / pop"] with direction = "+"'
        )
    return content["indicators"]
