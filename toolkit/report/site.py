"""The index page of a replication: one file, no script, nothing asked of the network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import PurePosixPath
from urllib.parse import quote

__all__ = ["Section", "Shown", "index_page"]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A table, figure or data file on the page.

    Attributes
    ----------
    kind : str
        ``"table"``, ``"figure"`` or ``"data"``.
    title, alt : str
        Caption; what a figure shows, in words.
    files : tuple of str
        Paths from the page, one a format.
    preview : str
        For tables, an HTML fragment, put in the page as it is.
    """

    kind: str
    title: str
    files: tuple[str, ...]
    alt: str = ""
    preview: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """What a notebook shows.

    Attributes
    ----------
    name, title, summary : str
        File name without suffix, heading, one paragraph; plain text.
    page : str
        Path of the executed notebook from the index page.
    lang : str
        Language code of title, summary and captions.
    quick, stale : bool
        Whether the setting was a reduced one; whether an input has changed since.
    facts : mapping of str to str
        Data, weights, seeds...; empty ones are left out.
    shown : tuple of Shown
    """

    name: str
    title: str
    page: str
    summary: str = ""
    lang: str = "en"
    quick: bool = False
    stale: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[Shown, ...] = ()


def index_page(
    title: str, sections: Sequence[Section], *, versions: Mapping[str, str], manifest: str, ledger: str = ""
) -> str:
    """Write the page.

    Parameters
    ----------
    title : str
        Heading, plain text.
    sections : sequence of Section
    versions : mapping of str to str
        Package and version, shown at the foot.
    manifest, ledger : str
        Paths of the manifest and of the page of claims (if there is one) from the page.

    Returns
    -------
    str
        HTML document.

    Examples
    --------
    >>> page = index_page("Mine", [Section(name="a", title="A < B", page="a.html")], versions={}, manifest="m.json")
    >>> "A &lt; B" in page, "http" in page
    (True, False)
    """
    contents = "".join(f'<li><a href="#{_path(s.name)}" lang="{s.lang}">{escape(s.title)}</a></li>' for s in sections)
    several = f'<nav aria-label="Contents"><ol>{contents}</ol></nav>' if len(sections) > 1 else ""
    claims = f'<p><a class="read" href="{_path(ledger)}">The claims of the papers, one by one</a></p>' if ledger else ""
    listed = "".join(f"<tr><th scope=row>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in versions.items())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<header><h1>{escape(title)}</h1>
<p>{_count(sections)} Every number was computed by the notebook linked beside it; the
<a href="{_path(manifest)}">manifest</a> has the hashes of its data, weights and files, its seeds and its versions.</p>
{claims}{several}</header>
<main>
{"".join(map(_section, sections))}</main>
<footer><details><summary>Versions</summary><table>{listed}</table></details></footer>
</body>
</html>
"""


def _count(sections: Sequence[Section]) -> str:
    n = len(sections)
    return f"{n} notebook{'' if n == 1 else 's'}."


def _section(section: Section) -> str:
    facts = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in section.facts.items() if v)
    listed = f"<dl>{facts}</dl>" if facts else ""
    summary = f"<p>{escape(section.summary)}</p>" if section.summary else ""
    marks = [
        '<p class="mark">Reduced setting: fewer draws and permutations. Not for citation.</p>' if section.quick else "",
        '<p class="mark">An input has changed since this was made. Run the replication again.</p>'
        if section.stale
        else "",
    ]
    return f"""<section id="{_path(section.name)}" lang="{section.lang}">
<h2>{escape(section.title)}</h2>
{"".join(marks)}{summary}
<p><a class="read" href="{_path(section.page)}">Read the notebook, code and results</a></p>
{"".join(map(_figure, section.shown))}{listed}
</section>
"""


def _figure(shown: Shown) -> str:
    links = " ".join(f'<a href="{_path(f)}" download>{escape(_suffix(f))}</a>' for f in shown.files)
    picture = next((f for f in shown.files if _suffix(f) in {"PNG", "SVG"}), None)
    if shown.preview:
        own = "tabindex=" in shown.preview  # a fragment that can be scrolled by keyboard itself
        focus = "" if own else f' tabindex="0" role="region" aria-label="{escape(shown.title)}"'
        body = f'<div class="scroll"{focus}>{shown.preview}</div>'
    elif picture:
        alt = escape(shown.alt or shown.title)
        body = f'<a href="{_path(picture)}"><img src="{_path(picture)}" alt="{alt}" loading="lazy"></a>'
    else:
        body = ""
    caption = f'<figcaption><span>{escape(shown.title)}</span> <span class="files">{links}</span></figcaption>'
    return f'<figure class="{escape(shown.kind)}">{caption}{body}</figure>\n'


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lstrip(".").upper()


def _path(path: str | Iterable[str]) -> str:
    return escape(quote(str(path)))


_STYLE = """
:root { --ink: #1c1d1f; --soft: #5a5f66; --line: #d9dce0; --paper: #fdfdfc; --accent: #1f5a8a; --mark: #8a4b0f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e3; --soft: #a3a8ae; --line: #3a3e43; --paper: #17181a; --accent: #8cc0ec; --mark: #f0b777; }
  img { background: #fff; padding: .5rem; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 54rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 Charter, "Bitstream Charter", "Iowan Old Style", Cambria, "Noto Serif", Georgia, serif;
  overflow-wrap: break-word; }
h1, h2, nav, figcaption, dl, footer, .mark, .read, .scroll table, .files {
  font-family: system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", Helvetica, Arial, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .5rem; }
p { margin: .5rem 0; max-width: 40rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
nav ol { padding-left: 1.25rem; }
section { margin-top: 2.5rem; padding-top: 2rem; border-top: 1px solid var(--line); }
figure { margin: 2rem 0; }
figcaption { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; align-items: baseline;
  font-size: .95rem; font-weight: 600; margin-bottom: .5rem; }
.files { font-weight: 400; font-size: .8125rem; } .files a { margin-right: .5rem; padding: .25rem 0; }
img { display: block; max-width: 100%; height: auto; border-radius: 2px; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 4px; padding: .75rem; font-size: .875rem; }
.scroll table { margin: 0 auto; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; font-size: .875rem; color: var(--soft); }
dt { font-weight: 600; } dd { margin: 0; min-width: 0; }
.mark { color: var(--mark); font-weight: 600; font-size: .9rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem; color: var(--soft); }
footer th { text-align: left; font-weight: 400; padding-right: 1.5rem; } summary { cursor: pointer; padding: .25rem 0; }
@media print { .files, .read, nav { display: none; } section { break-inside: avoid; } }
"""
