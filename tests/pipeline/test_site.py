"""The site of a replication: what the gallery carries over, and what a project without the toolkit's papers has."""

import io
import json

import pytest
from rich.console import Console

from toolkit.pipeline import handbook, manifest, site
from toolkit.pipeline.progress import Progress

PICTURE = "site/gallery/maps_lisa.png"


class Drawing:
    """Stands for the process that draws, and counts."""

    def __init__(self, *failed):
        self.times, self.failed = 0, failed

    def __call__(self, folder, progress):
        folder.mkdir(parents=True)
        (folder / "maps_lisa.png").write_bytes(b"picture")
        self.times += 1
        return self.failed


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """An earlier replication with a gallery, and what draws."""
    drawing = Drawing()
    monkeypatch.setattr(site, "draw", drawing)
    out = tmp_path / "build"
    made = run(out, tmp_path / "nothing")
    manifest.write(out, {}, manifest.file_hashes(out, out), gallery=made)
    return drawing, out


def run(new, out):
    with Progress(Console(file=io.StringIO())) as progress:
        return site.gallery(new, out, progress)


def test_the_gallery_of_the_same_toolkit_is_carried_over(drawn, tmp_path):
    drawing, out = drawn
    (out / "site" / "gallery" / "mine.png").write_bytes(b"not ours")
    assert run(tmp_path / "new", out) == manifest.toolkit_hash()
    assert drawing.times == 1
    assert [p.name for p in (tmp_path / "new" / "site" / "gallery").iterdir()] == ["maps_lisa.png"]


@pytest.mark.parametrize("change", ["toolkit", "picture lost", "picture changed"])
def test_it_is_drawn_anew_when_something_changed(drawn, tmp_path, monkeypatch, change):
    drawing, out = drawn
    if change == "toolkit":
        monkeypatch.setattr(manifest, "packages", lambda: {"matplotlib": "0"})
    elif change == "picture lost":
        (out / PICTURE).unlink()
    else:
        (out / PICTURE).write_bytes(b"forged")
    run(tmp_path / "new", out)
    assert drawing.times == 2 and (tmp_path / "new" / PICTURE).read_bytes() == b"picture"


def test_what_failed_is_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "draw", Drawing("tk.maps.lisa: KeyError"))
    assert run(tmp_path / "new", tmp_path / "nothing") == ""


def test_a_site_without_papers_has_no_ledger_and_names_the_pages_it_has(tmp_path, monkeypatch):
    page = handbook.Page(label="Data", about="Sources.", body=lambda folder: "<h1>Data</h1>")
    monkeypatch.setattr(site, "PAGES", {"data.html": page})
    with Progress(Console(file=io.StringIO())) as progress:
        site.write_site(tmp_path, {}, {}, [], claims="claims.csv", handbook=True, progress=progress)
    assert {p.name for p in (tmp_path / "site").iterdir()} == {"index.html", "data.html"}
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "ledger.html" not in index and index.count('href="data.html"') == 2 and "Sources." in index


def test_the_manifest_says_what_the_gallery_was_drawn_from(drawn):
    _, out = drawn
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["gallery"] == manifest.toolkit_hash()
