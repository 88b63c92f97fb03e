"""Assembles ``build/site``: overview, a page a notebook, ledger, and the pages about the toolkit itself.

The site has a copy of every table and figure it offers, so that the folder can be taken elsewhere; ``build/<notebook>/``
keeps the artefacts for LaTeX. Executed notebooks have their home in the site.
"""

from __future__ import annotations

import platform
import re
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import toolkit
from toolkit.pipeline import manifest
from toolkit.pipeline.gallery import draw
from toolkit.pipeline.handbook import ABOUT, PAGES, PICTURES, TITLE
from toolkit.pipeline.plan import SITE
from toolkit.pipeline.progress import Progress
from toolkit.report.ledger import ledger_body
from toolkit.report.site import Section, Shown, frame, notebook_body, overview_body

__all__ = ["EXECUTED", "OVERVIEW", "gallery", "write_site"]

#: Where the site begins, and where an executed notebook is, both from the folder of the results.
OVERVIEW = f"{SITE}/index.html"
EXECUTED = SITE + "/notebooks/{}/notebook.html"
_LEDGER = "ledger.html"


def write_site(
    new: Path,
    entries: Mapping[str, Mapping[str, Any]],
    inputs: Mapping[str, str],
    rows: Sequence[Mapping[str, str]],
    *,
    claims: str,
    handbook: bool,
    progress: Progress,
) -> None:
    """Write the site into the folder of the results, where the executed notebooks and the gallery's pictures already are.

    Parameters
    ----------
    new : Path
        Folder of the results.
    entries : mapping of str to dict
        The manifest's entry of each notebook.
    inputs : mapping of str to str
        Hash of the present inputs of each notebook.
    rows : sequence of mapping
        The ledger; empty where nothing was decided.
    claims : str
        Name of the ledger's file in the folder of the results.
    handbook : bool
        Whether the pages about the toolkit itself are wanted.
    progress : Progress
    """
    began = time.monotonic()
    site = new / SITE
    pages = PAGES if handbook else {}
    decided = {_LEDGER: "Claims"} if rows else {}
    nav = {"index.html": "Overview", **decided, **{to: page.label for to, page in pages.items()}}
    sections = [_section(new, name, entry, inputs[name], rows) for name, entry in entries.items()]
    progress.started("site", len(sections) + len(pages) + 1)
    for section in sections:
        for file in (file for shown in section.shown for file in shown.files):
            shutil.copy2(new / section.name / file, site / "notebooks" / section.name / file)
        body = notebook_body(section, ledger=f"../../{_LEDGER}" if rows else "")
        home = f"notebooks/{section.name}/index.html"
        _write(site / home, frame(section.title, body, nav=nav, root="../../"))
        progress.cell("site")
    about = {to: (page.label, page.about) for to, page in pages.items()}
    if rows:
        about = {_LEDGER: ("Claims", "What the papers state, claim by claim, and what the data say."), **about}
        shutil.copy2(new / claims, site / claims)
        page = EXECUTED.removeprefix(f"{SITE}/")
        body = ledger_body(rows, page=page, table=claims, quick=any(section.quick for section in sections))
        _write(site / _LEDGER, frame("Claims", body, nav=nav, current=_LEDGER))
    for to, made in pages.items():
        body = made.body(site)
        _write(site / to, frame(made.label, body, nav=nav, current=to))
        progress.cell("site")
    title, what = (TITLE, ABOUT) if handbook else ("Replication", "")
    body = overview_body(title, sections, handbook=about, about=what)
    _write(site / "index.html", frame(title, body, nav=nav, current="index.html", footer=_versions()))
    progress.cell("site")
    number = 1 + len(pages) + bool(rows) + 2 * len(sections)
    progress.say(f"site: {number} pages, {time.monotonic() - began:.1f} s")


def gallery(new: Path, out: Path, progress: Progress) -> str:
    """Put the gallery's pictures in the new site: those of the earlier one where the toolkit is the same, else drawn anew.

    Returns
    -------
    str
        Hash of what they were drawn from; empty where one could not be drawn, so that the next replication tries again.
    """
    now, before = manifest.toolkit_hash(), manifest.read(out)
    folder = f"{SITE}/{PICTURES}"
    files = {name: digest for name, digest in before["files"].items() if name.startswith(f"{folder}/")}
    if files and before.get("gallery") == now and manifest.intact(files, out):
        (new / folder).mkdir(parents=True)
        for name in files:
            shutil.copy2(out / name, new / name)
        return now
    failed = draw(new / folder, progress)
    for reason in failed:
        progress.say(f"gallery: left out {reason}")
    progress.say(f"gallery: {len(list((new / folder).iterdir()))} pictures")
    return "" if failed else now


def _section(new: Path, name: str, entry: Mapping[str, Any], inputs: str, rows: Sequence[Mapping[str, str]]) -> Section:
    return Section(
        name=name,
        title=entry["title"],
        summary=entry["summary"],
        lang=entry["lang"],
        page="notebook.html",
        quick=entry["setting"] == "quick",
        stale=entry["inputs"] != inputs,
        facts={
            "Run": f"{entry['made'][:10]}, {entry['seconds']:.0f} s, {entry['cells']} cells",
            "Data": _named(entry["data"], "name"),
            "Weights": _named(entry["weights"], "description"),
            "Seeds": ", ".join(map(str, entry["seeds"])),
        },
        shown=tuple(
            Shown(
                kind=a["kind"],
                title=a["title"],
                alt=a["alt"],
                files=tuple(a["files"]),
                preview=_table_in(new / name, a["files"]),
            )
            for a in entry["artefacts"]
        ),
        claims=[row for row in rows if row["notebook"] == name],
    )


def _named(things: Iterable[Mapping[str, str]], key: str) -> str:
    return "; ".join(f"{thing[key]} ({thing['hash'][:8]})" for thing in things)


def _table_in(folder: Path, files: Iterable[str]) -> str:
    """What stands in the body of an artefact's .html file, or the page's first table."""
    page = next((file for file in files if file.endswith(".html")), None)
    text = (folder / page).read_text(encoding="utf-8") if page else ""
    body = re.search(r"<body[^>]*>(.*?)</body>", text, flags=re.DOTALL | re.IGNORECASE)
    table = re.search(r"(<table\b.*?</table>)", text, flags=re.DOTALL | re.IGNORECASE)
    found = body or table
    return found.group(1).strip() if found and "<script" not in text else ""


def _versions() -> str:
    versions = {"regional-toolkit": toolkit.__version__, "python": platform.python_version(), **manifest.packages()}
    listed = "".join(f"<tr><th scope=row>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in versions.items())
    return f'<details><summary>Versions</summary><table class="rows">{listed}</table></details>'


def _write(path: Path, page: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
