"""Builders against libpysal, the haversine formula and hand-made cases."""

from __future__ import annotations

import warnings
from functools import lru_cache

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest
from libpysal.examples import get_path
from libpysal.graph import Graph
from shapely import LineString, Point, box
from shapely.geometry import Polygon

import toolkit as tk
from toolkit.data.panel import Panel
from toolkit.errors import InputError, ToolkitWarning, WeightsError
from toolkit.weights.points import EARTH_KM, locate, spherical_centroids


@lru_cache
def states() -> gpd.GeoDataFrame:
    return gpd.read_file(get_path("us48.shp")).set_crs(4326).set_index("STATE_ABBR")


@lru_cache
def towns(n: int = 40, seed: int = 1) -> gpd.GeoSeries:
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(75, 135, n), rng.uniform(18, 53, n)
    return gpd.GeoSeries.from_xy(lon, lat, index=[f"t{i:02d}" for i in range(n)], crs=4326)


def haversine(points: gpd.GeoSeries) -> np.ndarray:
    lon, lat = np.radians(points.x.to_numpy()), np.radians(points.y.to_numpy())
    a = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    return 2 * EARTH_KM * np.arcsin(np.sqrt(a))


def panel(T: int = 3) -> Panel:
    ids = ["a", "b", "c", "d"]
    rows = [(i, 2000 + t, 1.0 + k + t, 10.0 * (k + 1)) for t in range(T) for k, i in enumerate(ids)]
    shapes = gpd.GeoSeries.from_xy([100, 101, 103, 107], [30, 30, 31, 35], index=ids, crs=4326)
    return Panel(pd.DataFrame(rows, columns=["id", "year", "gdp", "pop"]), entity="id", time="year", geometry=shapes)


PARTS = pytest.mark.filterwarnings("ignore:The weights fall into")  # scattered points often do


# ------------------------------------------------------------------ contiguity


def test_queen_of_the_states_is_the_published_matrix():
    """107 links, the matrix behind the Munnell studies (states48.gal, alphabetical by full name)."""
    W = tk.weights.queen(states(), normalize="none")
    assert W.nnz == 2 * 107 and W.symmetric and W.ids == tuple(states().index)
    ids = states().sort_values("STATE_NAME").index
    published = tk.weights.read(get_path("states48.gal"))
    assert (W.reorder(ids).sparse != published.sparse).nnz == 0
    old = libpysal.weights.Queen.from_dataframe(states().reset_index(), silence_warnings=True, use_index=False)
    assert abs(W.sparse - old.sparse).sum() == 0


def test_rook_lacks_the_four_corners():
    queen, rook = tk.weights.queen(states()), tk.weights.rook(states())
    lost = set(map(tuple, queen.tidy()[["focal", "neighbor"]].values)) - set(
        map(tuple, rook.tidy()[["focal", "neighbor"]].values)
    )
    assert lost == {("AZ", "CO"), ("CO", "AZ"), ("NM", "UT"), ("UT", "NM")}
    assert "rook contiguity, row-standardised" in repr(rook)


def test_contiguity_keeps_the_order_of_the_regions():
    shuffled = states().sample(frac=1, random_state=3)
    W = tk.weights.queen(shuffled)
    assert W.ids == tuple(shuffled.index) and W.match(states().index) == tk.weights.queen(states())


def test_strict_finds_borders_whose_vertices_differ():
    cells = gpd.GeoSeries([box(0, 0, 2, 1), box(0, 1, 1, 2), box(0.5, -1, 1.5, 0)], index=list("abc"))
    with pytest.raises(WeightsError, match="without a neighbour: c"):
        tk.weights.queen(cells)
    assert tk.weights.queen(cells, strict=True).nnz == 4


