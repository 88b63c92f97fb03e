"""Centre of gravity and ellipse: by hand on the sphere, against pyproj's projections, and properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod, Transformer

import toolkit as tk
from toolkit.errors import DataError, InputError

RADIUS = 6371.0088


def at(points: list[tuple[float, float]], weights, years=1):
    """A panel of weights and the table of its points."""
    ids = [f"p{i}" for i in range(len(points))]
    w = np.asarray(weights, float).reshape(years, -1)
    frame = pd.DataFrame({"id": np.tile(ids, years), "year": np.repeat(np.arange(years), len(ids)), "w": w.ravel()})
    return tk.Panel(frame, entity="id", time="year"), pd.DataFrame(points, columns=["lon", "lat"], index=ids)


def test_two_places_on_the_equator():
    """Weights 1 and 3, 4 degrees apart: the centre at 3 degrees, standard distance sqrt(3) / 4 of the way."""
    panel, places = at([(10, 0), (14, 0)], [1, 3])
    row = tk.centre_of_gravity(panel, "w", points=places).tidy().iloc[0]
    degree = RADIUS * np.pi / 180
    assert (row["lon"], row["lat"]) == pytest.approx((13, 0), abs=1e-10)
    assert row["standard_distance_km"] == pytest.approx(4 * degree * np.sqrt(3) / 4, rel=1e-12)
    assert row["major_km"] == pytest.approx(row["standard_distance_km"], rel=1e-12)
    assert row["minor_km"] == pytest.approx(0, abs=1e-4) and row["angle"] == pytest.approx(90)


def test_a_cross_on_the_equator():
    """Arms of 2 degrees east-west and 1 degree north-south with equal weights at 0, 0: axes sqrt(2 a^2 / 4)."""
    panel, places = at([(2, 0), (-2, 0), (0, 1), (0, -1)], [1, 1, 1, 1])
    row = tk.centre_of_gravity(panel, "w", points=places).tidy().iloc[0]
    degree = RADIUS * np.pi / 180
    assert row["major_km"] == pytest.approx(2 * degree / np.sqrt(2), rel=1e-12)
    assert row["minor_km"] == pytest.approx(degree / np.sqrt(2), rel=1e-12)
    assert row["angle"] == pytest.approx(90) and row["area_km2"] == pytest.approx(np.pi * degree**2, rel=1e-12)
    wide = tk.centre_of_gravity(panel, "w", points=places, scale=2**0.5).tidy().iloc[0]
    assert wide["area_km2"] == pytest.approx(2 * row["area_km2"]) and wide["standard_distance_km"] == pytest.approx(
        row["standard_distance_km"]
    )


def test_degrees_of_longitude_shrink():
    """Along a parallel at 60 N the middle of the great circle lies north of it: tan(lat) = tan(60) / cos(15)."""
    panel, places = at([(0, 60), (30, 60)], [1, 1])
    row = tk.centre_of_gravity(panel, "w", points=places).tidy().iloc[0]
    assert row["lon"] == pytest.approx(15, abs=1e-9)
    assert row["lat"] == pytest.approx(np.degrees(np.arctan(np.tan(np.pi / 3) / np.cos(np.radians(15)))), abs=1e-9)


def china():
    return tk.load("china").between(2000, 2003)


def test_china_meets_the_azimuthal_equidistant_projection_of_proj():
    """In PROJ's projection about the centre: mean zero; textbook formulas of axes and angle (Yuill 1971)."""
    record = tk.centre_of_gravity(china(), "gdp")
    for t, (lon, lat) in enumerate(record.centre):
        crs = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +R={RADIUS * 1000} +units=km"
        x, y = Transformer.from_crs(f"+proj=longlat +R={RADIUS * 1000}", crs, always_xy=True).transform(
            *record.points.T
        )
        w = record.shares[t]
        assert w @ x == pytest.approx(0, abs=1e-6) and w @ y == pytest.approx(0, abs=1e-6)
        assert record.standard_distance[t] == pytest.approx(np.sqrt(w @ (x**2 + y**2)), rel=1e-9)
        sxx, syy, sxy = w @ x**2, w @ y**2, w @ (x * y)
        # Ebdon's rotation: tan(theta) = (sxx - syy + sqrt((sxx - syy)^2 + 4 sxy^2)) / (2 sxy), clockwise from north
        theta = np.arctan((sxx - syy + np.sqrt((sxx - syy) ** 2 + 4 * sxy**2)) / (2 * sxy))
        across = np.sqrt(w @ (x * np.cos(theta) - y * np.sin(theta)) ** 2)
        along = np.sqrt(w @ (x * np.sin(theta) + y * np.cos(theta)) ** 2)
        assert record.angle[t] == pytest.approx(np.degrees(theta) % 180, abs=1e-7)
        assert sorted([across, along]) == pytest.approx(record.axes[t][::-1], rel=1e-9)


