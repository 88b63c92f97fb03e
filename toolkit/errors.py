"""The errors a user can meet: one small tree, every message in three parts."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "DataError",
    "EstimationError",
    "FormulaError",
    "InputError",
    "OutputError",
    "ReplicationError",
    "ToolkitError",
    "ToolkitWarning",
    "WeightsError",
    "listing",
]


class ToolkitError(Exception):
    """Root of every error raised on purpose by the toolkit.

    Parameters
    ----------
    problem : str
        What was given and why it cannot be used, naming the value.
    allowed : str, optional
        What is allowed instead.
    fix : str, optional
        What to do next.
    """

    def __init__(self, problem: str, *, allowed: str | None = None, fix: str | None = None):
        self.problem, self.allowed, self.fix = problem, allowed, fix
        lines = [problem]
        if allowed:
            lines.append(f"Allowed: {allowed}")
        if fix:
            lines.append(f"Next step: {fix}")
        super().__init__("\n".join(lines))


class InputError(ToolkitError, ValueError):
    """An argument has a value that is not allowed."""


class DataError(InputError):
    """Observations cannot be used as they are: duplicates, gaps, text, ids that do not match."""


class WeightsError(InputError):
    """Spatial weights cannot be built or do not fit the regions."""


class FormulaError(InputError):
    """A formula cannot be read, or asks for something that is not evaluated."""


class EstimationError(ToolkitError, RuntimeError):
    """A model is not identified or its likelihood has no usable maximum."""


class OutputError(ToolkitError, OSError):
    """A file cannot be written or rendered; nothing was left half-written."""


class ReplicationError(ToolkitError, RuntimeError):
    """A replication notebook failed; names the notebook, the cell and the error."""


class ToolkitWarning(UserWarning):
    """A result that stands but should be read with care."""


def listing(values: Iterable[object], most: int = 10) -> str:
    """Write values as ``a, b, c ... (12 in all)``, so that messages stay readable.

    Examples
    --------
    >>> listing(["a", "b"])
    'a, b'
    >>> listing(range(100), most=3)
    '0, 1, 2 ... (100 in all)'
    """
    items = [str(v) for v in values]
    shown = ", ".join(items[:most])
    return shown if len(items) <= most else f"{shown} ... ({len(items)} in all)"
