"""Whether an equation explains an index by its own indicators."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.errors import FormulaError, ToolkitWarning
from toolkit.explore.composite_record import CompositeIndex

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Overlap", "shares_indicators"]


@dataclass(frozen=True)
class Overlap:
    """Columns that an index and a formula share.

    Attributes
    ----------
    formula : str
    shared : tuple of str
        Columns of the formula the index is computed from.
    indicators : tuple of str
        The indicators they enter.
    weight : float
        Mean weight of those indicators in the index, between 0 and 1.
    """

    formula: str
    shared: tuple[str, ...]
    indicators: tuple[str, ...]
    weight: float

    def __bool__(self) -> bool:
        return bool(self.shared)

    def tidy(self) -> pd.DataFrame:
        """One row a shared column: column."""
        import pandas as pd

        return pd.DataFrame({"column": list(self.shared)})

    def glance(self) -> pd.DataFrame:
        """One row: formula, shared, indicators, weight."""
        import pandas as pd

        row = {"formula": self.formula, "shared": len(self.shared), "indicators": len(self.indicators)}
        return pd.DataFrame([row | {"weight": self.weight}])


def shares_indicators(index: CompositeIndex, formula: str) -> Overlap:
    """Columns that stand in a formula and inside the index; a warning where there are any.

    Regressing an index on one of its own indicators (or the reverse) estimates an identity in part. `tk.fit` writes the
    same into its notes when the index was put into the panel by ``index.add_to``.

    Parameters
    ----------
    index : CompositeIndex
    formula : str
        E.g. ``"quality ~ log(gdp / pop) + W(rd_exp)"``.

    Returns
    -------
    Overlap
        True where something is shared.

    Warns
    -----
    ToolkitWarning
        Names the columns.

    Examples
    --------
    >>> import warnings, toolkit as tk
    >>> index = tk.composite_index(tk.load("munnell"), {"gsp / emp": "+", "unemp": "-"})
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     shares_indicators(index, "quality ~ log(gsp) + log(pcap)").shared
    ('gsp',)
    """
    if not isinstance(formula, str) or "~" not in formula:
        raise FormulaError(f"formula={formula!r} is no formula.", allowed='text such as "y ~ x1 + log(x2)"')
    used = {quoted or plain for quoted, plain in re.findall(r"`([^`]+)`|([^\W\d]\w*)", formula)}
    shared = tuple(v for v in index.sources if v in used)
    touched = [k for k, own in enumerate(index.variables) if set(own) & set(shared)]
    record = Overlap(
        formula=formula,
        shared=shared,
        indicators=tuple(index.system.names[k] for k in touched),
        weight=float(index.weights[:, touched].sum(axis=1).mean()) if touched else 0.0,
    )
    if record:
        warnings.warn(
            f"The index is computed from {', '.join(shared)}, which the formula uses too: indicators with "
            f"{record.weight:.0%} of its weight are on both sides, and part of what ties them is arithmetic.",
            ToolkitWarning,
            stacklevel=2,
        )
    return record
