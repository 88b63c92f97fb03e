"""The industry (product) space: industries as points, near ones joined."""

from __future__ import annotations

import numpy as np

from toolkit.errors import InputError
from toolkit.report.chart_requests import need, position, words_in
from toolkit.report.figure import GREY, INK, PaperFigure, inches_of, new_figure
from toolkit.report.labels import place_labels

__all__ = ["industry_space"]

_WORDS = {
    "en": {
        "has": "{region} has it",
        "lacks": "{region} lacks it",
        "size": "size: number of regions",
        "link": "proximity ≥ {cut:g}, or in the tree that joins all",
    },
    "zh": {
        "has": "{region}具有",
        "lacks": "{region}不具有",
        "size": "大小：地区数",
        "link": "邻近度 ≥ {cut:g}，或在最大生成树中",
    },
}


def industry_space(
    record,
    region: object = None,
    time: object = None,
    *,
    cut: float = 0.55,
    label: int = 40,
    width: str | float = "two",
    lang: str = "en",
) -> PaperFigure:
    """Industries placed by their proximity; links are the tree of largest proximities that joins all, and those above a cut.

    Places are found from shortest paths through links of length 1.3 - proximity (stress majorisation from classical scaling),
    so that near industries stand near; the axes have no meaning.

    Parameters
    ----------
    record : Relatedness
        From `tk.relatedness`.
    region : optional
        Id or name of a region, whose industries are drawn full.
    time : optional
        The last period by default.
    cut : float
        Proximity above which industries are joined; 0.55 in Hidalgo et al. (2007).
    label : int
        Most industries to name, those in most regions first.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Unknown region or period, a cut outside [0, 1].

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> table = pd.DataFrame([[1, 1, 1], [1, 1, 0], [0, 0, 1]], index=list("abc"), columns=["chips", "cars", "tea"])
    >>> len(tk.charts.industry_space(tk.relatedness(table), "a").axes)
    1
    """
    words = words_in(_WORDS, lang)
    need(record, ("proximity", "density", "present"), "industry_space", "tk.relatedness")
    if isinstance(cut, bool) or not isinstance(cut, int | float) or not 0 <= cut <= 1:
        raise InputError(f"cut={cut!r} is no proximity.", allowed="a number between 0 and 1")
    at = position(record.times, time)
    phi, present = record.proximity[at], record.present[at]
    links = _tree(phi) | ((phi >= cut) & (phi > 0))
    places = _layout(phi, links)
    count = present.sum(axis=0)
    place = None if region is None else _region(record, region)
    figure = new_figure(width, 0.68 * inches_of(width), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        axes.set_axis_off()
        for i, j in zip(*np.nonzero(np.triu(links, 1)), strict=True):
            axes.plot(
                *places[[i, j]].T, color="#c9c9c9", linewidth=0.3 + 1.6 * phi[i, j], zorder=1, solid_capstyle="round"
            )
        sizes = 10 + 90 * count / max(count.max(), 1)
        has = np.ones(len(phi), bool) if place is None else present[place] > 0
        for mask, face in ((has, "#1f5a8c"), (~has, "white")):
            axes.scatter(*places[mask].T, s=sizes[mask], facecolor=face, edgecolor=INK, linewidth=0.6, zorder=3)
        axes.margins(0.08)
        named = np.argsort(-count, kind="stable")[:label]
        names = [record.labels[record.industries[k]][lang == "zh"] for k in named]
        place_labels(axes, places[named], names, avoid=places, size=6)
        _legend(
            figure, words, cut, None if place is None else (record.names_zh if lang == "zh" else record.names)[place]
        )
    return figure


def _region(record, region: object) -> int:
    for known in (record.regions, record.names, record.names_zh):
        if region in known:
            return list(known).index(region)
    raise InputError(f"{region!r} is no region of the record.", allowed=", ".join(map(str, record.names[:40])))


def _tree(phi: np.ndarray) -> np.ndarray:
    """Links (I, I) of the spanning forest with the largest sum of proximities."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    tree = minimum_spanning_tree(np.where(phi > 0, 2 - phi, 0)).toarray() > 0
    return tree | tree.T


def _layout(phi: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Places (I, 2) whose distances follow shortest paths through the links; unconnected parts stand apart."""
    from scipy.sparse.csgraph import shortest_path

    d = shortest_path(np.where(links, 1.3 - phi, 0), directed=False)
    d[~np.isfinite(d)] = 1.3 * d[np.isfinite(d)].max()
    n = len(d)
    centred = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * centred @ d**2 @ centred)
    x = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 1e-9))
    # a fixed sign: eigenvectors have none
    x *= np.where(x[np.abs(x).argmax(axis=0), [0, 1]] < 0, -1, 1)
    weight = np.divide(1, d**2, out=np.zeros_like(d), where=d > 0)
    laplacian = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(laplacian)
    for _ in range(200):  # SMACOF: each step lowers the weighted stress
        gap = np.sqrt(((x[:, None] - x[None]) ** 2).sum(axis=2))
        b = -np.divide(weight * d, gap, out=np.zeros_like(d), where=gap > 1e-9)
        np.fill_diagonal(b, 0)
        np.fill_diagonal(b, -b.sum(axis=1))
        x = inverse @ (b @ x)
    return x


def _legend(figure: PaperFigure, words: dict[str, str], cut: float, region: str | None) -> None:
    from matplotlib.lines import Line2D

    dot = {"linestyle": "", "marker": "o", "markeredgecolor": INK, "markersize": 5}
    handles = [Line2D([], [], color="#c9c9c9", linewidth=1.2, label=words["link"].format(cut=cut))]
    if region is not None:
        handles.append(Line2D([], [], color="#1f5a8c", label=words["has"].format(region=region), **dot))
        handles.append(Line2D([], [], color="white", label=words["lacks"].format(region=region), **dot))
    handles.append(Line2D([], [], linestyle="", marker="o", color=GREY, markersize=3, label=words["size"]))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
