"""The pages of a replication's site: one frame for all, the overview, and one page a notebook.

Every page is one file with its style inside. It asks nothing of the network, so that the folder can be put on any server
or read from a disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import PurePosixPath
from urllib.parse import quote

from toolkit.data.claims import VERDICTS

__all__ = ["QUICK", "Section", "Shown", "frame", "notebook_body", "overview_body", "verdict"]

#: What stands on a page whose numbers come from a reduced setting.
QUICK = '<p class="mark">Reduced setting: fewer draws and permutations. Not for citation.</p>'
_STALE = '<p class="mark">An input has changed since this was made. Run the replication again.</p>'


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A table, figure or data file on the page of a notebook.

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
        Path of the executed notebook from the notebook's own page.
    lang : str
        Language code of title, summary and captions.
    quick, stale : bool
        Whether the setting was a reduced one; whether an input has changed since.
    facts : mapping of str to str
        Data, weights, seeds...; empty ones are left out.
    shown : tuple of Shown
    claims : sequence of mapping
        Rows of the ledger decided by this notebook (id statement verdict).
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
    claims: Sequence[Mapping[str, str]] = ()


def frame(
    title: str,
    body: str,
    *,
    nav: Mapping[str, str] | None = None,
    current: str = "",
    root: str = "",
    lang: str = "en",
    footer: str = "",
) -> str:
    """A whole page: head, skip link, navigation, and `body` in ``<main>``.

    Parameters
    ----------
    title : str
        Of the window, plain text; the body brings its own ``<h1>``.
    body, footer : str
        HTML fragments, put in as they are.
    nav : mapping of str to str, optional
        Path from the site's folder -> label of each page in the navigation.
    current : str
        Path of this page, marked in the navigation.
    root : str
        Way from this page to the site's folder, e.g. ``"../../"``.
    lang : str
        Language code of the page.

    Returns
    -------
    str
        HTML document.

    Examples
    --------
    >>> page = frame("A < B", "<h1>A</h1>", nav={"index.html": "Overview"}, current="index.html")
    >>> "<title>A &lt; B</title>" in page, 'aria-current="page"' in page, "http" in page
    (True, True, False)
    """
    here = {current: ' aria-current="page"'}
    links = "".join(
        f'<li><a href="{_path(root + to)}"{here.get(to, "")}>{escape(label)}</a></li>'
        for to, label in (nav or {}).items()
    )
    listed = f'<header class="top"><nav aria-label="Site"><ul>{links}</ul></nav></header>' if links else ""
    return f"""<!doctype html>