def test_islands_of_a_map_are_named_by_the_panel():
    shapes = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1), box(5, 5, 6, 6)], index=["11", "12", "46"])
    frame = pd.DataFrame({"id": ["46", "11", "12"], "name": ["Hainan", "Beijing", "Tianjin"], "y": 1.0})
    gdf = gpd.GeoDataFrame({"name": ["Beijing", "Tianjin", "Hainan"]}, geometry=shapes.values, index=shapes.index)
    place = Panel(frame, entity="id", geometry=gdf)
    with pytest.raises(WeightsError, match=r"46"):
        tk.weights.queen(place)
    W = tk.weights.queen(place, link={"46": "12"})
    assert W.ids == tuple(place.entities) and W.islands == ()


def test_links_of_the_provinces_by_name_in_either_language():
    china = tk.load("china")
    with pytest.raises(WeightsError, match=r"460000 \(Hainan\)"):
        tk.weights.queen(china)
    W = tk.weights.queen(china, link={"Hainan": "Guangdong"})
    assert W == tk.weights.queen(china, link={"海南": ["广东"]}) == tk.weights.queen(china, link={"460000": "440000"})
    assert W.nnz == 2 * 69 and W.operator.interval[1] == 1.0
    with pytest.raises(InputError, match=r"'Gondor'[\s\S]*110000"):
        tk.weights.queen(china, link={"Hainan": "Gondor"})
    for other in (tk.weights.knn(china, 3, link={"Hainan": "Beijing"}), tk.weights.economic(china, "gdp", 2000)):
        assert other.ids == W.ids


@pytest.mark.parametrize(
    "where, error, message",
    [
        (pd.DataFrame({"a": [1]}), InputError, r"from a DataFrame[\s\S]*a Panel with geometry"),
        (gpd.GeoSeries([Point(0, 0), Point(1, 1)], index=["a", "b"]), WeightsError, r"not polygons: a, b"),
        (gpd.GeoSeries([box(0, 0, 1, 1), None], index=["a", "b"]), WeightsError, r"without a geometry: b"),
        (gpd.GeoSeries([box(0, 0, 1, 1), Polygon()], index=["a", "b"]), WeightsError, r"without a geometry: b"),
        (gpd.GeoSeries([box(0, 0, 1, 1)] * 2, index=["a", "a"]), WeightsError, r"more than once: a"),
    ],
)
def test_what_has_no_borders_is_refused(where, error, message):
    with pytest.raises(error, match=message):
        tk.weights.queen(where)


def test_a_panel_without_a_map_says_so():
    bare = Panel(pd.DataFrame({"id": ["a", "b"], "y": [1.0, 2.0]}), entity="id")
    with pytest.raises(WeightsError, match="no geometry"):
        tk.weights.queen(bare)


# ------------------------------------------------------------------ distance


@PARTS
def test_distances_are_the_haversine_formula():
    d = haversine(towns())
    W = tk.weights.inverse_distance(towns(), 2, normalize="none")
    off = ~np.eye(40, dtype=bool)
    assert np.allclose(1 / np.sqrt(W.sparse.toarray()[off]), d[off], rtol=1e-10)
    near = tk.weights.inverse_distance(towns(), km=900, islands="keep", normalize="none").sparse.toarray()
    assert np.array_equal(near > 0, (d <= 900) & off)
    band = tk.weights.distance_band(towns(), 900, islands="keep", normalize="none").sparse.toarray()
    assert np.array_equal(band, ((d <= 900) & off).astype(float))


@PARTS
def test_the_smallest_band_leaves_nobody_alone():
    W = tk.weights.distance_band(towns())
    d = haversine(towns()) + 1e9 * np.eye(40)
    assert W.recipe["km"] == pytest.approx(d.min(axis=1).max(), rel=1e-10) and W.islands == ()
    with pytest.raises(WeightsError, match="without a neighbour"):
        tk.weights.distance_band(towns(), W.recipe["km"] * 0.999)


