"""Which group a region belongs to, and who says so."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from toolkit.data.codebook import choose_language
from toolkit.errors import DataError, listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Register"]


@dataclass(frozen=True, kw_only=True)
class Register:
    """A division of regions into named groups: what a statistic refers to when it says "East".

    Attributes
    ----------
    name : str
        Short name, by which `Panel.register` finds it.
    groups : mapping of id to str
        English group of every region.
    title : str
        What the division is, in one line.
    source, date : str
        Who made the division, and when.
    note : str
        Conventions, above all for regions that lie on both sides of a line.
    labels_zh : mapping of str to str
        Chinese label of every English group.

    Examples
    --------
    >>> Register(name="coast", groups={"A": "Coastal", "B": "Inland"}, source="own division").members("Coastal")
    ('A',)
    """

    name: str
    groups: Mapping[Hashable, str]
    title: str = ""
    source: str = ""
    date: str = ""
    note: str = ""
    labels_zh: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", MappingProxyType(dict(self.groups)))
        object.__setattr__(self, "labels_zh", MappingProxyType(dict(self.labels_zh)))

    def __reduce__(self):
        values = {k: dict(v) if isinstance(v, Mapping) else v for k, v in self.__dict__.items()}
        return _rebuild, (values,)

    @property
    def labels(self) -> tuple[str, ...]:
        """English group labels, in order of first appearance."""
        return tuple(dict.fromkeys(self.groups.values()))

    def members(self, label: str) -> tuple[Hashable, ...]:
        """Ids of the regions in the group `label`, given in English or Chinese."""
        english = {zh: en for en, zh in self.labels_zh.items()}.get(label, label)
        if english not in self.labels:
            raise DataError(f"Register {self.name!r} has no group {label!r}.", allowed=listing(self.labels, 40))
        return tuple(i for i, group in self.groups.items() if group == english)

    def series(self, entities: Sequence[Hashable], lang: str = "en") -> pd.Series:
        """Group of each of `entities`, in their order.

        Raises
        ------
        DataError
            A region has no group.
        """
        import pandas as pd

        absent = [i for i in entities if i not in self.groups]
        if absent:
            raise DataError(
                f"Register {self.name!r} has no group for: {listing(absent)}.",
                allowed=listing(self.groups, 40),
                fix="give every region a group, or drop these regions with panel.select(entities=...)",
            )
        groups = [self.groups[i] for i in entities]
        if choose_language(lang) == "zh":
            groups = [self.labels_zh.get(g, g) for g in groups]
        return pd.Series(groups, index=pd.Index(entities), name=self.name)


def _rebuild(values: dict) -> Register:
    return Register(**values)