<html lang="{escape(lang)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>
{_style()}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
{listed}
<main id="main" tabindex="-1">
{body}
</main>
{f"<footer>{footer}</footer>" if footer else ""}
</body>
</html>
"""


def overview_body(
    title: str,
    sections: Sequence[Section],
    *,
    folder: str = "notebooks",
    handbook: Mapping[str, tuple[str, str]],
    about: str = "",
) -> str:
    """The first page: a card for each notebook, and what else the site has.

    Parameters
    ----------
    title : str
        Heading, plain text.
    sections : sequence of Section
        The page of each is ``{folder}/{name}/index.html``.
    folder : str
        Where the notebooks' pages are, from the overview.
    handbook : mapping of str to (str, str)
        Path of a page -> its label and what it has.
    about : str
        What this is, to someone who has never seen it; plain text.

    Returns
    -------
    str
        HTML fragment.

    Examples
    --------
    >>> body = overview_body("Mine", [Section(name="a", title="A < B", page="notebook.html")], handbook={})
    >>> "A &lt; B" in body, 'href="notebooks/a/index.html"' in body
    (True, True)
    """
    n = len(sections)
    what = f"<p>{escape(about)}</p>" if about else ""
    cards = "".join(_card(section, f"{folder}/{section.name}/") for section in sections)
    others = "".join(
        f'<li class="card"><h3><a href="{_path(to)}">{escape(label)}</a></h3><p>{escape(what)}</p></li>'
        for to, (label, what) in handbook.items()
    )
    more = f'<h2 id="handbook">Look up</h2><ul class="cards">{others}</ul>' if others else ""
    marks = QUICK if any(s.quick for s in sections) else ""
    decided = [claim for section in sections for claim in section.claims]
    found = f"<p>They decide {len(decided)} claims of papers:</p>{_tally(decided)}" if decided else ""
    return f"""<h1>{escape(title)}</h1>{what}
{marks}<p>{n} notebook{"" if n == 1 else "s"}. Every number was computed by the notebook it stands beside. The hashes of data, weights and files,
the seeds and the versions are in <code>manifest.json</code> beside the folder of this site.</p>
{found}
<h2 id="notebooks">Notebooks</h2>
<ul class="cards">{cards}</ul>
{more}"""


def notebook_body(section: Section, *, ledger: str = "") -> str:
    """The page of a notebook: title, summary, tables and figures, the claims it decided, what it rests on.

    Parameters
    ----------
    section : Section
    ledger : str
        Path of the page of claims from this one, if there is one.

    Returns
    -------
    str
        HTML fragment.
    """
    facts = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in section.facts.items() if v)
    shown = "".join(map(_figure, section.shown))
    parts = [
        f"<h1>{escape(section.title)}</h1>",
        (QUICK if section.quick else "") + (_STALE if section.stale else ""),
        f"<p>{escape(section.summary)}</p>" if section.summary else "",
        f'<p><a class="read" href="{_path(section.page)}">Read the notebook, code and results</a></p>',
        f'<h2 id="results">Tables and figures</h2>\n{shown}' if shown else "",
        _claims(section, ledger) if section.claims else "",
        f'<h2 id="facts">What it rests on</h2><dl>{facts}</dl>' if facts else "",
    ]
    return f'<div lang="{escape(section.lang)}">\n' + "\n".join(filter(None, parts)) + "\n</div>"


def verdict(name: str) -> str:
    """A verdict as a coloured word.

    Examples
    --------
    >>> verdict("not supported")
    '<span class="verdict not-supported">not supported</span>'
    """
    return f'<span class="verdict {escape(name.replace(" ", "-"))}">{escape(name)}</span>'


def _card(section: Section, folder: str) -> str:
    picture = next((f for s in section.shown for f in s.files if _suffix(f) in {"PNG", "SVG"}), None)
    image = f'<img src="{_path(folder + picture)}" alt="" loading="lazy">' if picture else ""
    stale = _STALE if section.stale else ""
    claims = _tally(section.claims)
    summary = f'<p class="short">{escape(section.summary)}</p>' if section.summary else ""
    return f"""<li class="card" id="{_path(section.name)}" lang="{escape(section.lang)}">
<h3><a href="{_path(folder)}index.html">{escape(section.title)}</a></h3>
{stale}{image}{summary}{claims}</li>
"""


def _tally(claims: Iterable[Mapping[str, str]]) -> str:
    """How many claims have each verdict, as coloured words; empty without claims."""
    counts = Counter(c["verdict"] for c in claims)
    words = "".join(verdict(v).replace("</span>", f" {counts[v]}</span>") + " " for v in VERDICTS if counts[v])
    return f'<p class="tally">{words}</p>' if words else ""


def _claims(section: Section, ledger: str) -> str:
    def name(claim: str) -> str:
        return f'<a href="{_path(ledger)}#{_path(claim)}">{escape(claim)}</a>' if ledger else escape(claim)

    rows = "".join(
        f"<tr><th scope=row>{name(c['id'])}</th><td>{escape(c['statement'])}</td><td>{verdict(c['verdict'])}</td></tr>"
        for c in section.claims
    )
    head = "<tr><th scope=col>Claim</th><th scope=col>Statement</th><th scope=col>Verdict</th></tr>"
    hint = "What was computed for each, and by which rule, is behind its link." if ledger else ""
    return (
        f'<h2 id="claims">Claims it decides</h2>\n<p>{hint}</p><div class="scroll" lang="en" tabindex="0" role="region" '
        f'aria-label="Claims"><table class="rows"><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
    )


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


@cache
def _style() -> str:
    return files("toolkit.report").joinpath("site.css").read_text(encoding="utf-8")
