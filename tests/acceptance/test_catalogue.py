"""The filter of the data catalogue in a browser."""

from __future__ import annotations

import pytest

import toolkit as tk
from toolkit.report.catalogue import catalogue_body

pytestmark = pytest.mark.acceptance


def test_the_box_filters_variables_of_all_data_sets(browser, tmp_path):
    panels = {name: tk.load(name) for name in ("munnell", "us_income", "china")}
    body = catalogue_body(panels)
    path = tmp_path / "catalogue.html"
    path.write_text(
        f"<!doctype html><meta charset=utf-8><title>t</title><style>.scroll {{ overflow-x: auto }}</style><main>{body}</main>",
        encoding="utf-8",
    )
    page = browser.new_page(viewport={"width": 390, "height": 900})
    faults = []
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Find variables").fill("常住人口")
    assert page.locator(".codebook tr[data-variable]:visible").count() == 2  # pop, and the share of it
    assert page.locator(".coverage tr[data-variable]:visible").count() == 2
    assert page.locator(".dataset:visible").count() == 1
    assert page.locator("output").inner_text() == "2 of 47 variables"
    page.get_by_label("Find variables").fill("1982 dollars")
    assert page.locator(".dataset:visible").get_attribute("id") == "data-munnell"
    page.get_by_label("Find variables").fill("")
    assert page.locator(".dataset:visible").count() == 3
    page.close()
    assert not faults
