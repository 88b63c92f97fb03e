"""From a formula and a panel to arrays: outcome, regressors, and spatially lagged regressors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.data.codebook import shared_sources
from toolkit.data.expressions import Node, Source
from toolkit.data.syntax import Parsed, canonical, parse
from toolkit.errors import DataError, FormulaError, InputError, listing
from toolkit.models.coding import code_terms, factor_of
from toolkit.models.collinearity import absorbed_columns, collinear_columns
from toolkit.models.formula import Formula, read
from toolkit.models.spec import effects_named
from toolkit.models.transform import effects_df, spatial_lag

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["Design", "absorbed_columns", "collinear_columns", "design"]

Lag = Callable[[np.ndarray], np.ndarray]
SAME = 1e-12  # relative difference below which a lagged column repeats the column


@dataclass(frozen=True, eq=False)
class Design:
    """The arrays of a model, with names. Effects are not removed: lag first, then project.

    Attributes
    ----------
    formula : str
        As written.
    depvar : str
        Left-hand side in canonical form, ``"log(gsp)"``.
    y : ndarray, shape (T, N)
    X : ndarray, shape (T, N, k)
    terms : tuple of str, length k
        Columns of `X` as formulaic names them: ``Intercept``, ``log(pcap)``, ``C(region)[T.West]``, ``a:b``.
    WX : ndarray, shape (T, N, q)
        Spatially lagged regressors, lagged on the raw data.
    wx_terms : tuple of str, length q
        ``"W log(pcap)"``.
    pairs : tuple of (int or None), length q
        Column of `X` that each column of `WX` is the lag of; None if it is not in `X`.
    constant : int or None
        Position in `X` of a column that is constant over all cells.
    entities, times : Index
        Of the columns and rows of `y`.
    variables : tuple of str
        Columns of the panel in use.
    notes : tuple of str
        What was decided: periods used up, reference categories, lags left out.
    y_lag : ndarray, shape (T, N), or None
        The outcome a period before, for dynamic models; `dynamic` names the lags in the model.
    aux, aux_terms : ndarray, shape (T, N, m), and tuple of str
        Further regressors that have no impacts of their own: the means of correlated random effects.
    instruments, instrument_terms : ndarray, shape (T, N, m), and tuple of str
        Variables from outside the equation.
    """

    formula: str
    depvar: str
    y: np.ndarray
    X: np.ndarray
    terms: tuple[str, ...]
    WX: np.ndarray
    wx_terms: tuple[str, ...]
    pairs: tuple[int | None, ...]
    constant: int | None
    entities: pd.Index
    times: pd.Index
    variables: tuple[str, ...]
    notes: tuple[str, ...]
    y_lag: np.ndarray | None = None
    dynamic: tuple[str, ...] = ()
    aux: np.ndarray | None = None
    aux_terms: tuple[str, ...] = ()
    instruments: np.ndarray | None = None
    instrument_terms: tuple[str, ...] = ()

    def regressors(self) -> tuple[np.ndarray, tuple[str, ...]]:
        """All regressors [X, WX, aux], shape (T, N, k + q + m), and their names."""
        parts = [self.X, self.WX] + ([self.aux] if self.aux is not None else [])
        return np.concatenate(parts, axis=2), (*self.terms, *self.wx_terms, *self.aux_terms)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The block of the regression table each of `regressors` belongs to."""
        return ("X",) * len(self.terms) + ("WX",) * len(self.wx_terms) + ("X",) * len(self.aux_terms)

    def lagged(self, weights) -> dict[str, np.ndarray]:
        """The lags of the outcome in the model by name, each (T, N)."""
        out = {}
        if "y(t-1)" in self.dynamic:
            out["y(t-1)"] = self.y_lag
        if "W y(t-1)" in self.dynamic:
            out["W y(t-1)"] = spatial_lag(weights.lag, self.y_lag)
        return out

    def frame(self) -> pd.DataFrame:
        """One row a period and region: the outcome and every regressor, indexed by time and entity."""
        import pandas as pd

        z, names = self.regressors()
        index = pd.MultiIndex.from_product([self.times, self.entities], names=["time", "entity"])
        table = np.column_stack([self.y.reshape(-1), z.reshape(-1, z.shape[2])])
        return pd.DataFrame(table, index=index, columns=[self.depvar, *names])


