"""Widgets for a lecture: what rho does to a shock, what the choice of W does to Moran's I.

They need ipywidgets (``pip install "regional-toolkit[teaching]"``) and a running notebook.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Hashable
from html import escape
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError, ToolkitError, ToolkitWarning
from toolkit.explore.moran import MoranTable, moran
from toolkit.explore.observations import matched
from toolkit.report.projection import Sheet, sheet
from toolkit.teaching.sketches import links_figure, spread_figure
from toolkit.teaching.spread import Spread, spread
from toolkit.teaching.words import say
from toolkit.weights.contiguity import queen, rook
from toolkit.weights.distance import distance_band, inverse_distance, knn
from toolkit.weights.points import locate

if TYPE_CHECKING:
    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["RhoWidget", "WeightsWidget", "rho", "weights"]


def rho(
    panel: Panel,
    W: SpatialWeights,
    region: Hashable | None = None,
    *,
    value: float | None = None,
    orders: int = 6,
    projection: str | None = None,
    lang: str = "en",
) -> RhoWidget:
    """A slider for rho: a shock in one region spreads over the map through (I - rho W)^-1.

    Parameters
    ----------
    panel : Panel
        With a map.
    W : SpatialWeights
        Of the panel's regions.
    region : id or name, optional
        Where the shock is at first; by default the region with most neighbours.
    value : float, optional
        rho at first; by default half of the largest admissible one.
    orders : int
        Orders of neighbours shown one by one.
    projection : str, optional
        As for `tk.maps.choropleth`; ``"keep"`` for a map without a reference system.
    lang : {"en", "zh"}

    Returns
    -------
    RhoWidget
        Shows itself in a notebook. ``.spread`` has the numbers on the screen.

    Raises
    ------
    ToolkitError
        ipywidgets is not installed.
    DataError, WeightsError, InputError
        No map; W of other regions; rho outside the admissible interval; an unknown region.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> widget = tk.widgets.rho(panel, tk.weights.queen(panel), "Kansas", value=0.5)
    >>> widget.rho.value = 0.8
    >>> round(widget.spread.total, 3)
    5.0
    """
    ui = _ipywidgets()
    W = matched(W, panel)
    low, high = W.operator.interval
    low = max(low, -high)
    names = [(str(name), i) for i, name in panel.names_in(lang).items()]
    first = W.ids[int(W.cardinalities.argmax())] if region is None else panel.find_id(region)
    start = round(0.5 * high, 2) if value is None else value
    if not low < start < high:
        raise InputError(f"value={value!r} is outside the interval of rho.", allowed=f"{low:.3g} < rho < {high:.3g}")
    slider = ui.FloatSlider(
        value=start, min=0.98 * low, max=0.98 * high, step=(high - low) / 200, description="ρ", readout_format=".2f",
        continuous_update=False,
    )  # fmt: skip
    slider.value = start
    place = ui.Dropdown(options=names, value=first, description=say("shock_in", lang))
    return RhoWidget(slider, place, ui, W, sheet(panel, projection), {i: n for n, i in names}, orders, lang)


def weights(
    panel: Panel,
    variable: str,
    time: object = None,
    *,
    permutations: int = 999,
    seed: int = 1,
    projection: str | None = None,
    lang: str = "en",
) -> WeightsWidget:
    """Choose who is a neighbour, and see the links, the number of neighbours, and Moran's I of a variable.

    Parameters
    ----------
    panel : Panel
        With a map; distances need its reference system.
    variable : str
        A column or an expression such as ``"log(gdp / emp)"``.
    time : period, optional
        The last one in which all regions have a value by default.
    permutations, seed
        As for `tk.moran`.
    projection : str, optional
        As for `tk.maps.choropleth`.
    lang : {"en", "zh"}

    Returns
    -------
    WeightsWidget
        Shows itself in a notebook. ``.W`` and ``.moran`` are what is on the screen; a choice that cannot be made
        shows why in ``.message`` and leaves them as they were.

    Raises
    ------
    ToolkitError
        ipywidgets is not installed.
    DataError, FormulaError, InputError
        No map; a variable that cannot be used, or a period that is not there.

    Examples
    --------
    >>> import toolkit as tk
    >>> widget = tk.widgets.weights(tk.load("munnell"), "unemp", permutations=99)
    >>> widget.kind.value = "knn"
    >>> widget.k.value = 3
    >>> set(widget.W.cardinalities.tolist())
    {3}
    """
    ui = _ipywidgets()
    if not isinstance(variable, str) or not variable.strip():
        raise InputError(f"variable={variable!r} is not an expression.", allowed='e.g. "log(gdp / emp)"')
    if variable not in panel.variables:
        panel = panel.assign(**{variable: variable})
    if time is not None:
        panel = panel.select(times=time)
    elif panel.T > 1:
        values = panel.wide(variable)
        complete = values.dropna()
        panel = panel.select(times=(complete if len(complete) else values).index[-1])
    page = sheet(panel, projection)
    return WeightsWidget(ui, panel, page, variable, permutations, seed, lang)


class RhoWidget:
    """A shock and its spread.

    Attributes
    ----------
    rho : ipywidgets.FloatSlider
    region : ipywidgets.Dropdown
    spread : Spread
        The numbers on the screen.
    box : ipywidgets.VBox
        What is shown.
    """

    def __init__(
        self,
        slider: Any,
        place: Any,
        ui: Any,
        W: SpatialWeights,
        page: Sheet,
        names: dict,
        orders: int,
        lang: str,
    ):
        self.rho, self.region = slider, place
        self._W, self._page, self._names, self._orders, self._lang = W, page, names, orders, lang
        self._image, self._numbers = ui.Image(format="png", layout={"max_width": "100%"}), ui.HTML()
        self.box = ui.VBox([ui.HBox([slider, place], layout={"flex_flow": "row wrap"}), self._image, self._numbers])
        self.spread: Spread
        self._update()
        for control in (slider, place):
            control.observe(self._update, names="value")

    def _update(self, _change: object = None) -> None:
        self.spread = s = spread(self._W, self.rho.value, self.region.value, self._orders)
        self._image.value = _png(spread_figure(self._page, s, self._lang))
        lang = self._lang
        self._numbers.value = _columns(
            (
                say("here", lang, region=self._names[s.region], rho=f"{s.rho:.2f}"),
                {
                    say("own_total", lang): f"{s.own:.3f}",
                    say("others_total", lang): f"{s.others:.3f}",
                    say("beyond", lang, k=self._orders): f"{s.beyond:.3f}",
                },
            ),
            (
                say("average", lang),
                {say(part, lang): f"{getattr(s, part):.3f}" for part in ("direct", "indirect", "total")},
            ),
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.box._repr_mimebundle_(**kwargs)


class WeightsWidget:
    """Weights, their links, and Moran's I.

    Attributes
    ----------
    kind : ipywidgets.Dropdown
        ``queen``, ``rook``, ``knn``, ``band`` or ``inverse``.
    k : ipywidgets.IntSlider
        Nearest neighbours.
    km : ipywidgets.FloatSlider
        Distance within which regions are neighbours; absent without a reference system, like `k` and `power`.
    power : ipywidgets.FloatSlider
        Power of inverse distance.
    W : SpatialWeights
        On the screen, row-standardised; regions without neighbours are kept.
    moran : MoranTable
    message : str
        Why the last choice could not be made; empty otherwise.
    box : ipywidgets.VBox
        What is shown.
    """

    def __init__(self, ui: Any, panel: Panel, page: Sheet, variable: str, permutations: int, seed: int, lang: str):
        self._panel, self._page, self._variable, self._lang = panel, page, variable, lang
        self._options: dict[str, Any] = {"permutations": permutations, "seed": seed}
        polygons = page.shapes.geom_type.isin(["Polygon", "MultiPolygon"]).all()
        kinds = ["queen", "rook"] if polygons else []
        nearest = 1.0
        if page.shapes.crs is not None:
            kinds += ["knn", "band", "inverse"]
            nearest = float(locate(panel).nearest(1)[1].max())
        self.kind = ui.Dropdown(
            options=[(say(kind, lang), kind) for kind in kinds], value=kinds[0], description=say("kind", lang)
        )
        later = {"continuous_update": False}
        self.k = ui.IntSlider(value=min(4, panel.N - 1), min=1, max=min(20, panel.N - 1), description="k", **later)
        self.km = ui.FloatSlider(
            value=round(nearest, 1), min=round(0.3 * nearest, 1), max=round(4 * nearest, 1), description="km", **later
        )
        self.power = ui.FloatSlider(value=1.0, min=0.5, max=4.0, step=0.5, description=say("power", lang), **later)
        self._own = {"knn": self.k, "band": self.km, "inverse": self.power}
        self._image, self._numbers = ui.Image(format="png", layout={"max_width": "100%"}), ui.HTML()
        self.message = ""
        controls = ui.HBox([self.kind, *self._own.values()], layout={"flex_flow": "row wrap"})
        self.box = ui.VBox([controls, self._image, self._numbers])
        self.W: SpatialWeights
        self.moran: MoranTable
        self._update(first=True)
        for control in (self.kind, *self._own.values()):
            control.observe(self._update, names="value")

    def _made(self) -> SpatialWeights:
        make: dict[str, Callable[[], SpatialWeights]] = {
            "queen": lambda: queen(self._panel, islands="keep"),
            "rook": lambda: rook(self._panel, islands="keep"),
            "knn": lambda: knn(self._panel, self.k.value),
            "band": lambda: distance_band(self._panel, self.km.value, islands="keep"),
            "inverse": lambda: inverse_distance(self._panel, self.power.value),
        }
        return make[self.kind.value]()

    def _update(self, _change: object = None, first: bool = False) -> None:
        for kind, control in self._own.items():
            control.layout.display = None if kind == self.kind.value else "none"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ToolkitWarning)  # islands and parts are among the numbers shown
                W = self._made()
                record = moran(self._panel, self._variable, W, **self._options)
        except ToolkitError as error:
            if first:
                raise
            self.message = str(error)
            self._numbers.value = f'<p role="alert"><b>{escape(self.message)}</b></p>'
            return
        self.W, self.moran, self.message = W, record, ""
        self._image.value = _png(links_figure(self._page, W, record, self._lang))
        self._numbers.value = self._written()

    def _written(self) -> str:
        W, record, lang = self.W, self.moran, self._lang
        counts = W.cardinalities
        return _columns(
            (
                W.description,
                {
                    say("links", lang): f"{W.nnz:,}",
                    say("few_many", lang): f"{counts.min()}, {counts.mean():.1f}, {counts.max()}",
                    say("alone", lang): str(len(W.islands)),
                    say("components", lang): str(W.n_components),
                },
            ),
            (
                f"{say('moran', lang)}: {self._panel.label(self._variable, lang)}",
                {
                    "I": f"{record.statistic[0]:.3f}",
                    say("expected", lang): f"{record.expected:.3f}",
                    say("z_score", lang): f"{record.score[0]:.2f}",
                    say("p_perm", lang, n=record.permutations): f"{record.p_perm[0]:.3f}",
                },
            ),
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.box._repr_mimebundle_(**kwargs)


def _ipywidgets() -> Any:
    try:
        import ipywidgets  # type: ignore[import-untyped]
    except ImportError:
        raise ToolkitError(
            "The widgets need ipywidgets, which is not installed.",
            fix='pip install "regional-toolkit[teaching]", then start the notebook again',
        ) from None
    return ipywidgets


def _png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110)
    return out.getvalue()


def _columns(*parts: tuple[str, dict[str, str]]) -> str:
    """Small tables side by side, each under its heading."""
    tables = "".join(
        f"<table><caption style='text-align:left;font-weight:bold'>{escape(heading)}</caption>"
        + "".join(
            f"<tr><td>{escape(name)}</td><td style='text-align:right;padding-left:1em'>{escape(value)}</td></tr>"
            for name, value in rows.items()
        )
        + "</table>"
        for heading, rows in parts
    )
    return f"<div style='display:flex;flex-wrap:wrap;gap:0 3em;line-height:1.4'>{tables}</div>"
