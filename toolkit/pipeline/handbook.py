"""The pages about the toolkit itself: data that ship, methods, reference, gallery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from toolkit.pipeline.gallery import pictures
from toolkit.report.reference import Room

__all__ = ["ABOUT", "PAGES", "PICTURES", "TITLE", "Page", "rooms"]

#: Heading of the overview, and what it says first.
TITLE = "Spatial econometrics for regional economists"
ABOUT = (
    "regional-toolkit takes a panel of regions and a map to neighbours, measures of inequality and autocorrelation, spatial "
    "panel models with their spillovers, and tables and maps for a paper. Here it is put to work: notebooks replicate papers "
    "and textbook examples, and every claim of a paper is held to the data. To begin, read a notebook below; to use it on "
    "your own data, see the reference and the gallery."
)
#: Folder of the gallery's pictures in the site.
PICTURES = "gallery"
#: The interactive map, framed by a page of the site.
MAP = "map_china.html"
#: Data sets that ship; those that are downloaded are left out.
_SHIPPED = ("china", "munnell", "us_income", "columbus", "mexico")
_ROOMS = {
    "data": ("Data", "What was observed: panels, data sets, claims."),
    "weights": ("Weights", "Who is near whom."),
    "explore": ("Explore", "A number about the data: autocorrelation, inequality, indices, structure, dynamics."),
    "models": ("Models", "A coefficient: one entry to all estimators."),
    "postestimation": ("After a fit", "A question to a fit: impacts, tests, predictions."),
    "designs": ("Designs", "A research question: convergence, a grid of specifications."),
    "report": ("Tables and pages", "What is put in a paper."),
    "charts": ("Charts", "One chart for each record; pictures are in the gallery."),
    "maps": ("Maps", "Maps of a panel and of local statistics; pictures are in the gallery."),
    "widgets": ("Widgets", "To play with in a notebook; needs the extra `teaching`."),
    "pipeline": ("Checks", "Before a model is run, and beside other programs."),
    "errors": ("Errors", "What went wrong, what is allowed, and the next step."),
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of the handbook.

    Attributes
    ----------
    label, about : str
        In the navigation; one sentence for the overview.
    body : callable
        Given the site's folder, the HTML fragment.
    """

    label: str
    about: str
    body: Callable[[Path], str]


def rooms() -> list[Room]:
    """Every public name, by room, as the reference lists them."""
    import toolkit

    names: dict[str, dict[str, object]] = {room: {} for room in _ROOMS}
    for name, thing in _public():
        module = thing.__module__
        part = name.split(".")[1]
        room = part if part in toolkit._MODULES else module.split(".")[1]
        names.setdefault(room, {})[name] = thing
    return [
        Room(
            id=room,
            title=_ROOMS.get(room, (room.capitalize(), ""))[0],
            question=_ROOMS.get(room, ("", ""))[1],
            names=found,
        )
        for room, found in names.items()
        if found
    ]


def _public() -> Iterator[tuple[str, object]]:
    import toolkit

    for name in toolkit._OBJECTS:
        yield f"tk.{name}", getattr(toolkit, name)
    for module in toolkit._MODULES:
        home = getattr(toolkit, module)
        yield from ((f"tk.{module}.{name}", getattr(home, name)) for name in home.__all__)


def _data(site: Path) -> str:
    import toolkit
    from toolkit.report.catalogue import catalogue_body

    return catalogue_body({name: toolkit.load(name) for name in _SHIPPED})


def _methods(site: Path) -> str:
    from toolkit.report.methods import methods_body

    return methods_body()


def _reference(site: Path) -> str:
    from toolkit.pipeline.pages import math_image
    from toolkit.report.reference import reference_body

    return reference_body(rooms(), formula=math_image)


def _gallery(site: Path) -> str:
    from toolkit.pipeline.pages import math_image
    from toolkit.report.gallery import gallery_body

    drawn = {
        heading: [picture for picture in group if (site / picture.file).is_file()]
        for heading, group in pictures(PICTURES).items()
    }
    return gallery_body(drawn, formula=math_image, reference="reference.html")


def _map(site: Path) -> str:
    """The page around the interactive map, which is a file of its own beside it."""
    import toolkit
    from toolkit.report.interactive import interactive_page

    china = toolkit.load("china")
    weights = toolkit.weights.queen(china, link={"Hainan": "Guangdong"})
    clusters = toolkit.local_moran(china, "log(gdp / emp)", weights, permutations=999, seed=1)
    page = interactive_page(
        china,
        {
            "gdp / emp": "Product per worker",
            "gdp / pop": "Product per resident",
            "urban_share": "Urban share of residents",
            "rd_intensity": "R&D expenditure over product",
            "optical_cable / area_km2": "Optical cable per area",
        },
        unit={"gdp / emp": "10,000 yuan", "gdp / pop": "10,000 yuan", "optical_cable / area_km2": "km per km²"},
        scheme="natural",
        clusters=clusters,
        title="China's provinces",
    )
    (site / MAP).write_text(page, encoding="utf-8")
    return (
        "<h1>Map</h1><p>The provinces of China, year by year: choose a variable, move the slider, point at a region or tap it."
        f' It is what <a href="reference.html#tk.Panel"><code>panel.explore(...)</code></a> writes; <a href="{MAP}">open it'
        " by itself</a> for the whole screen.</p>"
        f'<iframe class="map" src="{MAP}" title="Interactive map of China\'s provinces"></iframe>'
    )


#: Path in the site -> page.
PAGES = {
    "map.html": Page(label="Map", about="China's provinces on an interactive map, 2000 to 2023.", body=_map),
    "data.html": Page(label="Data", about="The data sets that ship: variables, units, coverage, sources.", body=_data),
    "methods.html": Page(label="Methods", about="Equations, tests and indices, with their references.", body=_methods),
    "reference.html": Page(
        label="Reference", about="Every public function with its parameters and an example.", body=_reference
    ),
    "gallery.html": Page(label="Gallery", about="Every chart and map, with the code that drew it.", body=_gallery),
}
