"""The catalogue of data: what each data set is, what its variables mean, and where they are observed."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from toolkit.data.datasets import DATASETS
from toolkit.data.summary import spans
from toolkit.errors import InputError

if TYPE_CHECKING:
    from toolkit.data.codebook import Entry
    from toolkit.data.panel import Panel

__all__ = ["CSS", "SCRIPT", "catalogue_body"]


def catalogue_body(panels: Mapping[str, Panel]) -> str:
    """The page, to stand inside ``<main>``.

    Parameters
    ----------
    panels : mapping of str to Panel
        Name -> data; the names of ``tk.load`` bring source and licence with them. A data set of ``tk.load`` that is not among them is
        listed at the end.

    Returns
    -------
    str
        HTML fragment that begins with ``<h1>``; asks nothing of the network. Without scripts everything is shown; with them a box
        filters the variables of all data sets.

    Raises
    ------
    InputError
        No panel.

    Examples
    --------
    >>> import toolkit as tk
    >>> page = catalogue_body({"us_income": tk.load("us_income")})
    >>> "48 regions x 81 periods" in page, "http" in page
    (True, False)
    """
    if not panels:
        raise InputError("A catalogue needs at least one panel.", fix='catalogue_body({"china": tk.load("china")})')
    variables = sum(len(p.variables) for p in panels.values())
    known = any(name in DATASETS for name in panels)
    elsewhere = [name for name in DATASETS if name not in panels] if known else []
    listed = [(f"data-{n}", _title(n)) for n in panels]
    listed += [("elsewhere", "Not shown here")] * bool(elsewhere) + [("sources", "Sources")]
    contents = "".join(f'<li><a href="#{escape(i)}">{escape(t)}</a></li>' for i, t in listed)
    return (
        f"<h1>Data catalogue</h1>\n<style>{CSS}</style>\n"
        f"<p>{len(panels)} data set{'s' * (len(panels) != 1)}, {variables} variable{'s' * (variables != 1)}. Numbers of regions observed are counted from the data; "
        "what a variable means, its unit and source are from the codebook, and so are the notes on breaks and vintages.</p>\n"
        f'<nav class="contents" aria-label="Contents"><ol>{contents}</ol></nav>\n'
        '<form class="filter" role="search" hidden><label for="variable-words">Find variables</label> '
        '<input type="search" id="variable-words" placeholder="name, label, unit, source" autocomplete="off"> '
        f'<output for="variable-words" aria-live="polite"></output></form>\n'
        + "".join(_dataset(name, panel) for name, panel in panels.items())
        + _elsewhere(elsewhere)
        + _sources(panels)
        + f"<script>{SCRIPT}</script>\n"
    )


def _title(name: str) -> str:
    return f"{name}: {DATASETS[name].title}" if name in DATASETS else name


def _dataset(name: str, panel: Panel) -> str:
    about = DATASETS.get(name)
    facts = {"Load": f'<code>tk.load("{escape(name)}")</code>' if about else "", "Size": escape(_size(panel))}
    facts["Map"] = _map(panel)
    if about:
        facts |= {"Source": escape(about.source), "Licence": escape(about.licence), "Comes": escape(about.shipped)}
    facts |= {
        "Registers": "".join(_register(panel, r) for r in panel.registers),
        "Notes": "".join(f"<div>{escape(n)}</div>" for n in panel.notes),
        "SHA-256": f'<code class="hash">{panel.hash}</code>',
    }
    listed = "".join(f"<dt>{k}</dt><dd>{v}</dd>" for k, v in facts.items() if v)
    lead = f"<p>{escape(about.about)}</p>" if about else ""
    return (
        f'<section class="dataset" id="data-{escape(name)}">\n<h2>{escape(_title(name))}</h2>\n{lead}<dl>{listed}</dl>\n'
        f"{_codebook(name, panel)}{_coverage(name, panel)}</section>\n"
    )


def _size(panel: Panel) -> str:
    if panel.time is None:
        return f"{panel.N} regions, cross-section"
    kind = "balanced" if panel.balanced else f"unbalanced, {len(panel.frame)} rows"
    return f"{panel.N} regions x {panel.T} periods ({spans(panel.times)}), {kind}"


def _map(panel: Panel) -> str:
    shapes = panel.geometry
    if shapes is None:
        return "none"
    return f"{len(shapes)} {'polygons' if shapes.geom_type.str.contains('Polygon').all() else 'shapes'}, " + (
        escape(shapes.crs.name) if shapes.crs is not None else "no coordinate reference system"
    )


def _register(panel: Panel, name: str) -> str:
    info = panel.register_info(name)
    origin = ", ".join(x for x in (info.source, info.date) if x)
    text = "; ".join(x for x in (info.title, origin, info.note) if x)
    return f"<div><code>{escape(name)}</code> {escape(text)}</div>"


# -- the codebook ------------------------------------------------------------------------------------


def _codebook(name: str, panel: Panel) -> str:
    coverage = panel.coverage()
    rows = "".join(
        _variable(name, v, panel.codebook.get(v), _observed(panel, coverage.loc[v])) for v in panel.variables
    )
    head = "".join(f"<th scope=col>{h}</th>" for h in ("Variable", "Label", "Unit", "Observed", "Source and notes"))
    return (
        f'<h3>Variables</h3>\n<div class="scroll" tabindex="0" role="region" aria-label="Variables of {escape(name)}">'
        f'<table class="codebook"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n'
    )


def _variable(dataset: str, name: str, entry: Entry | None, observed: str) -> str:
    label = _both(entry.label_en, entry.label_zh) if entry else ""
    unit = _both(entry.unit_en, entry.unit_zh) if entry else ""
    notes = f"<div>{escape(entry.source)}</div>" if entry else "<div>not in the codebook</div>"
    if entry and entry.warning:
        notes += f'<div class="warning"><strong>Note</strong> {escape(entry.warning)}</div>'
    if entry and entry.built_from:
        notes += f"<div>Computed from {escape(', '.join(entry.built_from))}</div>"
    return (
        f'<tr id="{escape(dataset)}-{escape(name)}" data-variable="{escape(dataset)}-{escape(name)}"><th scope=row><code>{escape(name)}</code>'
        f"</th><td>{label}</td><td>{unit}</td><td>{escape(observed)}</td><td>{notes}</td></tr>"
    )


def _both(en: str, zh: str) -> str:
    """English and, below it, Chinese."""
    return "".join(f"<div lang={lang}>{escape(text)}</div>" for lang, text in (("en", en), ("zh", zh)) if text)


def _observed(panel: Panel, row) -> str:
    cells = panel.N * panel.T
    if panel.time is None:
        return f"{cells - row['missing']} of {panel.N} regions"
    if row["missing"] == cells:
        return "nowhere"
    whole = row["complete"]
    rest = "" if whole == spans(panel.times) or row["complete_periods"] == 0 else "all regions "
    if row["complete_periods"] == 0:
        return f"{row['first']}-{row['last']}, never all regions"
    return f"{rest}{whole}"


# -- coverage ----------------------------------------------------------------------------------------


def _coverage(name: str, panel: Panel) -> str:
    """A table of variables by years: how many regions are observed, the more the darker."""
    if panel.time is None:
        return ""
    head = "".join(f"<th scope=col>{escape(str(t))}</th>" for t in panel.times)
    rows = "".join(_row(name, v, panel) for v in panel.variables)
    title = f"Regions observed, of {panel.N}"
    return (
        f"<h3>Coverage</h3>\n<figure><figcaption>{title}. A stronger shade is more; bold where some are missing, a dot where there is none.</figcaption>\n"
        f'<div class="scroll" tabindex="0" role="region" aria-label="Coverage of {escape(name)}, variables by years">'
        f'<table class="coverage"><thead><tr><th scope=col>Variable</th>{head}</tr></thead><tbody>{rows}</tbody></table></div></figure>\n'
    )


def _row(dataset: str, name: str, panel: Panel) -> str:
    counts = (~np.isnan(panel.values(name))).sum(axis=1)
    cells = "".join(
        f'<td class="{_shade(n / panel.N)}" title="{escape(name)} {escape(str(t))}: {n} of {panel.N} regions">{n or "·"}</td>'
        for t, n in zip(panel.times, counts, strict=True)
    )
    return f'<tr data-variable="{escape(dataset)}-{escape(name)}"><th scope=row>{escape(name)}</th>{cells}</tr>'


def _shade(share: float) -> str:
    return "none" if share == 0 else "few" if share < 0.5 else "most" if share < 1 else "all"


# -- the end of the page -----------------------------------------------------------------------------


def _elsewhere(names: list[str]) -> str:
    if not names:
        return ""
    rows = "".join(
        f'<dt><code>tk.load("{n}")</code></dt><dd>{escape(DATASETS[n].title)}. {escape(DATASETS[n].about)} {escape(DATASETS[n].source)} '
        f"Comes {escape(DATASETS[n].shipped)}.</dd>"
        for n in names
    )
    return f'<section id="elsewhere">\n<h2>Not shown here</h2>\n<dl>{rows}</dl>\n</section>\n'


def _sources(panels: Mapping[str, Panel]) -> str:
    """Every source of the codebooks, with the variables taken from it."""
    found: dict[str, list[str]] = {}
    for name, panel in panels.items():
        for v in panel.variables:
            entry = panel.codebook.get(v)
            found.setdefault(entry.source if entry and entry.source else "not in the codebook", []).append(
                f'<a href="#{escape(name)}-{escape(v)}">{escape(v)}</a>'
            )
    rows = "".join(
        f"<li>{escape(s)}: {', '.join(v)}</li>" for s, v in sorted(found.items(), key=lambda x: x[0].lower())
    )
    return f'<section id="sources">\n<h2>Sources</h2>\n<ul>{rows}</ul>\n</section>\n'


#: What the page needs beyond the frame of the site.
CSS = """
.filter { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: 1rem 0; } .filter[hidden] { display: none; }
.filter input { font: inherit; padding: .25rem .4rem; max-width: 100%; width: 18rem; }
.dataset > dl, #elsewhere > dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .9rem; }
#elsewhere > dl { grid-template-columns: 1fr; } #elsewhere dd { margin-bottom: .5rem; }
.dataset dt { font-weight: 600; } .dataset dd { margin: 0; min-width: 0; overflow-wrap: anywhere; } .hash { font-size: .8em; }
.dataset table { border-collapse: collapse; font-size: .8125rem; line-height: 1.4; overflow-wrap: normal; }
.codebook { min-width: 46rem; } .codebook :is(td, th) { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0;
  border-bottom: 1px solid var(--line, #d9dce0); } .codebook td:nth-child(2) { min-width: 13rem; } .codebook td:nth-child(3) { min-width: 9.5rem; }
.codebook td:nth-child(5) { min-width: 16rem; }
.codebook tbody th { font-weight: 400; } .codebook tr:target { background: color-mix(in srgb, var(--accent, #1f5a8a) 12%, transparent); }
.codebook [lang=zh] { color: var(--soft, #5a5f66); } .warning strong { font-size: .85em; text-transform: uppercase; letter-spacing: .04em; }
.coverage :is(td, thead th) { min-width: 2.2rem; text-align: center; padding: .2rem .15rem; font-weight: 400; font-variant-numeric: tabular-nums;
  border: 1px solid var(--paper, #fdfdfc); }
.coverage th:first-child { white-space: nowrap; position: sticky; left: 0; background: var(--paper, #fdfdfc); text-align: left; padding-right: .6rem; font-weight: 400; }
.coverage .all { background: color-mix(in srgb, var(--accent, #1f5a8a) 38%, transparent); }
.coverage .most { background: color-mix(in srgb, var(--accent, #1f5a8a) 20%, transparent); font-weight: 700; }
.coverage .few { background: color-mix(in srgb, var(--accent, #1f5a8a) 8%, transparent); font-weight: 700; }
.coverage .none { color: var(--soft, #5a5f66); }
@media (max-width: 40rem) { .dataset > dl { grid-template-columns: 1fr; gap: 0; } .dataset dd { margin-bottom: .4rem; }
  .codebook, .codebook :is(tbody, tr, td, tbody th) { display: block; min-width: 0; } .codebook thead { display: none; }
  .codebook tr { padding: .5rem 0; border-bottom: 1px solid var(--line, #d9dce0); } .codebook tr[hidden] { display: none; }
  .codebook :is(td, tbody th) { border: 0; padding: 0; min-width: 0 !important; } .codebook tbody th { font-weight: 700; } }
@media print { .filter { display: none; } .coverage td { print-color-adjust: exact; } }
"""

#: Shows the box, and hides the rows of variables that lack one of its words.
SCRIPT = """
(() => {
  const form = document.querySelector('form.filter'), box = form.querySelector('input'), said = form.querySelector('output');
  const rows = [...document.querySelectorAll('.codebook tr[data-variable]')];
  const text = new Map(rows.map(r => [r.dataset.variable, (r.dataset.variable + ' ' + r.textContent).toLowerCase()]));
  function show() {
    const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const fits = new Set([...text].filter(([, t]) => words.every(w => t.includes(w))).map(([v]) => v));
    for (const row of document.querySelectorAll('tr[data-variable]')) row.hidden = !fits.has(row.dataset.variable);
    for (const part of document.querySelectorAll('.dataset')) part.hidden = words.length > 0 && !part.querySelector('.codebook tr[data-variable]:not([hidden])');
    said.value = words.length ? fits.size + ' of ' + rows.length + ' variables' : '';
  }
  form.hidden = false;
  form.addEventListener('submit', e => e.preventDefault());
  box.addEventListener('input', show);
})();
"""
