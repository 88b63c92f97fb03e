"""Observations of regions over time, with a map and a codebook: the one table every room reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.data import summary
from toolkit.data.cells import as_column, check_finite, check_unknown, fingerprint, to_numbers
from toolkit.data.codebook import Entry, as_codebook, choose_language
from toolkit.data.geography import match_geometry, split_geometry
from toolkit.data.keys import as_ids, as_times, check_balance, check_present, check_unique
from toolkit.data.registers import Register
from toolkit.errors import DataError, InputError, listing

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd

__all__ = ["Panel"]


class Panel:
    """A frozen table of regions x periods; a cross-section is a panel with one period.

    Parameters
    ----------
    df : DataFrame or GeoDataFrame
        One row a region and period, in any order. It is copied, never changed. A GeoDataFrame
        brings its own map.
    entity : str
        Column with the region ids: all text or all whole numbers.
    time : str, optional
        Column with the periods (years as whole numbers, dates, or text that sorts); left out for
        a cross-section.
    geometry : GeoDataFrame or GeoSeries, optional
        The map, indexed by id.
    codebook : mapping or path, optional
        Label, unit, source of the variables; see `toolkit.data.codebook.as_codebook`.
    attributes : DataFrame, optional
        What does not change over time, indexed by id: ``name`` (and ``name_zh``), ``area_km2``, ...
        Densities are to use an official ``area_km2``, never the area of polygons.
    registers : iterable of Register, optional
        Named divisions of the regions into groups.
    name : str
        Short name for messages and table notes.
    unbalanced : {"error", "keep"}
        What to do when regions have unequal years.
    ids : {None, "text", "int"}
        How to read ids that come in mixed types; None refuses them.

    Raises
    ------
    DataError
        Duplicate, missing or mixed keys, unequal years, infinite values, regions unknown to the map:
        always with the rows or ids concerned.

    Notes
    -----
    Variables may have missing values, as official statistics do; whoever uses them asks
    `require_complete` first. Nothing is dropped unless the caller says so, and then `notes` tells.

    Examples
    --------
    >>> import pandas as pd
    >>> df = pd.DataFrame({"code": ["B", "A"] * 2, "year": [2000, 2000, 2001, 2001], "gdp": [2.0, 1.0, 4.0, 3.0]})
    >>> panel = Panel(df, entity="code", time="year")
    >>> panel
    Panel: 2 regions x 2 periods (2000-2001), balanced; 1 variable: gdp
    >>> panel.values("gdp")
    array([[1., 2.],
           [3., 4.]])
    """

    entity: str
    time: str | None
    name: str
    codebook: Mapping[str, Entry]
    notes: tuple[str, ...]
    entities: pd.Index
    times: pd.Index

    def __init__(
        self,
        df: pd.DataFrame,
        entity: str,
        time: str | None = None,
        *,
        geometry: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
        codebook: Mapping | str | PathLike | None = None,
        attributes: pd.DataFrame | None = None,
        registers: Iterable[Register] = (),
        name: str = "",
        unbalanced: str = "error",
        ids: str | None = None,
    ):
        frame, shapes = _open(df, entity, time)
        shapes, key = (geometry, None) if geometry is not None else (shapes, entity)
        frame = _sorted(frame, entity, time, ids, unbalanced)
        check_finite(frame, entity, time)
        put = self.__dict__.__setitem__
        put("entity", entity)
        put("time", time)
        put("name", str(name))
        put("codebook", as_codebook(codebook))
        put("notes", ())
        put("entities", pd.Index(frame[entity].unique(), name=entity).sort_values())
        put("times", pd.Index([0]) if time is None else pd.Index(frame[time].unique(), name=time).sort_values())
        put("_frame", frame)
        put("_attributes", _attributes(attributes, self.entities, ids))
        put("_registers", MappingProxyType({r.name: r for r in registers}))
        put("_shapes", None)
        if shapes is not None:
            put("_shapes", match_geometry(shapes, self.entities, key=key, ids=ids, extra="error"))

    @classmethod
    def read(
        cls,
        path: str | PathLike,
        entity: str,
        time: str | None = None,
        *,
        geometry: str | PathLike | gpd.GeoDataFrame | None = None,
        key: str | None = None,
        codebook: Mapping | str | PathLike | None = None,
        sheet: str | int | None = None,
        ids: str | None = None,
        unbalanced: str = "error",
        name: str = "",
        extra: str = "error",
        missing: Sequence[str] = (),
        thousands: str | None = None,
        encoding: str = "utf-8",
    ) -> Panel:
        """Panel from a file: .csv .xlsx .dta .parquet .gpkg .shp .geojson.

        Parameters
        ----------
        path : path
            A local file; the suffix decides how it is read.
        entity, time, codebook, ids, unbalanced, name
            As for `Panel`. With ``ids="text"`` the id column of a .csv keeps its leading zeros.
        geometry, key : path or GeoDataFrame, and str
            The map, and its column with the ids (`entity` if left out).
        sheet : str or int, optional
            Sheet of an .xlsx (the first if left out), or layer of a .gpkg.
        extra : {"error", "drop"}
            What to do with shapes that are not regions of the table.
        missing : sequence of str
            Further ways in which the file writes a missing value, e.g. ``["…", "-"]``.
        thousands : str, optional
            Separator in numbers such as ``1,234`` (.csv and .xlsx).
        encoding : str
            Of a .csv; Chinese spreadsheets often write ``"gb18030"``.

        Raises
        ------
        DataError
            The file is absent, of another kind or not readable; or the panel cannot be made of it.
        """
        from toolkit.data.reading import read_map, read_table

        frame, labels = read_table(
            path, keys=(entity, time), sheet=sheet, ids=ids, missing=missing, thousands=thousands, encoding=encoding
        )
        panel = cls(frame, entity, time, codebook=codebook or labels, name=name, unbalanced=unbalanced, ids=ids)
        if geometry is None:
            return panel
        shapes = geometry if hasattr(geometry, "geometry") else read_map(geometry)
        return panel.with_geometry(shapes, key=entity if key is None else key, ids=ids, extra=extra)

    # what is in it

    @property
    def frame(self) -> pd.DataFrame:
        """A copy of the table: rows by time, then region; columns entity, time, variables."""
        return self._frame.copy()

    @property
    def N(self) -> int:
        """Number of regions."""
        return len(self.entities)

    @property
    def T(self) -> int:
        """Number of periods."""
        return len(self.times)

    @property
    def balanced(self) -> bool:
        """Whether every region is there in every period."""
        return len(self._frame) == self.N * self.T

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the columns that are neither entity nor time."""
        return tuple(str(c) for c in self._frame.columns if c not in (self.entity, self.time))

    @property
    def attributes(self) -> pd.DataFrame:
        """A copy of what does not change over time, indexed by id in panel order."""
        return self._attributes.copy()

    @property
    def geometry(self) -> gpd.GeoDataFrame | None:
        """A copy of the map, indexed by id in panel order, with columns name and geometry; or None."""
        if self._shapes is None:
            return None
        import geopandas as gpd

        return gpd.GeoDataFrame({"name": self.names}, geometry=self._shapes.copy(), crs=self._shapes.crs)

    @property
    def names(self) -> pd.Series:
        """Display name of every id (the id itself where there is none)."""
        return self.names_in("en")

    def names_in(self, lang: str) -> pd.Series:
        """Display name of every id in `lang`."""
        columns = ("name_zh", "name") if choose_language(lang) == "zh" else ("name", "name_zh")
        for column in columns:
            if column in self._attributes:
                return self._attributes[column].astype("str").rename("name")
        return pd.Series([str(i) for i in self.entities], index=self.entities, name="name")

    def find_id(self, region: Hashable) -> Hashable:
        """The id of a region given by its id or by its name in any language.

        Raises
        ------
        DataError
            No region, or more than one, has this id or name.
        """
        if region in self.entities:
            return region
        found = [
            i
            for i in self.entities
            if region in {self._attributes[c].get(i) for c in self._attributes.columns if c.startswith("name")}
        ]
        if len(found) == 1:
            return found[0]
        known = [f"{i} ({n})" if str(i) != n else str(i) for i, n in self.names.items()]
        problem = "fits several regions" if found else "is neither an id nor a name of a region here"
        raise DataError(f"{region!r} {problem}.", allowed=listing(known, 60))

    # labels

    def label(self, variable: str, lang: str = "en") -> str:
        """The codebook's label of `variable`, or its name; in an expression every variable by its label."""
        if variable in self.codebook:
            return self.codebook[variable].label(lang) or variable
        known = [v for v in self.variables if v in self.codebook and self.codebook[v].label(lang)]
        if not known:
            return variable
        longest_first = "|".join(re.escape(v) for v in sorted(known, key=len, reverse=True))
        return re.sub(
            rf"(?<![\w.])(?:{longest_first})(?![\w(])",
            lambda match: self.codebook[match.group(0)].label(lang),
            variable,
        )

    def unit(self, variable: str, lang: str = "en") -> str:
        """The codebook's unit of `variable`, or nothing."""
        return self.codebook.get(variable, Entry()).unit(lang)

    @property
    def registers(self) -> tuple[str, ...]:
        """Names of the registers of regions."""
        return tuple(self._registers)

    def register(self, name: str, lang: str = "en") -> pd.Series:
        """Group of every region in the register `name`, indexed by id."""
        return self.register_info(name).series(self.entities, lang)

    def register_info(self, name: str) -> Register:
        """The register `name` with its source, date and conventions."""
        check_unknown([name], self._registers, "register")
        return self._registers[name]

    # numbers

    def wide(self, variable: str) -> pd.DataFrame:
        """One variable, shape (T, N): a row a period, a column a region; gaps are NaN."""
        return pd.DataFrame(self.values(variable), index=self.times, columns=self.entities)

    def values(self, variable: str) -> np.ndarray:
        """One variable as floats, shape (T, N), rows by time; gaps are NaN.

        Raises
        ------
        DataError
            There is no such variable, or it holds text (the cells are listed).
        """
        check_unknown([variable], self.variables, "variable")
        column = to_numbers(self._frame, variable, self.entity, self.time)
        if self.balanced:
            return column.reshape(self.T, self.N)
        out = np.full((self.T, self.N), np.nan)
        out[self._periods, self.entities.get_indexer(self._frame[self.entity])] = column
        return out

    def missing(self, variables: str | Sequence[str] | None = None) -> pd.DataFrame:
        """The cells without a value: one row each with variable, entity and time."""
        cells = []
        for variable in self._chosen(variables):
            t, i = np.nonzero(np.isnan(self.values(variable)))
            cells += [(variable, self.entities[b], self.times[a]) for a, b in zip(t, i, strict=True)]
        return pd.DataFrame(cells, columns=["variable", self.entity, self.time or "time"])

    def require_complete(self, variables: str | Sequence[str]) -> Panel:
        """This panel, if the named variables have no gaps.

        Raises
        ------
        DataError
            Lists variable, region and period of the missing cells, and the ways out.
        """
        gaps = self.missing(variables)
        if not len(gaps):
            return self
        names = self._chosen(variables)
        cells = [
            f"{v} of {self.names[i]}" + ("" if self.time is None else f" in {t}")
            for v, i, t in gaps.itertuples(index=False)
        ]
        full = [t for t in self.times if t not in set(gaps.iloc[:, 2])]
        years = f" {listing(names)} complete in: {summary.spans(full)}." if self.T > 1 else ""
        raise DataError(
            f"{len(gaps)} values are missing: {listing(cells)}.{years}",
            fix="use only periods or regions with values: panel.between(first, last), panel.select(times=..., entities=...) "
            f"or panel.complete({names!r}); panel.coverage() shows what there is",
        )

    def coverage(self) -> pd.DataFrame:
        """Years with values, by variable: first, last, periods complete for all regions, missing cells."""
        return summary.coverage(self)

    def describe(
        self, lang: str = "en", variables: str | Sequence[str] | None = None, by: str | None = None
    ) -> pd.DataFrame:
        """Label, unit, n, missing, mean, standard deviation (overall, between, within), min, max by variable.

        With `by`, the name of a variable, of a register or of the time column, a row a group and variable.
        """
        return summary.describe(self, lang, variables, by)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of ids, times, values, attributes and map, whatever the order of rows and columns."""
        return fingerprint(self)

    # another panel

    def assign(self, **columns: object) -> Panel:
        """Panel with added or replaced variables.

        Parameters
        ----------
        **columns
            For each name one of: an expression such as ``"gdp / emp"`` (gaps stay gaps, also where
            ``lag(x)`` reaches beyond the first period); a number; an array of shape
            (T, N) or of one value a row of `frame`; a Series indexed like `frame` or by id; a
            function of `frame` that returns one of these.

        Examples
        --------
        >>> import pandas as pd
        >>> panel = Panel(pd.DataFrame({"code": ["A", "B"], "gdp": [1.0, 2.0]}), entity="code")
        >>> panel.assign(double=panel.values("gdp") * 2).values("double")
        array([[2., 4.]])
        """
        frame = self._frame.copy()
        for name, given in columns.items():
            if name in (self.entity, self.time):
                raise DataError(f"{name!r} is a key of the panel and cannot be assigned.")
            frame[name] = as_column(name, given, self)
        check_finite(frame, self.entity, self.time)
        return self._with(frame=frame)

    def select(self, times: object = None, entities: object = None) -> Panel:
        """Panel of the named periods and regions (ids or names); unknown ones are an error."""
        frame, notes = self._frame, list(self.notes)
        if times is not None:
            wanted = [times] if np.isscalar(times) else list(times)
            if self.time is None:
                raise DataError("A cross-section has no periods to select.")
            check_unknown(wanted, list(self.times), "period")
            frame = frame[frame[self.time].isin(wanted)]
            notes.append(f"selected periods {summary.spans(sorted(set(wanted)))} of {summary.spans(self.times)}")
        if entities is not None:
            wanted = [entities] if np.isscalar(entities) else list(entities)
            chosen = [self.find_id(i) for i in wanted]
            frame = frame[frame[self.entity].isin(chosen)]
            notes.append(f"selected {len(set(chosen))} of {self.N} regions")
        if not len(frame):
            raise DataError("Nothing is left of the panel.", fix="name at least one period and one region")
        return self._with(frame=frame.reset_index(drop=True), notes=notes)

    def between(self, first: object, last: object) -> Panel:
        """Panel of the periods from `first` to `last`, both included."""
        if self.time is None:
            raise DataError("A cross-section has no periods to choose from.")
        kept = [t for t in self.times if first <= t <= last]
        if not kept:
            raise DataError(f"There is no period between {first} and {last}.", allowed=summary.spans(self.times))
        return self.select(times=kept)

    def complete(self, variables: str | Sequence[str]) -> Panel:
        """Panel of the periods in which the named variables have values for all regions.

        The periods left out are written to `notes`.

        Raises
        ------
        DataError
            There is no such period.
        """
        gaps = set(self.missing(variables).iloc[:, 2])
        kept = [t for t in self.times if t not in gaps]
        names = listing(self._chosen(variables), 40)
        if not kept:
            raise DataError(
                f"In no period are {names} complete for all {self.N} regions.",
                fix="panel.coverage() shows what there is; leave out a variable, or regions by panel.select(entities=...)",
            )
        if len(kept) == self.T:
            return self
        frame = self._frame[self._frame[self.time].isin(kept)].reset_index(drop=True)
        note = f"periods {summary.spans(kept)} kept for complete {names}; left out {summary.spans(sorted(gaps))}"
        return self._with(frame=frame, notes=[*self.notes, note])

    def with_geometry(
        self,
        gdf: gpd.GeoDataFrame | gpd.GeoSeries,
        key: str | None = None,
        *,
        ids: str | None = None,
        extra: str = "error",
    ) -> Panel:
        """Panel with the map `gdf`, matched by id: its index, or its column `key`.

        ``extra="drop"`` leaves out shapes that are not regions of the panel (noted in `notes`).
        """
        shapes = match_geometry(gdf, self.entities, key=key, ids=ids, extra=extra)
        left = len(gdf) - self.N
        return self._with(shapes=shapes, notes=[*self.notes, f"{left} shapes of the map left out"] if left else None)

    def with_register(self, register: Register) -> Panel:
        """Panel with a further (or replaced) register of regions."""
        register.series(self.entities)
        return self._with(registers={**self._registers, register.name: register})

    def with_codebook(self, codebook: Mapping | str | PathLike) -> Panel:
        """Panel with labels and units for further (or other) variables, e.g. those made by `assign`.

        Examples
        --------
        >>> import pandas as pd
        >>> panel = Panel(pd.DataFrame({"code": ["A", "B"], "gdp": [2.0, 1.0]}), entity="code")
        >>> panel.with_codebook({"gdp": {"label_en": "Product", "unit_en": "yuan"}}).label("gdp")
        'Product'
        """
        return self._with(codebook={**self.codebook, **as_codebook(codebook)})

    # how it looks

    def explore(self, variables: str | Sequence[str] | Mapping[str, str] | None = None, time=None, **options):
        """Interactive map, with the series of every region, as one HTML file that needs no network.

        Shows itself in a notebook; ``.save("map.html")`` writes it. Arguments are those of
        `toolkit.report.interactive.explore`: ``scheme``, ``k``, ``clusters``, ``unit``, ``title``, ``projection``,
        ``inset``, ``lang``.

        Examples
        --------
        >>> import toolkit as tk
        >>> tk.load("munnell").explore("unemp").labels
        ('Unemployment rate',)
        """
        from toolkit.report.interactive import explore

        return explore(self, variables, time, **options)

    def __repr__(self) -> str:
        return summary.text(self)

    def _repr_html_(self) -> str:
        return summary.html(self)

    def __setattr__(self, key: str, value: object) -> None:
        raise AttributeError(
            f"A Panel cannot be changed (setting {key!r}): use panel.assign(...), which returns a new one."
        )

    def __delattr__(self, key: str) -> None:
        raise AttributeError(f"A Panel cannot be changed (deleting {key!r}).")

    def __reduce__(self):
        state = {k: v for k, v in self.__dict__.items() if k != "hash"}
        return _restore, ({k: dict(v) if isinstance(v, MappingProxyType) else v for k, v in state.items()},)

    @property
    def _periods(self) -> np.ndarray:
        """Position in `times` of every row, shape (rows,)."""
        return np.zeros(len(self._frame), int) if self.time is None else self.times.get_indexer(self._frame[self.time])

    def _chosen(self, variables: str | Sequence[str] | None) -> list[str]:
        if variables is None:
            return [v for v in self.variables if summary.is_numeric(self._frame[v])]
        chosen = [variables] if isinstance(variables, str) else list(variables)
        check_unknown(chosen, self.variables, "variable")
        return chosen

    def _with(
        self,
        *,
        frame: pd.DataFrame | None = None,
        shapes: gpd.GeoSeries | None = None,
        registers: Mapping[str, Register] | None = None,
        codebook: Mapping[str, Entry] | None = None,
        notes: Sequence[str] | None = None,
    ) -> Panel:
        """A copy with other contents; keys were checked when this one was made."""
        state = {k: v for k, v in self.__dict__.items() if k != "hash"}
        if frame is not None:
            kept = self.entities[self.entities.isin(frame[self.entity])]
            state |= {"_frame": frame, "entities": kept, "_attributes": self._attributes.loc[kept]}
            state["_shapes"] = None if self._shapes is None else self._shapes.loc[kept]
            if self.time is not None:
                state["times"] = self.times[self.times.isin(frame[self.time])]
        if shapes is not None:
            state["_shapes"] = shapes
        if registers is not None:
            state["_registers"] = MappingProxyType(dict(registers))
        if codebook is not None:
            state["codebook"] = MappingProxyType(dict(codebook))
        if notes is not None:
            state["notes"] = tuple(notes)
        return _restore(state)


def _open(df: pd.DataFrame, entity: str, time: str | None) -> tuple[pd.DataFrame, gpd.GeoDataFrame | None]:
    """The table with its keys found, and the map it carries."""
    if not isinstance(df, pd.DataFrame):
        raise DataError(
            f"A panel is made from a DataFrame, not from a {type(df).__name__}.",
            fix="to read a file: tk.Panel.read(path)",
        )
    columns = [str(c) for c in df.columns]
    for role, column in (("entity", entity), ("time", time)):
        if column is not None and column not in df.columns:
            raise DataError(
                f"{role}={column!r} is not a column of the table.", allowed=listing(columns, 40) or "no columns at all"
            )
    if entity == time:
        raise DataError(f"entity and time are the same column, {entity!r}.")
    twice = df.columns[df.columns.duplicated()]
    if len(twice):
        raise DataError(f"Columns occur more than once: {listing(twice)}.", fix="rename or remove one of each")
    if not len(df):
        raise DataError("The table has no rows.", fix="check the file, the sheet or the filter it comes from")
    check_present(df, [entity] if time is None else [entity, time])
    if getattr(df, "_geometry_column_name", None) in df.columns:
        return split_geometry(df, entity)
    return df.copy(), None


def _sorted(frame: pd.DataFrame, entity: str, time: str | None, ids: str | None, unbalanced: str) -> pd.DataFrame:
    """The table with checked keys, rows by time then region, columns entity, time, variables."""
    if unbalanced not in ("error", "keep"):
        raise InputError(f"unbalanced={unbalanced!r} is not known.", allowed='"error" or "keep"')
    keys = [entity] if time is None else [entity, time]
    frame = frame.assign(**{entity: as_ids(frame[entity], ids).to_numpy()})
    frame[entity] = frame[entity].astype("int64" if frame[entity].dtype == "int64" else "str")
    if time is not None:
        frame[time] = as_times(frame[time])
    check_unique(frame, keys)
    if time is not None and unbalanced == "error":
        check_balance(frame, entity, time)
    rest = [c for c in frame.columns if c not in keys]
    return frame.sort_values(keys[::-1])[keys + rest].infer_objects().reset_index(drop=True)


def _attributes(given: pd.DataFrame | None, entities: pd.Index, ids: str | None) -> pd.DataFrame:
    if given is None:
        return pd.DataFrame(index=entities)
    table = given.set_axis(as_ids(given.index, ids, "attributes"))
    absent, twice = entities[~entities.isin(table.index)], table.index[table.index.duplicated()]
    if len(absent) or len(twice):
        raise DataError(
            f"attributes= lacks {listing(absent) or 'none'} and has more than one row for {listing(twice) or 'none'}.",
            fix="give one row for every region, indexed by id",
        )
    return table.loc[entities].set_axis(entities).infer_objects()


def _restore(state: dict) -> Panel:
    panel = object.__new__(Panel)
    for key in ("codebook", "_registers"):
        state[key] = MappingProxyType(dict(state[key]))
    panel.__dict__.update(state)
    return panel


if TYPE_CHECKING:
    _Column = float | str | np.ndarray | pd.Series | Callable[[pd.DataFrame], object]
