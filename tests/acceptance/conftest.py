"""Pages opened in headless Chromium."""

import shutil

import pytest


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    assert found, "chromium is needed: apt-get install chromium"
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def look(browser):
    """Open a page; give it with what went wrong and what it asked of the network."""
    pages = []

    def opened(path, width=1280, *, dark=False):
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
        )
        pages.append(page)
        faults = []
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("console", lambda said: faults.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
        page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else faults.append(f"asked: {r.url}"))
        page.goto(path.resolve().as_uri())
        page.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager' })")
        page.wait_for_function("[...document.images].every(image => image.complete)")
        return page, faults

    yield opened
    for page in pages:
        page.close()