@PARTS
@pytest.mark.parametrize("k", [1, 5, 39])
def test_knn_against_libpysal_and_sorting(k):
    W = tk.weights.knn(towns(), k, normalize="none")
    d = haversine(towns()) + 1e9 * np.eye(40)
    assert np.array_equal(np.sort(W.sparse.indices.reshape(40, k)), np.sort(np.argsort(d, axis=1)[:, :k]))
    flat = towns().to_crs(3857)
    graph = Graph.build_knn(flat, k=k)
    assert tk.weights.knn(flat, k, normalize="none") == tk.weights.from_graph(graph).match(flat.index)


def test_planar_maps_are_measured_in_km_of_their_unit():
    metres = gpd.GeoSeries.from_xy([0, 3000], [0, 4000], index=["a", "b"], crs=32650)
    feet = gpd.GeoSeries.from_xy([0, 3000], [0, 4000], index=["a", "b"], crs=2263)
    assert tk.weights.inverse_distance(metres, normalize="none").sparse[0, 1] == pytest.approx(1 / 5)
    assert tk.weights.inverse_distance(feet, normalize="none").sparse[0, 1] == pytest.approx(
        1 / (5 * 0.3048006), rel=1e-6
    )


def test_ties_for_the_last_place_warn_by_name():
    cross = gpd.GeoSeries.from_xy([0, 1, -1, 0], [0, 0, 0, 3], index=list("oewn"), crs=32650)
    with pytest.warns(ToolkitWarning, match=r"Neighbours 1 and 2 are equally far from o"):
        W = tk.weights.knn(cross, 1)
    assert W.sparse[0, 1] == 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tk.weights.knn(cross, 3)


@pytest.mark.parametrize(
    "function, formula",
    [
        ("triangular", lambda u: np.maximum(1 - u, 0)),
        ("epanechnikov", lambda u: 0.75 * np.maximum(1 - u**2, 0)),
        ("quartic", lambda u: 15 / 16 * np.maximum(1 - u**2, 0) ** 2),
        ("uniform", lambda u: 0.5 * (u <= 1)),
        ("gaussian", lambda u: np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)),
        ("exponential", lambda u: np.exp(-u)),
    ],
)
def test_kernels(function, formula):
    d = haversine(towns())
    W = tk.weights.kernel(towns(), 2000, function, normalize="none")
    expected = formula(d / 2000)
    np.fill_diagonal(expected, 0)
    assert np.allclose(W.sparse.toarray(), expected, atol=1e-12)
    adaptive = tk.weights.kernel(towns(), function=function, k=4, normalize="none")
    width = np.sort(d, axis=1)[:, 5:6]
    inside = np.argsort(np.argsort(d, axis=1), axis=1) <= 4
    expected = np.where(inside, formula(d / width), 0.0)
    np.fill_diagonal(expected, 0)
    assert (adaptive.cardinalities == 4).all() and np.allclose(adaptive.sparse.toarray(), expected, atol=1e-12)


@pytest.mark.parametrize(
    "build, error, message",
    [
        (lambda g: tk.weights.knn(g, 0), InputError, r"k=0 neighbours of 40 regions[\s\S]*from 1 to 39"),
        (lambda g: tk.weights.knn(g, 40), InputError, r"k=40"),
        (lambda g: tk.weights.knn(g, 2.5), InputError, r"k=2\.5"),
        (lambda g: tk.weights.distance_band(g, -3), InputError, r"km=-3[\s\S]*positive"),
        (lambda g: tk.weights.inverse_distance(g, 0), InputError, r"power=0"),
        (lambda g: tk.weights.inverse_distance(g, "two"), InputError, r"power='two'"),
        (lambda g: tk.weights.kernel(g, 100, "tricube"), InputError, r"'tricube'[\s\S]*triangular"),
        (lambda g: tk.weights.kernel(g), InputError, r"one bandwidth"),
        (lambda g: tk.weights.kernel(g, 100, k=3), InputError, r"one bandwidth"),
        (lambda g: tk.weights.kernel(g, -1.0), InputError, r"bandwidth=-1"),
        (lambda g: tk.weights.kernel(g, k=39), InputError, r"k=39[\s\S]*1 to 38"),
        (lambda g: tk.weights.knn(g.set_crs(None, allow_override=True), 3), WeightsError, r"no coordinate system"),
        (lambda g: tk.weights.knn(g.translate(2e5).set_crs(4326), 3), WeightsError, r"not longitude and latitude"),
    ],
)
def test_distances_that_make_no_sense_are_refused(build, error, message):
    with pytest.raises(error, match=message):
        build(towns())


