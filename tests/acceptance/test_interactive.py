"""The interactive map in a browser without a network, on a desk and on a phone."""

from __future__ import annotations

import io

import pytest

import toolkit as tk

pytestmark = pytest.mark.acceptance

SIZES = {
    "desk": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    states = tk.load("munnell")
    record = tk.local_moran(states, "unemp", tk.weights.queen(states), permutations=999, seed=1)
    china = tk.load("china")
    return {
        "states": states.explore(["unemp", "log(gsp / emp)"], clusters=record).save(folder / "states.html"),
        "china": china.explore(["urban_share", "gdp / pop"], lang="zh").save(folder / "china.html"),
        "points": states.with_geometry(states.geometry.geometry.representative_point())
        .explore("unemp")
        .save(folder / "points.html"),
        "columbus": tk.load("columbus").explore("CRIME", projection="keep").save(folder / "columbus.html"),
    }


@pytest.fixture(params=list(SIZES))
def opened(request, browser, files):
    """Opens a page; at the end nothing was asked of the network and nothing went wrong."""
    context = browser.new_context(**SIZES[request.param], offline=True)
    page, trouble = context.new_page(), []
    page.on("request", lambda r: trouble.append(r.url) if r.url.startswith(("http", "ws")) else None)
    page.on("console", lambda m: trouble.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: trouble.append(str(e)))

    def open_page(name):
        page.goto(files[name].as_uri())
        page.wait_for_selector("html[data-ready]", timeout=20_000)
        page.wait_for_timeout(500)
        return page

    yield open_page
    context.close()
    assert trouble == []


def colours(page, part: str) -> set:
    """Colours that cover at least a thousandth of an element."""
    from PIL import Image

    image = Image.open(io.BytesIO(page.locator(part).screenshot())).convert("RGB")
    return {c for n, c in image.getcolors(maxcolors=1 << 24) if n > image.width * image.height / 1000}


def column(page, name: str) -> list:
    return page.evaluate(
        "name => Array.from(Bokeh.documents.map(d => d.get_model_by_name('regions')).find(Boolean).data[name])", name
    )


@pytest.mark.parametrize("name", ["states", "china", "points", "columbus"])
def test_drawn_and_no_wider_than_the_screen(opened, name):
    page = opened(name)
    assert len(colours(page, "#map")) >= 5
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    legend = page.locator("#legend li:not(.note)").all_inner_texts()
    assert len(legend) >= 5
    if name != "columbus":
        assert len(colours(page, "#series")) >= 2


def test_the_year_moves_by_keyboard_and_values_with_it(opened):
    page = opened("states")
    before = column(page, "value")
    assert page.locator("#heading").inner_text() == "Unemployment rate (percent), 1986"
    page.locator("#time").focus()
    page.keyboard.press("Home")
    assert page.locator("#heading").inner_text() == "Unemployment rate (percent), 1970"
    panel = tk.load("munnell")
    after = column(page, "value")
    assert after != before
    assert [float(v.split()[0]) for v in after] == pytest.approx(list(panel.values("unemp")[0]), abs=0.001)
    fills = column(page, "fill")
    codes = panel.values("unemp")[0].argsort()
    assert fills[codes[0]] != fills[codes[-1]]
    page.locator("#play").click()
    assert page.locator("#play").inner_text() == "Pause"
    page.wait_for_function("Number(document.getElementById('year').textContent) > 1971", timeout=20_000)
    page.locator("#play").click()
    assert page.locator("#play").inner_text() == "Play"


def test_variable_region_and_table(opened):
    page = opened("states")
    page.locator("#variable").select_option(label="log(Gross state product / Non-agricultural payroll employment)")
    page.locator("#region").select_option(label="Wyoming")
    panel = tk.load("munnell")
    values = tk.Panel.wide(panel.assign(y="log(gsp / emp)"), "y").loc[1986]
    wyoming = list(panel.names).index("Wyoming")
    rank = int((values > values.iloc[wyoming]).sum()) + 1
    assert page.locator("#readout").inner_text() == f"Wyoming: {values.iloc[wyoming]:.3f} · Rank {rank} of 48 · 1986"
    page.locator("#table summary").click()
    rows = page.locator("#table tbody tr")
    rows.first.wait_for()
    assert rows.count() == 48
    assert rows.first.locator("td").first.inner_text() == panel.names.iloc[int(values.to_numpy().argmax())]
    assert page.locator("#table tr.chosen").inner_text().startswith("Wyoming")


def test_a_tap_on_the_map_names_the_region_and_marks_its_series(opened):
    page = opened("states")
    spot = page.locator("#map").bounding_box()
    at = (spot["x"] + 0.47 * spot["width"], spot["y"] + 0.6 * spot["height"])
    if page.evaluate("navigator.maxTouchPoints") > 0:
        page.touchscreen.tap(*at)
    else:
        page.mouse.click(*at)
    page.wait_for_timeout(400)
    name = page.locator("#readout .where").inner_text()
    chosen = page.evaluate(
        "['regions', 'lines'].map(n => Bokeh.documents.map(d => d.get_model_by_name(n)).find(Boolean).selected.indices[0])"
    )
    names = list(tk.load("munnell").names)
    assert chosen == [names.index(name)] * 2
    assert (0xC1, 0x57, 0x0A) in colours(page, "#series")
    tip = page.evaluate(
        "(m => [m.visible, m.text])(Bokeh.documents.map(d => d.get_model_by_name('tip')).find(Boolean))"
    )
    assert tip[0] and tip[1].startswith(name)


def test_years_without_data_are_hatched_and_named(opened):
    page = opened("china")
    page.locator("#time").focus()
    page.keyboard.press("Home")
    assert set(column(page, "hatch")) == {"right_diagonal_line"} and set(column(page, "value")) == {"无数据"}
    assert "无数据" in page.locator("#legend").inner_text()
    page.locator("#region").select_option(label="上海")
    assert page.locator("#readout").inner_text() == "上海：无数据 · 2000"


def test_the_map_keeps_its_shape(opened):
    """A kilometre is as long up as across, whatever the toolbar takes."""
    page = opened("china")
    across, up = page.evaluate(
        "(m => [m.inner_width / (m.x_range.end - m.x_range.start), m.inner_height / (m.y_range.end - m.y_range.start)])"
        "(Bokeh.documents.map(d => d.get_model_by_name('map')).find(Boolean))"
    )
    assert across == pytest.approx(up, rel=0.01)


def test_clusters_have_their_own_legend(opened):
    page = opened("states")
    page.locator("#variable").select_option(index=2)
    assert page.locator("#legend li").all_inner_texts()[:2] == ["High–High", "Low–Low"]
    assert "FDR" in page.locator("#legend .note").inner_text()
    assert "p = " in page.evaluate(
        "(r => r.data.rank[0])(Bokeh.documents.map(d => d.get_model_by_name('regions')).find(Boolean))"
    )