def design(
    formula: str,
    panel: Panel,
    *,
    lag_durbin: Lag | None = None,
    durbin: bool | Iterable[str] | None = None,
    effects: str = "none",
    dynamic: tuple[str, ...] = (),
    instruments: tuple[str, ...] = (),
    outcome: bool = True,
    absent: bool = False,
) -> Design:
    """Build the arrays of a model from a formula.

    Parameters
    ----------
    formula : str
        ``outcome ~ terms``. Terms are columns, allowed expressions, ``C(x)`` or ``C(x, "reference")`` and text
        columns (treatment coding), ``poly(x, degree, raw=False)``, joined by ``+ - : *`` and ``(a + b)**2``. A term
        ``W(x)`` goes to `Design.WX` under the name ``W x``.
    panel : Panel
        Balanced; T = 1 for a cross-section.
    lag_durbin : callable, optional
        Spatial lag of W X, a map of blocks (N, m) to (N, m) with rows in the order of ``panel.entities``.
    durbin : None, True or list of str
        Regressors to lag: none, all that vary, or those named by term (``"log(pcap)"``, ``"a:b"``,
        ``"C(region)"`` for all its columns).
    effects : {"none", "entity", "time", "twoway"}
        Fixed effects, which take the place of the intercept. They are not removed here.
    dynamic : tuple of str
        ``"y(t-1)"``, ``"W y(t-1)"``: lags of the outcome in the model; they use up a period.
    instruments : tuple of str
        Expressions to be evaluated beside the equation.
    outcome : bool
        False leaves the left-hand side unread (`y` is NaN): for predictions where it is not known.
    absent : bool
        Whether regions may be absent from some periods; their cells are NaN in every array.

    Returns
    -------
    Design

    Raises
    ------
    FormulaError
        For a formula that cannot be read or asks for what is not evaluated.
    DataError
        For missing or infinite cells (variable, region, time) and for too few observations.
    InputError
        For unknown names in `durbin` or `effects`.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> df = pd.DataFrame({"code": list("abcd"), "y": [1.0, 3.0, 2.0, 5.0], "x": [1.0, 2.0, 4.0, 3.0]})
    >>> d = design("y ~ log(x)", tk.Panel(df, entity="code"))
    >>> d.terms, d.X.shape
    (('Intercept', 'log(x)'), (1, 4, 2))
    """
    effects = effects_named(effects)
    text = read(formula)
    _check_sides(text)
    if not panel.balanced and not absent:
        raise InputError(
            "The panel is unbalanced: some regions lack some periods.",
            allowed="a balanced panel, or renormalize=True or False: whether W is re-normalised over the regions present",
            fix="say renormalize=..., or keep the periods that all regions have: panel.select(times=...)",
        )
    source = Source(panel, lag_durbin, absent)
    alone = {t[0]: text.factors[t[0]].argument() for t in text.terms if len(t) == 1 and _is_lag(text.factors[t[0]])}
    _check_lags(text, alone)
    left = source.build(text.outcome) if outcome else None
    own = [term for term in text.terms if not (len(term) == 1 and term[0] in alone)]
    factors = {j: factor_of(text.factors[j], source) for j in sorted({j for term in own for j in term})}
    written = {inner.name: source.build(inner) for inner in alone.values()}
    before = [source.build(parse(f"lag({text.outcome.text})"))] if dynamic else []
    outside = {canonical(written_so): source.build(parse(written_so)) for written_so in instruments}
    nodes = [
        *([left] if outcome else []),
        *(f.node for f in factors.values()),
        *written.values(),
        *before,
        *outside.values(),
    ]
    lo, hi = _window(nodes) if nodes else (0, source.T)
    for node in nodes:
        source.check(node, lo, hi)

    fixed = effects != "none"
    columns = code_terms([(), *filter(None, own)] if fixed else own, factors, lo, hi, (hi - lo, source.N))
    keep = [i for i, name in enumerate(columns.names) if not (fixed and name == "Intercept")]
    X, terms = columns.values[:, :, keep], tuple(columns.names[i] for i in keep)
    origin = [text.term_name(columns.terms[i]) for i in keep]
    y = np.ascontiguousarray(left.values[lo:hi]) if outcome else np.full(X.shape[:2], np.nan)
    constant = _constant(X, terms, effects)
    cells = None if source.present is None else source.present[lo:hi]
    if cells is not None:
        X[~cells] = np.nan
    if np.ptp(y[np.isfinite(y)] if cells is not None else y) == 0:
        raise DataError(f"The outcome {text.outcome.name!r} is {y.flat[0]:g} in every cell: nothing to explain.")

    used = source.used(*([text.outcome] if outcome else []), *text.factors)
    notes = [*_notes_on_periods(panel, text, lo, hi, dynamic), *columns.notes, *_notes_on_lags(text, effects)]
    notes += shared_sources(panel.codebook, used)
    wx = _Durbin(lag_durbin, X, terms, notes, lo)
    wx.add_durbin(durbin, constant, origin)
    for name, node in written.items():
        wx.add_written(name, node.values[lo:hi])
    _check_names((*terms, *wx.names))
    WX = np.stack(wx.columns, axis=2) if wx.columns else np.empty((*y.shape, 0))
    if outcome:
        _check_size(y, X.shape[2] + WX.shape[2], effects)
    return Design(
        formula=formula,
        depvar=text.outcome.name,
        y=y,
        X=X,
        terms=terms,
        WX=WX,
        wx_terms=tuple(wx.names),
        pairs=tuple(wx.pairs),
        constant=constant,
        entities=source.entities,
        times=source.times[lo:hi],
        variables=used,
        notes=tuple(notes),
        y_lag=np.ascontiguousarray(before[0].values[lo:hi]) if dynamic else None,
        dynamic=tuple(dynamic),
        instruments=np.stack([node.values[lo:hi] for node in outside.values()], axis=2) if outside else None,
        instrument_terms=tuple(outside),
    )


