"""The gallery: every chart and map has an example that draws it."""

import io

import pytest
from rich.console import Console

import toolkit as tk
from toolkit.pipeline import gallery
from toolkit.pipeline.progress import Progress


def test_every_chart_and_map_has_an_example_that_calls_it():
    names = {picture.name for group in gallery.pictures("gallery").values() for picture in group}
    assert names == {f"tk.{m}.{n}" for m in ("charts", "maps") for n in getattr(tk, m).__all__}


def test_the_code_is_what_draws():
    lisa = next(p for p in gallery.pictures("gallery")["Maps"] if p.name == "tk.maps.lisa")
    assert lisa.code.splitlines()[-1].startswith("tk.maps.lisa(") and "import" not in lisa.code
    assert lisa.file == "gallery/maps_lisa.png" and lisa.about.endswith(".")


def some(monkeypatch, source):
    """Make the drawing process a short script."""
    monkeypatch.setattr(gallery, "_COMMAND", ("-c", source))


@pytest.mark.parametrize(
    ("source", "failed"),
    [
        ("print('drawn', 'tk.maps.lisa', sep='\\t')", set()),
        ("print('failed', 'tk.maps.lisa', 'KeyError: 1', sep='\\t')", {"tk.maps.lisa: KeyError: 1"}),
        ("print('said by a library'); raise SystemExit(3)", {"tk.maps.lisa: the process ended with status 3"}),
    ],
)
def test_what_cannot_be_drawn_is_named(monkeypatch, tmp_path, source, failed):
    one = {"Maps": [p for p in gallery.pictures("")["Maps"] if p.name == "tk.maps.lisa"]}
    monkeypatch.setattr(gallery, "pictures", lambda folder: one)
    some(monkeypatch, source)
    with Progress(Console(file=io.StringIO())) as progress:
        assert set(gallery.draw(tmp_path / "gallery", progress)) == failed


@pytest.mark.slow
def test_a_picture_is_drawn(monkeypatch, tmp_path, capsys):
    first = next(f for f in gallery._functions() if f[2].__name__ == "choropleth")
    monkeypatch.setattr(gallery, "_functions", lambda: iter([first]))
    gallery._draw_all(tmp_path)
    assert capsys.readouterr().out == "drawn\ttk.maps.choropleth\n"
    assert (tmp_path / "maps_choropleth.png").read_bytes().startswith(b"\x89PNG")
