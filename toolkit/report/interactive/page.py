"""The page around the plots: controls, legend, read-out and table in plain HTML, so that keyboard and reader find them."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from toolkit.report.chart_requests import words_in
from toolkit.report.interactive.layers import Layer
from toolkit.report.interactive.plots import documents, library, positions
from toolkit.report.interactive.shapes import Outlines
from toolkit.report.interactive.words import WORDS

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["MOST_REGIONS", "page_html"]

#: Beyond this a page gets slow on a phone.
MOST_REGIONS = 5000


def page_html(panel: Panel, layers: list[Layer], times: list, drawn: Outlines, *, title: str, lang: str) -> str:
    """The whole document; see `toolkit.report.interactive.explore`."""
    words = words_in(WORDS, lang)
    names = [str(n) for n in panel.names_in(lang)]
    data = {
        "layers": [_layer(layer) for layer in layers],
        "names": names,
        "times": [str(t) for t in times] if panel.time is not None else [""],
        "positions": positions(times)[0],
        "anchors": drawn.anchors.tolist(),
        "middle": [drawn.width / 2, drawn.height / 2],
        "words": words,
        "lang": lang,
        "plots": documents(names, times, drawn, (words["value"], words["rank"])),
    }
    several, over_time = len(layers) > 1, len(times) > 1
    style, script = (files(__package__).joinpath(f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    entries = "".join(f"<option value={i}>{escape(layer.label)}</option>" for i, layer in enumerate(layers))
    by_name = sorted(range(len(names)), key=names.__getitem__) if lang == "en" else range(len(names))
    regions = "".join(f"<option value={i}>{escape(names[i])}</option>" for i in by_name)
    shown = f'<p class="title">{escape(title)}</p>' if title else ""
    hidden = {True: "", False: " hidden"}
    return f"""<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title or layers[0].label)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body style="--aspect:{drawn.height / drawn.width:.4f}">
<main>
<header>{shown}<h1 id="heading"></h1></header>
<noscript><p>{words["script"]}</p></noscript>
<form id="controls">
<label{hidden[several]}><span>{words["variable"]}</span><select id="variable" autocomplete="off">{entries}</select></label>
<div class="years"{hidden[over_time]}><label for="time">{words["year"]} <output id="year" for="time"></output></label>
<button type="button" id="play">{words["play"]}</button>
<input id="time" type="range" min="0" max="{len(times) - 1}" step="1" value="{len(times) - 1}" autocomplete="off"></div>
<label><span>{words["region"]}</span><select id="region" autocomplete="off">
<option value="">{words["none"]}</option>{regions}</select></label>
</form>
<div class="panes{"" if over_time else " single"}">
<section>
<div id="map" role="img"></div>
<ul id="legend" aria-label="{words["legend"]}"></ul>
</section>
<section>
<div id="readout" aria-live="polite"></div>
<h2 id="series-heading"{hidden[over_time]}></h2>
<div id="series" role="img"{hidden[over_time]}></div>
</section>
</div>
<details id="table"><summary>{words["table" if over_time else "table_one"]}</summary>
<table><thead></thead><tbody></tbody></table></details>
<footer><p id="source"></p></footer>
</main>
<script type="application/json" id="data">{_json(data)}</script>
{library()}
<script>{script}</script>
</body>
</html>
"""


def _layer(layer: Layer) -> dict:
    values = layer.values
    return {
        "label": layer.label,
        "unit": layer.unit,
        "source": layer.source,
        "note": layer.note,
        "decimals": _decimals(values),
        "values": [[_number(v) for v in row] for row in values],
        "codes": layer.codes.tolist(),
        "p": None if layer.p_value is None else [[_number(v) for v in row] for row in layer.p_value],
        "classes": [{"label": s.label, "color": s.color, "hatch": s.hatch, "rare": s.rare} for s in layer.swatches],
    }


def _number(value: float) -> float | None:
    return float(f"{value:.10g}") if np.isfinite(value) else None


def _decimals(values: np.ndarray) -> int:
    """Decimals that show about four digits of a typical value."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    return int(np.clip(3 - np.floor(np.log10(np.median(sizes))), 0, 8)) if sizes.size else 0


def _json(data: dict) -> str:
    """JSON that can stand within a script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