class _Durbin:
    """Collects the columns of W X, each once."""

    def __init__(self, lag: Lag | None, X: np.ndarray, terms: tuple[str, ...], notes: list[str], first: int):
        self.lag, self.X, self.terms, self.notes, self.first = lag, X, terms, notes, first
        self.columns: list[np.ndarray] = []
        self.names: list[str] = []
        self.pairs: list[int | None] = []

    def add_durbin(self, durbin: bool | Iterable[str] | None, constant: int | None, origin: list[str]) -> None:
        if durbin is None or durbin is False:
            return
        self._require("durbin=")
        free = [i for i in range(len(self.terms)) if i != constant]
        chosen = free if durbin is True else self._named(durbin, free, origin)
        for i in chosen:
            column = self._lagged(self.X[:, :, i])
            if self._repeats(i, column):
                what = f"{self.terms[i]!r} has one value a period, so its spatial lag repeats it"
                if durbin is not True:
                    raise InputError(f"durbin names {self.terms[i]!r}: {what}.", fix="leave it out of durbin=")
                self.notes.append(f"{what}; W {self.terms[i]} is left out")
                continue
            self._append(f"W {self.terms[i]}", column, i)

    def add_written(self, name: str, values: np.ndarray) -> None:
        self._require(f"W({name})")
        if f"W {name}" in self.names:
            self.notes.append(f"W({name}) in the formula and durbin= ask for the same column; it is entered once")
            return
        self._append(f"W {name}", self._lagged(values), self.terms.index(name) if name in self.terms else None)

    def _named(self, durbin: Iterable[str], free: list[int], origin: list[str]) -> list[int]:
        if isinstance(durbin, str):
            durbin = [durbin]
        allowed = listing(dict.fromkeys([self.terms[i] for i in free] + [origin[i] for i in free]), 40)
        chosen: list[int] = []
        for name in durbin:
            wanted = {name, *_canonical(name)}
            found = [i for i in free if self.terms[i] in wanted or origin[i] in wanted]
            if not found:
                raise InputError(
                    f"durbin names {name!r}, which is not a regressor that varies.",
                    allowed=allowed or "no regressor of this formula varies",
                    fix=f"to lag a variable that is not a regressor itself, add W({name}) to the formula",
                )
            chosen += [i for i in found if i not in chosen]
        return sorted(chosen)

    def _require(self, what: str) -> None:
        if self.lag is None:
            raise FormulaError(f"{what} asks for spatial lags, and no spatial weights were given.", fix="pass W")

    def _lagged(self, column: np.ndarray) -> np.ndarray:
        return (
            self.lag.by_period(column, self.first) if hasattr(self.lag, "by_period") else spatial_lag(self.lag, column)
        )

    def _repeats(self, i: int, column: np.ndarray) -> bool:
        own = self.X[:, :, i]
        same_in_period = np.ptp(own, axis=1).max() == 0
        return bool(same_in_period and np.abs(column - own).max() <= SAME * np.abs(own).max())

    def _append(self, name: str, column: np.ndarray, pair: int | None) -> None:
        self.columns.append(column)
        self.names.append(name)
        self.pairs.append(pair)


def _canonical(name: object) -> set[str]:
    """Canonical spelling of a term such as ``log(x/z)`` or ``a : b``; empty if it cannot be read."""
    try:
        whole = read(f"y ~ 0 + {name}")
        return {whole.term_name(t) for t in whole.terms} if len(whole.terms) == 1 else {canonical(str(name))}
    except FormulaError:
        return set()


