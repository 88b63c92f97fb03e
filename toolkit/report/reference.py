"""The reference: every public name by room, with its signature, docstring and example, and a box to find one."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from toolkit.report.docstrings import Formula, rendered

__all__ = ["Room", "reference_body"]


@dataclass(frozen=True, kw_only=True)
class Room:
    """Public names that belong together.

    Attributes
    ----------
    id, title, question : str
        Anchor; heading; what the room is for, in one sentence.
    names : mapping of str to object
        As a user writes them, e.g. ``"tk.moran"`` -> the function.
    """

    id: str
    title: str
    question: str
    names: Mapping[str, Any]


def reference_body(rooms: Iterable[Room], *, formula: Formula) -> str:
    """The page, to be put in `toolkit.report.site.frame`.

    A record that a listed function returns is listed in the same room, though it is not made by its name.

    Parameters
    ----------
    rooms : iterable of Room
    formula : callable
        ``formula(tex, display=False)`` draws a formula as HTML.

    Returns
    -------
    str
        HTML fragment; its script is part of it. Without scripts everything is shown.

    Examples
    --------
    >>> from toolkit.errors import InputError
    >>> room = Room(id="errors", title="Errors", question="What went wrong.", names={"tk.errors.InputError": InputError})
    >>> 'id="tk.errors.InputError"' in reference_body([room], formula=lambda tex, display=False: tex)
    True
    """
    rooms = _with_records(rooms)
    known = {name for room in rooms for name in room.names}

    def links(name: str) -> str:
        return next(
            (f"#{n}" for n in (name, f"tk.{name.removeprefix('toolkit.')}", f"tk.weights.{name}") if n in known), ""
        )

    contents = "".join(map(_contents, rooms))
    entries = "".join(_room(room, formula, links) for room in rooms)
    return f"""<h1>Reference</h1>
<p>Everything public, as written after <code>import toolkit as tk</code>.</p>
<form role="search" onsubmit="return false">
<label>Find <input type="search" id="find" placeholder="name or word"></label>
<output id="count" aria-live="polite">{len(known)} names</output>
</form>
<nav class="contents" aria-label="Names">{contents}</nav>
{entries}<script>{_SCRIPT}</script>"""


def _with_records(rooms: Iterable[Room]) -> list[Room]:
    """Rooms with the classes that their functions return."""
    rooms = list(rooms)
    seen = {id(thing) for room in rooms for thing in room.names.values()}
    complete = []
    for room in rooms:
        names = dict(room.names)
        for thing in room.names.values():
            record = _returned(thing)
            if record is not None and id(record) not in seen:
                seen.add(id(record))
                names[record.__name__] = record
        complete.append(Room(id=room.id, title=room.title, question=room.question, names=names))
    return complete


def _returned(thing: Any) -> type | None:
    """The toolkit's own class that a function is annotated to return."""
    if inspect.isclass(thing) or not callable(thing):
        return None
    name = str(getattr(thing, "__annotations__", {}).get("return", ""))
    found = getattr(sys.modules.get(thing.__module__), name, None)
    ours = inspect.isclass(found) and found.__module__.startswith("toolkit.") and bool(found.__doc__)
    return found if ours else None


def _contents(room: Room) -> str:
    items = "".join(
        f'<li data-entry="{escape(name)}"><a href="#{escape(name)}"><code>{escape(name)}</code></a></li>'
        for name in room.names
    )
    return (
        f'<div class="group"><p><a href="#{room.id}">{escape(room.title)}</a></p><ul class="names">{items}</ul></div>'
    )


def _room(room: Room, formula: Formula, links: Callable[[str], str]) -> str:
    entries = "".join(_entry(name, thing, formula, links) for name, thing in room.names.items())
    return f'<section class="group" id="{room.id}"><h2>{escape(room.title)}</h2><p>{escape(room.question)}</p>{entries}</section>\n'


def _entry(name: str, thing: Any, formula: Formula, links: Callable[[str], str]) -> str:
    members = "".join(_member(name, member, formula, links) for member in _members(thing))
    return f"""<article class="entry" id="{escape(name)}" data-entry="{escape(name)}">
<h3><a href="#{escape(name)}">{escape(name)}</a></h3>
<pre class="signature" tabindex="0">{escape(_signature(name, thing))}</pre>
{rendered(thing, formula=formula, links=links)}
{f"<h4>Methods and properties</h4>{members}" if members else ""}</article>
"""


def _members(thing: Any) -> list[tuple[str, Any]]:
    """Documented public methods and properties that a class of the toolkit defines or inherits from another of them."""
    if not inspect.isclass(thing) or issubclass(thing, Exception):
        return []
    found: dict[str, Any] = {}
    for owner in reversed([c for c in thing.__mro__ if c.__module__.startswith("toolkit.")]):
        for name, member in vars(owner).items():
            function = getattr(member, "__func__", getattr(member, "fget", getattr(member, "func", member)))
            if not name.startswith("_") and inspect.isfunction(function) and function.__doc__:
                found[name] = member
    return sorted(found.items())


def _member(owner: str, member: tuple[str, Any], formula: Formula, links: Callable[[str], str]) -> str:
    name, thing = member
    function = getattr(thing, "__func__", getattr(thing, "fget", getattr(thing, "func", thing)))
    attribute = function is not thing and not isinstance(thing, classmethod | staticmethod)
    shown = f".{name}" if attribute else _signature(f".{name}", function, bound=not isinstance(thing, staticmethod))
    anchor = escape(f"{owner}.{name}")
    return f"""<div class="entry" id="{anchor}"><h4><a href="#{anchor}"><code class="signature">{escape(shown)}</code></a></h4>
{rendered(function, formula=formula, links=links)}</div>
"""


def _signature(name: str, thing: Any, *, bound: bool = False) -> str:
    """Name, parameters and defaults; the types stand in the list of parameters."""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return name
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values()][bound:]
    if inspect.isclass(thing) and issubclass(thing, Exception):
        return name
    text = str(signature.replace(parameters=parameters, return_annotation=signature.empty))
    if len(name) + len(text) <= 100:
        return name + text
    lines = ["   "]
    for part in _parts(parameters):
        if len(lines[-1]) + len(part) > 90 and lines[-1].strip():
            lines.append("   ")
        lines[-1] += f" {part},"
    return "\n".join([f"{name}(", *lines, ")"])


def _parts(parameters: Iterable[inspect.Parameter]) -> list[str]:
    """Parameters as text, with the star before those given by name only."""
    parts, starred = [], False
    for p in parameters:
        if p.kind is p.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred = starred or p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)
        parts.append(str(p))
    return parts


_SCRIPT = """
const find = document.getElementById('find'), count = document.getElementById('count');
const entries = [...document.querySelectorAll('article[data-entry]')];
const items = new Map([...document.querySelectorAll('li[data-entry]')].map(i => [i.dataset.entry, i]));
const text = new Map(entries.map(e => [e, e.textContent.toLowerCase()]));
function show() {
  const words = find.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const named = entries.filter(e => words.every(w => e.dataset.entry.toLowerCase().includes(w)));
  const shown = new Set(named.length ? named : entries.filter(e => words.every(w => text.get(e).includes(w))));
  for (const e of entries) { e.hidden = !shown.has(e); items.get(e.dataset.entry).hidden = e.hidden; }
  for (const g of document.querySelectorAll('.group')) g.hidden = !g.querySelector('[data-entry]:not([hidden])');
  count.value = shown.size + ' of ' + entries.length + ' names';
}
find.addEventListener('input', show);
show();
"""