def test_coincident_points_are_named_and_never_moved():
    twins = gpd.GeoSeries.from_xy([100, 100, 101], [30, 30, 30], index=["a", "b", "c"], crs=4326)
    with pytest.raises(WeightsError, match=r"same point[\s\S]*a and b"):
        tk.weights.knn(twins, 1)


def test_lines_and_mixtures_have_no_point():
    mixed = gpd.GeoSeries([Point(0, 0), LineString([(0, 0), (1, 1)])], index=["a", "b"], crs=4326)
    with pytest.raises(WeightsError, match=r"LineString, Point"):
        tk.weights.knn(mixed, 1)


def test_polygons_without_a_system_are_enough_for_contiguity():
    cells = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1)], index=["a", "b"])
    assert tk.weights.queen(cells).nnz == 2
    with pytest.raises(WeightsError, match="no coordinate system"):
        tk.weights.inverse_distance(cells)


def test_all_pairs_of_many_regions_ask_for_a_threshold(monkeypatch):
    monkeypatch.setattr("toolkit.weights.points.ALL_PAIRS", 30)
    with pytest.raises(InputError, match=r"all pairs of 40 regions[\s\S]*threshold in km"):
        tk.weights.inverse_distance(towns())


def test_spherical_centroids_against_an_equal_area_projection():
    """An azimuthal equal-area map centred on each state gives its centroid too; edges bend by less than 1 km there."""
    xyz = locate(states()).coords / EARTH_KM
    for shape, v in zip(states().geometry, xyz, strict=True):
        c = shape.envelope.centroid
        local = f"+proj=laea +lat_0={c.y} +lon_0={c.x} +R={EARTH_KM * 1000}"
        centre = gpd.GeoSeries([shape], crs=f"+proj=longlat +R={EARTH_KM * 1000}").to_crs(local).centroid
        back = centre.to_crs(f"+proj=longlat +R={EARTH_KM * 1000}").iloc[0]
        lon, lat = np.radians([back.x, back.y])
        w = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        assert EARTH_KM * np.linalg.norm(v - w) < 1.0


def test_spherical_centroids_do_not_care_about_orientation_holes_or_the_date_line():
    ring = [(0, 0), (10, 0), (10, 10), (0, 10)]
    hole = [(2, 2), (4, 2), (4, 4), (2, 4)]
    shapes = np.array([Polygon(ring), Polygon(ring[::-1]), Polygon(ring, [hole]), Polygon(ring, [hole[::-1]])])
    c = spherical_centroids(shapes)
    assert np.allclose(c[0], c[1]) and np.allclose(c[2], c[3]) and c[2, 1] > c[0, 1] > 0
    moved = spherical_centroids(np.array([Polygon([(x + 175, y) for x, y in ring])]))[0]
    turn = np.radians(175)
    R = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    assert np.allclose(moved, R @ c[0], atol=1e-12)


# ------------------------------------------------------------------ economic, gravity, nested


def test_economic_weights_are_inverse_gaps_of_means():
    W = tk.weights.economic(panel(), "gdp / pop", range(2000, 2002), normalize="none")
    x = np.mean([[(1 + k + t) / (10 * (k + 1)) for k in range(4)] for t in range(2)], axis=0)
    gap = np.abs(x[:, None] - x) + np.diag([np.inf] * 4)
    assert np.allclose(W.sparse.toarray(), 1 / gap)
    assert W.years == (2000, 2001) and W.variables == ("gdp / pop",) and "2000-2001" in W.description
    with pytest.warns(ToolkitWarning, match="2001"):
        W.warn_overlap([2001, 2002])


