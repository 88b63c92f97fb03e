"""The two plots of the page, map and series, as bokeh documents: only what cannot be plain HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toolkit.report.figure import INK
from toolkit.report.interactive.shapes import Outlines

if TYPE_CHECKING:
    from bokeh.models import Plot

__all__ = ["documents", "library", "positions"]

_EDGE = "#4d4d4d"
#: The chosen regions, on the map and among the series.
_CHOSEN = "#c1570a"
_QUIET = "#9a9a9a"


def library() -> str:
    """The script of bokeh itself, as one tag."""
    from bokeh.resources import Resources

    return Resources(mode="inline", components=["bokeh"], log_level="error").render_js()


def documents(names: list[str], times: list, drawn: Outlines, tips: tuple[str, ...]) -> dict[str, dict]:
    """The plots as bokeh JSON, by the id of the element they go to: ``map``, and ``series`` where there are periods.

    Parameters
    ----------
    names : list of str, length N
    times : list, length T
    drawn : Outlines
    tips : tuple of str
        Headings in the tooltip: value, year, rank.
    """
    plots = {"map": _map(names, drawn, tips)}
    if len(times) > 1:
        plots["series"] = _series(names, times)
    return {name: _as_json(plot, name) for name, plot in plots.items()}


def positions(times: list) -> tuple[list[float], bool]:
    """Where the periods stand on the axis, and whether they are numbers themselves."""
    numeric = all(isinstance(t, (int, float, np.integer, np.floating)) for t in times)
    return [float(t) for t in times] if numeric else [float(i) for i in range(len(times))], numeric


def _map(names: list[str], drawn: Outlines, tips: tuple[str, ...]) -> Plot:
    from bokeh.models import (
        BoxZoomTool,
        ColumnDataSource,
        HoverTool,
        Label,
        MetricLength,
        PanTool,
        Range1d,
        ResetTool,
        ScaleBar,
        TapTool,
        WheelZoomTool,
        ZoomInTool,
        ZoomOutTool,
    )
    from bokeh.plotting import figure

    n = len(names)
    blank = {"name": names, "fill": ["#ffffff"] * n, "hatch": [" "] * n}
    shapes = (
        {"x": drawn.anchors[:, 0].tolist(), "y": drawn.anchors[:, 1].tolist()}
        if drawn.points
        else {"xs": drawn.xs, "ys": drawn.ys}
    )
    inset = {"ixs": drawn.inset_xs, "iys": drawn.inset_ys} if drawn.box else {}
    source = ColumnDataSource({**blank, "value": [""] * n, "rank": [""] * n, **shapes, **inset}, name="regions")
    plot = figure(
        name="map",
        x_range=Range1d(0, drawn.width),
        y_range=Range1d(0, drawn.height),
        sizing_mode="scale_width",
        aspect_ratio=drawn.width / drawn.height,
        min_width=200,
        min_height=100,
        tools=[],
        toolbar_location="above",
        min_border=0,
        outline_line_color=None,
        background_fill_alpha=0,
        border_fill_alpha=0,
        lod_threshold=None,
    )
    plot.axis.visible = False
    plot.grid.visible = False
    plot.toolbar.logo = None
    look = {
        "fill_color": "fill",
        "hatch_pattern": "hatch",
        "hatch_color": "#8c8c8c",
        "hatch_scale": 7,
        "hatch_weight": 1,
    }
    look |= {"line_color": _EDGE, "line_width": 0.6, "source": source}
    chosen = {f"selection_{k}": v for k, v in look.items() if k.startswith(("fill", "hatch"))}
    chosen |= {"selection_line_color": _CHOSEN, "selection_line_width": 2.8}
    rest = {"nonselection_" + k: v for k, v in look.items() if k != "source"}
    rest |= {f"nonselection_{kind}_alpha": 1.0 for kind in ("fill", "line", "hatch")}
    if drawn.points:
        layers = [plot.scatter("x", "y", size=11, **look, **chosen, **rest)]
    else:
        layers = [plot.multi_polygons("xs", "ys", **look, **chosen, **rest)]
    if drawn.box:
        left, bottom, right, top = drawn.box
        plot.quad(left, right, bottom, top, fill_color="#ffffff", line_color="#737373", line_width=0.8)
        layers.append(plot.multi_polygons("ixs", "iys", **look, **chosen, **rest))
    tooltips = [("", "@name"), (tips[0], "@value"), (tips[1], "@rank")]
    plot.add_tools(
        HoverTool(renderers=layers, tooltips=tooltips, point_policy="follow_mouse", visible=False),
        TapTool(renderers=layers, visible=False),
        ZoomInTool(),
        ZoomOutTool(),
        BoxZoomTool(match_aspect=True),
        PanTool(),
        WheelZoomTool(),
        ResetTool(),
    )
    # a finger that scrolls the page must not move the map: these are switched on in the toolbar
    plot.toolbar.active_drag = None
    plot.toolbar.active_scroll = None
    if drawn.km:
        plot.add_layout(
            ScaleBar(
                range=plot.x_range,
                unit="km",
                dimensional=MetricLength(include=["m", "km"]),
                location="bottom_left",
                orientation="horizontal",
                bar_length=0.2,
                background_fill_alpha=0,
                border_line_alpha=0,
                margin=2,
                padding=2,
                label_text_font_size="12px",
                bar_line_color=INK,
            )
        )
    plot.add_layout(
        Label(
            name="tip",
            x=0,
            y=0,
            text="",
            visible=False,
            text_color=INK,
            text_font_size="13px",
            text_line_height=1.25,
            background_fill_color="#ffffff",
            background_fill_alpha=0.94,
            border_line_color=_CHOSEN,
            padding=5,
            y_offset=6,
        )
    )
    return plot


def _series(names: list[str], times: list) -> Plot:
    from bokeh.models import (
        BasicTicker,
        ColumnDataSource,
        HoverTool,
        NumeralTickFormatter,
        Range1d,
        Span,
        TapTool,
    )
    from bokeh.plotting import figure

    x, numeric = positions(times)
    n = len(names)
    source = ColumnDataSource({"name": names, "xs": [x] * n, "ys": [[0.0] * len(x)] * n}, name="lines")
    plot = figure(
        name="series",
        height=330,
        sizing_mode="stretch_width",
        min_width=200,
        tools=[],
        toolbar_location=None,
        x_range=Range1d(x[0] - 0.02 * (x[-1] - x[0]), x[-1] + 0.02 * (x[-1] - x[0])),
        min_border_right=12,
        outline_line_color=None,
        background_fill_alpha=0,
        border_fill_alpha=0,
    )
    lines = plot.multi_line(
        "xs",
        "ys",
        source=source,
        line_color=_QUIET,
        line_width=1,
        line_alpha=0.75,
        selection_line_color=_CHOSEN,
        selection_line_width=3,
        selection_line_alpha=1,
        nonselection_line_color=_QUIET,
        nonselection_line_alpha=0.45,
    )
    plot.add_tools(
        HoverTool(renderers=[lines], tooltips=[("", "@name")], line_policy="next"), TapTool(renderers=[lines])
    )
    plot.add_layout(Span(name="now", location=x[-1], dimension="height", line_color=INK, line_dash="dashed"))
    plot.xaxis.ticker = BasicTicker(min_interval=1, desired_num_ticks=6, num_minor_ticks=0)
    plot.xaxis.formatter = NumeralTickFormatter(format="0")
    if not numeric:
        plot.xaxis.major_label_overrides = {i: str(t) for i, t in enumerate(times)}
    plot.yaxis.formatter = NumeralTickFormatter(format="0,0.[0000]")
    plot.ygrid.grid_line_color = "#e5e5e5"
    plot.xgrid.visible = False
    plot.axis.major_label_text_font_size = "13px"
    plot.axis.major_label_text_color = INK
    plot.axis.minor_tick_line_color = None
    plot.axis.axis_line_color = _QUIET
    plot.axis.major_tick_line_color = _QUIET
    return plot


def _as_json(plot: Plot, name: str) -> dict:
    """A document of one plot whose ids are numbered from one, so that the same map makes the same file."""
    import json

    from bokeh.core.json_encoder import serialize_json
    from bokeh.document import Document

    document = Document(title=name)
    document.add_root(plot)
    content = json.loads(serialize_json(document.to_json()))
    numbers: dict[str, str] = {}
    return {"root": _renamed({"id": plot.id}, name, numbers)["id"], "doc": _renamed(content, name, numbers)}


def _renamed(part, name: str, numbers: dict[str, str]):
    if isinstance(part, dict):
        return {
            key: numbers.setdefault(value, f"{name}-{len(numbers) + 1}")
            if key == "id" and isinstance(value, str)
            else _renamed(value, name, numbers)
            for key, value in part.items()
        }
    return [_renamed(item, name, numbers) for item in part] if isinstance(part, list) else part