def _check_sides(text: Formula) -> None:
    """The outcome may not explain itself."""
    if any(f.name == text.outcome.name for f in text.factors):
        raise FormulaError(
            f"The outcome {text.outcome.name!r} is also a regressor.",
            fix='take it off the right-hand side; for dynamics give dynamic="y(t-1)"',
        )


def _check_lags(text: Formula, lagged: dict[int, Parsed]) -> None:
    """W() belongs on the right-hand side, and never holds the outcome."""
    if "W" in text.outcome.calls:
        raise FormulaError(
            f"The outcome {text.outcome.text!r} holds a spatial lag.", allowed="W(x) on the right-hand side"
        )
    for inner in lagged.values():
        if inner.name == text.outcome.name:
            raise FormulaError(
                f"W({inner.name}) is the spatial lag of the outcome, which is endogenous.",
                fix='leave it out and choose a model with rho: model="sar", "sdm", "sac" or "gns"',
            )


def _window(nodes: list[Node]) -> tuple[int, int]:
    """Periods in which all nodes exist."""
    lo, hi = max(n.lo for n in nodes), min(n.hi for n in nodes)
    if lo >= hi:
        raise DataError(
            "lag(), lead(), diff() or growth() leave no period in which all variables exist.",
            fix="use fewer lags, or a longer panel",
        )
    return lo, hi


def _notes_on_periods(panel: Panel, text: Formula, lo: int, hi: int, dynamic: tuple[str, ...]) -> list[str]:
    used_up = len(panel.times) - (hi - lo)
    if not used_up:
        return []
    order = ("lag", "lead", "diff", "growth")
    names = set().union(*(f.calls for f in (text.outcome, *text.factors)))
    who = [f"{n}()" for n in order if n in names] + list(dynamic)
    first, last = panel.times[lo], panel.times[hi - 1]
    kept = f"{first}-{last} are used" if hi - lo > 1 else f"{first} is used"
    verb = "uses" if len(who) == 1 else "use"
    return [f"{', '.join(who)} {verb} up {used_up} period{'s' * (used_up > 1)}: {kept}"]


def _notes_on_lags(text: Formula, effects: str) -> list[str]:
    notes = []
    alone = {t[0] for t in text.terms if len(t) == 1 and _is_lag(text.factors[t[0]])}
    nested = [text.term_name(t) for t in text.terms if not alone.issuperset(t) and _holds_lag(text, t)]
    if nested:
        notes.append(f"{listing(nested)}: a spatial lag inside a term counts as a regressor of its own, not in impacts")
    dynamic = [f.name for f in text.factors if f.name.startswith("lag(") and f.argument().name == text.outcome.name]
    if dynamic and effects in ("entity", "twoway"):
        notes.append(
            f"{listing(dynamic)} with entity effects: the estimates are biased of order 1/T (Nickell 1981), uncorrected; "
            'dynamic="y(t-1)" corrects them'
        )
    return notes


def _is_lag(factor: Parsed) -> bool:
    return factor.function is not None and factor.function.name == "W"


def _holds_lag(text: Formula, term: tuple[int, ...]) -> bool:
    return any("W" in text.factors[j].calls for j in term)


def _check_names(names: tuple[str, ...]) -> None:
    """Coefficients are found by name, so each has its own; rho and lambda are the spatial ones."""
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise FormulaError(f"Two columns are called {listing(twice)}.", fix="rename a category or a variable")
    taken = [n for n in names if n in ("rho", "lambda")]
    if taken:
        raise FormulaError(
            f"A regressor is called {taken[0]!r}, which is the name of a spatial parameter.",
            fix=f"rename the variable, or write I(`{taken[0]}`)",
        )


def _constant(X: np.ndarray, terms: tuple[str, ...], effects: str) -> int | None:
    """Position of the constant column; refuses a second one."""
    flat = [i for i in range(len(terms)) if np.ptp(X[:, :, i]) == 0]
    if len(flat) > 1:
        others = [terms[i] for i in flat if terms[i] != "Intercept"]
        raise DataError(
            f"{listing(map(repr, others))} has the same value in every cell, so it cannot be told from the intercept.",
            fix="drop it from the formula",
        )
    return flat[0] if flat and effects == "none" else None


def _check_size(y: np.ndarray, k: int, effects: str) -> None:
    t, n = y.shape
    df = effects_df(effects, n, t)
    if k + df >= t * n:
        raise DataError(
            f"{k} regressors{f' and {df} fixed effects' if df else ''} are too many for {t * n} observations.",
            fix="use fewer regressors, or more periods",
        )