def test_economic_weights_of_several_variables_ignore_units():
    p = panel()
    W = tk.weights.economic(p, ["gdp", "gdp / pop"], 2001)
    q = p.assign(gdp=lambda f: 1000 * f["gdp"]) if callable(getattr(p, "assign", None)) else p
    assert np.allclose(W.sparse.toarray(), tk.weights.economic(q, ["gdp", "gdp / pop"], 2001).sparse.toarray())


@pytest.mark.parametrize(
    "years, message", [(None, "no years"), ([], "no years"), (1999, "years 1999"), ([2000, 2010], "years 2010")]
)
def test_years_must_be_named_and_exist(years, message):
    with pytest.raises(InputError, match=message + r"[\s\S]*2000, 2001, 2002"):
        tk.weights.economic(panel(), "gdp", years)


def test_equal_means_are_named():
    same = Panel(pd.DataFrame({"id": list("abc"), "x": [1.0, 2.0, 2.0]}), entity="id")
    with pytest.raises(WeightsError, match=r"equal x: b and c"):
        tk.weights.economic(same, "x")


def test_gravity():
    W = tk.weights.gravity(panel(), "gdp", 2000, power=2, normalize="none")
    d = haversine(panel().geometry.geometry) + np.diag([np.inf] * 4)
    x = np.arange(1.0, 5.0)
    assert np.allclose(W.sparse.toarray(), np.outer(x, x) / d**2) and W.years == (2000,)
    negative = panel().assign(loss=-np.ones(12))
    with pytest.raises(WeightsError, match=r"loss is not positive in: a, b, c, d"):
        tk.weights.gravity(negative, "loss", 2000)


def test_nested_sum_and_product():
    geo = tk.weights.inverse_distance(panel())
    econ = tk.weights.economic(panel(), "gdp", 2000).reorder(["d", "c", "b", "a"])
    W = tk.weights.nested(geo, econ, 0.3)
    back = econ.reorder(geo.ids).sparse.toarray()
    assert np.allclose(W.sparse.toarray(), 0.3 * geo.sparse.toarray() + 0.7 * back)
    assert W.years == (2000,) and "0.3 inverse distance" in W.description and W.ids == geo.ids
    product = tk.weights.nested(geo, econ, how="product", normalize="none").sparse.toarray()
    assert np.allclose(product, geo.matrix.toarray() * econ.reorder(geo.ids).matrix.toarray())
    with pytest.raises(InputError, match=r"'row' and 'spectral'"):
        tk.weights.nested(geo, econ.normalize("spectral"))
    with pytest.raises(InputError, match=r"alpha=1\.5"):
        tk.weights.nested(geo, econ, 1.5)
    with pytest.raises(InputError, match=r"how='mean'"):
        tk.weights.nested(geo, econ, how="mean")
    with pytest.raises(WeightsError, match=r"Only in the weights \(4\)"):
        tk.weights.nested(tk.weights.queen(states()), econ)


@PARTS
def test_recipes_and_names_of_builders():
    made = {
        "queen": tk.weights.queen(states()),
        "rook": tk.weights.rook(states()),
        "knn": tk.weights.knn(states(), 4),
        "distance_band": tk.weights.distance_band(states()),
        "inverse_distance": tk.weights.inverse_distance(states()),
        "kernel": tk.weights.kernel(states(), k=5),
    }
    for name, W in made.items():
        assert W.recipe["builder"] == name and W.recipe["normalize"] == "row" and W.row_sums_constant
        assert W.ids == tuple(states().index) and W.operator.interval[1] == 1.0
    assert len({W.hash for W in made.values()}) == 6


def test_lazy_names_are_complete():
    from toolkit import weights

    assert sorted(weights.__all__) == dir(weights) == sorted(weights._NAMES)
    assert all(callable(getattr(weights, name)) for name in weights.__all__)
    with pytest.raises(AttributeError, match=r"no public name 'bishop'; it has: .*queen"):
        weights.bishop  # noqa: B018
