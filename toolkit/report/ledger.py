"""The page of claims: searchable, filtered by paper, verdict and kind, with a link to the cell that decided each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from toolkit.data.claims import PAPERS, VERDICTS
from toolkit.report.site import QUICK, verdict

__all__ = ["ledger_body"]

_ORDER = tuple(VERDICTS)


def ledger_body(rows: Sequence[Mapping[str, str]], *, page: str, table: str = "", quick: bool = False) -> str:
    """The page of claims, to be put in `toolkit.report.site.frame`.

    Parameters
    ----------
    rows : sequence of mapping
        One a claim: id paper section line kind statement phrase_zh verdict stated computed reading method data notebook cell
        note.
    page : str
        Path of an executed notebook from this page, with ``{}`` for the notebook's name.
    table : str
        Path of the same rows as a file, offered for download.
    quick : bool
        Whether a reduced setting was used.

    Returns
    -------
    str
        HTML fragment; its script is part of it and asks nothing of the network. Without scripts everything is shown.
    """
    papers, kinds = sorted({r["paper"] for r in rows}), sorted({r["kind"] for r in rows})
    offered = f' All of it as a table: <a href="{quote(table)}" download>CSV</a>.' if table else ""
    found = [v for v in _ORDER if any(r["verdict"] == v for r in rows)]
    return f"""<h1>What the papers state, and what the data say</h1>
{QUICK if quick else ""}
<p>Each verdict was computed by the notebook linked beside it. A claim without a link was decided by none: the data it
would need are named.{offered}</p>
{_progress(rows, papers)}
<form id="filter" role="search" onsubmit="return false">
<label>Search <input type="search" id="words" placeholder="word, 中文, id"></label>
{_select("paper", papers)}{_select("verdict", found)}{_select("kind", kinds)}
<output id="count" aria-live="polite">{len(rows)} claims</output>
</form>
<div id="claims">
{"".join(_claim(r, page) for r in rows)}</div>
<script>{_SCRIPT}</script>"""


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
        link = f'<a href="{page.format(quote(row["notebook"]))}{anchor}">code and evidence</a>'
    facts = (
        ("Stated", "stated"),
        ("Computed", "computed"),
        ("Reading", "reading"),
        ("Rule", "method"),
        ("Data", "data"),
    )
    listed = "".join(f"<dt>{k}</dt><dd>{escape(row[v])}</dd>" for k, v in (*facts, ("Note", "note")) if row[v])
    return f"""<article id="{escape(row["id"])}" data-paper="{escape(row["paper"])}" data-verdict="{escape(row["verdict"])}" data-kind="{escape(row["kind"])}">
<h2><a href="#{escape(row["id"])}">{escape(row["id"])}</a> {verdict(row["verdict"])}</h2>
<p>{escape(row["statement"])} <q lang="zh">{escape(row["phrase_zh"])}</q></p>
<p class="soft">{escape(row["kind"])}; {escape(row["section"])}, line {escape(row["line"])} {link}</p>
<dl>{listed}</dl>
</article>
"""


_SCRIPT = """
const q = id => document.getElementById(id), all = [...document.querySelectorAll('#claims article')];
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
