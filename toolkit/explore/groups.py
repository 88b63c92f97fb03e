"""Groups of regions: a register of the panel, or groups of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["chinese_labels", "group_of_each"]


def group_of_each(panel: Panel, register: str | Mapping) -> np.ndarray:
    """Group of every region as text, shape (N,), from a register of the panel or a mapping of id to group.

    Raises
    ------
    DataError, InputError
        An unknown register, a region without a group, or one group only.
    """
    if isinstance(register, str):
        found = list(panel.register(register))
    else:
        if not hasattr(register, "keys"):
            raise InputError(
                f"register={register!r} is not known.",
                allowed=f"{listing(panel.registers) or 'no registers'}, or a mapping of id to group",
            )
        absent = [r for r in panel.entities if r not in register]
        if absent:
            raise DataError(f"register= has no group for: {listing(absent)}.", fix="give every region a group")
        found = [register[r] for r in panel.entities]
    groups = np.array([str(g) for g in found])
    if len(set(groups)) < 2:
        raise DataError(f"All regions are in one group, {groups[0]!r}: there is nothing between groups.")
    return groups


def chinese_labels(panel: Panel, register: str | Mapping | None) -> dict[str, str]:
    """Chinese label of every English group; empty for groups of one's own."""
    return dict(panel.register_info(register).labels_zh) if isinstance(register, str) else {}
