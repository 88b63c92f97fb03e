"""The page of claims: searchable, filtered by paper, verdict and kind, with a link to the cell that decided each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from toolkit.data.claims import PAPERS, VERDICTS

__all__ = ["ledger_page"]

_ORDER = tuple(VERDICTS)


def ledger_page(rows: Sequence[Mapping[str, str]], *, page: str, quick: bool = False) -> str:
    """Write the page.

    Parameters
    ----------
    rows : sequence of mapping
        One a claim: id paper section line kind statement phrase_zh verdict stated computed reading method data notebook cell
        note.
    page : str
        Name of a notebook's page in its folder.
    quick : bool
        Whether a reduced setting was used.

    Returns
    -------
    str
        HTML document; its script is part of it and asks nothing of the network. Without scripts everything is shown.
    """
    papers, kinds = sorted({r["paper"] for r in rows}), sorted({r["kind"] for r in rows})
    mark = '<p class="mark">Reduced setting: fewer draws and permutations. Not for citation.</p>' if quick else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Claims</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<header>
<p><a href="index.html">All results</a></p>
<h1>What the papers state, and what the data say</h1>
{mark}
<p>Each verdict was computed by the notebook linked beside it. A claim without a link was decided by none: the data it
would need are named.</p>
{_progress(rows, papers)}
<form id="filter" role="search" onsubmit="return false">
<label>Search <input type="search" id="words" placeholder="word, 中文, id"></label>
{_select("paper", papers)}{_select("verdict", [v for v in _ORDER if any(r["verdict"] == v for r in rows)])}{_select("kind", kinds)}
<output id="count" aria-live="polite">{len(rows)} claims</output>
</form>
</header>
<main id="claims">
{"".join(_claim(r, page) for r in rows)}</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _progress(rows: Sequence[Mapping[str, str]], papers: Sequence[str]) -> str:
    counts = Counter((r["paper"], r["verdict"]) for r in rows)
    shown = [v for v in _ORDER if any(counts[p, v] for p in papers)]
    head = "".join(f'<th scope=col title="{escape(VERDICTS[v])}">{v}</th>' for v in shown)
    body = "".join(
        f"<tr><th scope=row>{escape(p)} {escape(PAPERS.get(p, ''))}</th>"
        + "".join(f"<td>{counts[p, v] or ''}</td>" for v in shown)
        + f"<td>{sum(counts[p, v] for v in shown)}</td></tr>"
        for p in papers
    )
    meaning = "".join(f"<dt>{v}</dt><dd>{escape(VERDICTS[v])}</dd>" for v in shown)
    legend = f"<details><summary>What the verdicts mean</summary><dl>{meaning}</dl></details>"
    return (
        legend
        + f'<div class="scroll" tabindex="0" role="region" aria-label="Progress"><table class="progress"><tr><th></th>{head}<th scope=col>all</th></tr>{body}</table></div>'
    )


def _select(name: str, values: Sequence[str]) -> str:
    options = "".join(f"<option>{escape(v)}</option>" for v in values)
    return f'<label>{name.capitalize()} <select id="{name}"><option value="">all</option>{options}</select></label>'


def _claim(row: Mapping[str, str], page: str) -> str:
    link = ""
    if row["notebook"]:
        anchor = f"#cell-id={quote(row['cell'])}" if row["cell"] else ""
        link = f'<a href="{quote(row["notebook"])}/{quote(page)}{anchor}">code and evidence</a>'
    facts = (
        ("Stated", "stated"),
        ("Computed", "computed"),
        ("Reading", "reading"),
        ("Rule", "method"),
        ("Data", "data"),
    )
    listed = "".join(f"<dt>{k}</dt><dd>{escape(row[v])}</dd>" for k, v in (*facts, ("Note", "note")) if row[v])
    verdict = row["verdict"]
    return f"""<article id="{escape(row["id"])}" data-paper="{escape(row["paper"])}" data-verdict="{escape(verdict)}" data-kind="{escape(row["kind"])}">
<h2><a href="#{escape(row["id"])}">{escape(row["id"])}</a> <span class="verdict {verdict.replace(" ", "-")}">{escape(verdict)}</span></h2>
<p>{escape(row["statement"])} <q lang="zh">{escape(row["phrase_zh"])}</q></p>
<p class="place">{escape(row["kind"])}; {escape(row["section"])}, line {escape(row["line"])} {link}</p>
<dl>{listed}</dl>
</article>
"""


_SCRIPT = """
const q = id => document.getElementById(id), all = [...document.querySelectorAll('article')];
const text = new Map(all.map(a => [a, a.textContent.toLowerCase()]));
function show() {
  const words = q('words').value.toLowerCase().split(/\\s+/).filter(Boolean);
  let n = 0;
  for (const a of all) {
    const ok = ['paper', 'verdict', 'kind'].every(k => !q(k).value || a.dataset[k] === q(k).value)
      && words.every(w => text.get(a).includes(w));
    a.hidden = !ok; n += ok;
  }
  q('count').value = n + ' of ' + all.length + ' claims';
}
for (const id of ['words', 'paper', 'verdict', 'kind']) q(id).addEventListener('input', show);
show();
"""

_STYLE = """
:root { --ink: #1c1d1f; --soft: #5a5f66; --line: #d9dce0; --paper: #fdfdfc; --accent: #1f5a8a; --mark: #8a4b0f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e3; --soft: #a3a8ae; --line: #3a3e43; --paper: #17181a; --accent: #8cc0ec; --mark: #f0b777; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 64rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", Helvetica, Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; } h2 { font-size: 1rem; margin: 0; }
p { margin: .3rem 0; } a { color: var(--accent); } q { color: var(--soft); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; position: sticky; top: 0; background: var(--paper);
  padding: .6rem 0; border-bottom: 1px solid var(--line); }
input, select { font: inherit; padding: .25rem .4rem; background: var(--paper); color: var(--ink); border: 1px solid var(--soft);
  border-radius: 3px; max-width: 100%; }
article { padding: .9rem 0; border-bottom: 1px solid var(--line); scroll-margin-top: 4rem; } article[hidden] { display: none; }
.place { color: var(--soft); font-size: .85rem; }
dl { display: grid; grid-template-columns: 5.5rem 1fr; gap: .1rem .75rem; font-size: .875rem; margin: .3rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; min-width: 0; }
.verdict { font-size: .8rem; font-weight: 600; padding: .05rem .45rem; border-radius: 3px; border: 1px solid currentColor; }
.reproduced, .supported { color: #1b6e3c; } .contradicted, .not-supported { color: #a3231f; } .ambiguous, .inconclusive { color: var(--mark); }
.not-testable, .undecided { color: var(--soft); }
@media (prefers-color-scheme: dark) { .reproduced, .supported { color: #7fd29b; } .contradicted, .not-supported { color: #ff9d96; } }
summary { cursor: pointer; } .scroll { overflow-x: auto; margin: .75rem 0; } .progress { border-collapse: collapse; font-size: .8125rem; }
.progress th, .progress td { padding: .15rem .4rem; text-align: right; border-bottom: 1px solid var(--line); font-weight: 400; }
.progress :is(th, td) { white-space: nowrap; overflow-wrap: normal; }
.progress th[scope=row] { text-align: left; font-weight: 600; } .mark { color: var(--mark); font-weight: 600; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .3rem; } form { position: static; } }
"""