def test_no_point_near_has_a_smaller_sum_of_squares():
    record = tk.centre_of_gravity(china(), "pop")
    sphere = Geod(a=RADIUS * 1000, b=RADIUS * 1000)

    def spread(lon, lat):
        n = len(record.points)
        d = sphere.inv(np.full(n, lon), np.full(n, lat), *record.points.T)[2]
        return record.shares[0] @ d**2

    lon, lat = record.centre[0]
    best = spread(lon, lat)
    for turn in np.linspace(0, 2 * np.pi, 9):
        assert spread(lon + 0.01 * np.cos(turn), lat + 0.01 * np.sin(turn)) > best


def test_steps_are_great_circles():
    record = tk.centre_of_gravity(china(), "gdp")
    table = record.tidy()
    sphere = Geod(a=RADIUS * 1000, b=RADIUS * 1000)
    bearing, _, metres = sphere.inv(*record.centre[:-1].T, *record.centre[1:].T)
    np.testing.assert_allclose(table["step_km"][1:], metres / 1000, rtol=1e-7)
    np.testing.assert_allclose(table["bearing"][1:], bearing % 360, atol=1e-4)
    assert table["net_km"][0] == 0 and record.glance()["path_km"].item() == pytest.approx(metres.sum() / 1000, rel=1e-7)


def test_the_outline_is_the_ellipse():
    record = tk.centre_of_gravity(china(), "gdp")
    curve = record.outline(2002)
    lon, lat = record.centre[2]
    crs = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +R={RADIUS * 1000} +units=km"
    x, y = Transformer.from_crs(f"+proj=longlat +R={RADIUS * 1000}", crs, always_xy=True).transform(*curve.T)
    theta = np.radians(record.angle[2])
    along, across = x * np.sin(theta) + y * np.cos(theta), x * np.cos(theta) - y * np.sin(theta)
    np.testing.assert_allclose((along / record.axes[2, 0]) ** 2 + (across / record.axes[2, 1]) ** 2, 1, rtol=1e-8)
    with pytest.raises(InputError, match="1999"):
        record.outline(1999)


def test_turning_the_earth_turns_the_centre():
    rng = np.random.default_rng(3)
    points = list(zip(rng.uniform(100, 120, 8), rng.uniform(-15, 15, 8), strict=True))
    weights = rng.uniform(1, 2, 8)
    panel, places = at(points, weights)
    a = tk.centre_of_gravity(panel, "w", points=places).tidy().iloc[0]
    b = (
        tk.centre_of_gravity(panel, "w", points=places.assign(lon=(places["lon"] + 70 + 180) % 360 - 180))
        .tidy()
        .iloc[0]
    )
    assert (b["lon"] - a["lon"] - 70) % 360 == pytest.approx(0, abs=1e-9) or (
        b["lon"] - a["lon"] - 70
    ) % 360 == pytest.approx(360)
    for key in ("lat", "standard_distance_km", "major_km", "angle"):
        assert b[key] == pytest.approx(a[key], rel=1e-9)


def test_units_and_order_do_not_matter():
    panel = china()
    a = tk.centre_of_gravity(panel, "gdp").tidy()
    pd.testing.assert_frame_equal(
        a, tk.centre_of_gravity(panel.assign(gdp="gdp * 1000"), "gdp").tidy(), rtol=1e-9, atol=1e-9
    )


def test_packaged_panels():
    for name, variable in (("us_income", "income"), ("mexico", "pcgdp"), ("munnell", "gsp")):
        record = tk.centre_of_gravity(tk.load(name), variable)
        assert (record.axes[:, 0] >= record.axes[:, 1]).all() and len(record.tidy()) == len(record.times)
    assert "Centre of gravity" in repr(record) and "<table" in record._repr_html_()


def test_what_cannot_be_a_weight_or_a_place_is_refused():
    panel, places = at([(0, 0), (1, 0), (0, 1)], [1, -1, 2])
    with pytest.raises(DataError, match=r"(?s)negative.*p1 0"):
        tk.centre_of_gravity(panel, "w", points=places)
    panel, places = at([(0, 0), (1, 0), (0, 1)], [0, 0, 0])
    with pytest.raises(DataError, match="zero in every region"):
        tk.centre_of_gravity(panel, "w", points=places)
    panel, places = at([(0, 0), (1, 0), (0, 1)], [1, 0, 2])
    with pytest.raises(DataError, match="no map"):
        tk.centre_of_gravity(panel, "w")
    with pytest.raises(DataError, match="p2"):
        tk.centre_of_gravity(panel, "w", points=places.iloc[:2])
    with pytest.raises(InputError, match="lat"):
        tk.centre_of_gravity(panel, "w", points=places[["lon"]])
    with pytest.raises(InputError, match="scale"):
        tk.centre_of_gravity(panel, "w", points=places, scale=0)
    with pytest.raises(DataError, match="coordinate reference"):
        tk.centre_of_gravity(tk.load("columbus"), "INC")
    panel, places = at([(0, 0), (180, 0)], [1, 1.01])
    with pytest.raises(DataError, match="hemisphere"):
        tk.centre_of_gravity(panel, "w", points=places)
