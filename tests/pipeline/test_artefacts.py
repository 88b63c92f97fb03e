"""What a notebook saves and records."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from toolkit.contracts import TestResult
from toolkit.errors import InputError, OutputError
from toolkit.pipeline import artefacts


class Table:
    """Stands in for a table record: anything with save(path)."""

    def save(self, path):
        Path(path).write_text(f"table as {Path(path).suffix}")


@dataclass(frozen=True)
class Hashed:
    name: str = ""
    description: str = ""
    hash: str = "ab" * 32


def drawn():
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([1, 2], [1, 2])
    return figure


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(artefacts.DIRECTORY_VARIABLE, str(tmp_path / "a"))
    return tmp_path / "a"


def recorded(folder):
    return json.loads((folder / artefacts.RECORD_FILE).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("make", "kind", "suffixes"),
    [
        (Table, "table", ["tex", "docx", "html"]),
        (drawn, "figure", ["pdf", "png"]),
        (lambda: drawn().axes[0], "figure", ["pdf", "png"]),
        (lambda: pd.DataFrame({"x": [1.5]}), "data", ["csv"]),
        (lambda: TestResult.chi2("LM lag", "rho = 0", 3.0, 1), "data", ["csv"]),
    ],
    ids=["table", "figure", "axes", "frame", "tidy"],
)
def test_save_writes_each_format_and_returns_what_it_was_given(folder, make, kind, suffixes):
    thing = make()
    assert artefacts.save(thing, "one", title="The first", alt="A line") is thing
    files = [f"one.{s}" for s in suffixes]
    assert sorted(p.name for p in folder.iterdir() if p.name.startswith("one")) == sorted(files)
    assert all((folder / f).stat().st_size > 0 for f in files)
    assert recorded(folder)["artefacts"] == [
        {"name": "one", "kind": kind, "title": "The first", "alt": "A line", "files": files}
    ]


def test_formats_can_be_chosen_and_the_title_defaults_to_the_name(folder):
    artefacts.save(Table(), "table_1", formats=(".md", "tex"))
    assert recorded(folder)["artefacts"][0]["files"] == ["table_1.md", "table_1.tex"]
    assert recorded(folder)["artefacts"][0]["title"] == "Table 1"


def test_frames_come_back_as_they_went(folder):
    frame = pd.DataFrame({"x": [0.1, 1 / 3]}, index=pd.Index(["北京", "b"], name="id"))
    artefacts.save(frame, "numbers")
    back = pd.read_csv(folder / "numbers.csv", index_col="id", float_precision="round_trip")
    pd.testing.assert_frame_equal(back, frame, check_exact=True)


def test_the_same_figure_is_the_same_file(folder):
    artefacts.save(drawn(), "one")
    artefacts.save(drawn(), "two")
    for suffix in ("pdf", "png"):
        assert (folder / f"one.{suffix}").read_bytes() == (folder / f"two.{suffix}").read_bytes()


def test_a_saved_figure_is_not_shown_twice(folder):
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    artefacts.save(pyplot.figure(), "one")
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("name", ["", "a b", "../a", "a.tex", "a/b", "-a", "notebook", "表"])
def test_names_that_are_not_file_names_are_refused(folder, name):
    with pytest.raises(InputError, match="letters, digits") as refusal:
        artefacts.save(Table(), name)
    assert repr(name) in str(refusal.value)
    assert not folder.exists()


def test_an_object_that_cannot_be_saved_is_refused_by_type(folder):
    with pytest.raises(InputError, match="A dict cannot be saved"):
        artefacts.save({}, "one")


def test_one_name_for_two_artefacts_is_refused_in_a_replication(folder):
    artefacts.save(Table(), "one")
    with pytest.raises(OutputError, match="named 'one'"):
        artefacts.save(Table(), "one")


def test_by_hand_a_cell_may_be_run_again(tmp_path, monkeypatch):
    (tmp_path / "analyses").mkdir()
    monkeypatch.chdir(tmp_path / "analyses")
    monkeypatch.delenv(artefacts.DIRECTORY_VARIABLE, raising=False)
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "analyses" / "growth.ipynb"))
    artefacts.save(Table(), "one")
    artefacts.save(Table(), "one", title="Again")
    folder = tmp_path / "build" / "by-hand" / "growth"
    assert artefacts.directory() == folder
    assert [a["title"] for a in recorded(folder)["artefacts"]] == ["Again"]
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert artefacts.directory().name == "notebook"


def test_record_notes_each_thing_once(folder, tmp_path):
    source = tmp_path / "source.csv"
    source.write_text("x")
    panels = [Hashed(name="munnell"), Hashed(hash="cd" * 32)]
    for _ in range(2):
        artefacts.record(panel=panels, weights=Hashed(description="queen"), seed=np.int64(1), file=source)
    artefacts.record(seed=(2, 1))
    assert recorded(folder) == {
        "artefacts": [],
        "data": [{"name": "munnell", "hash": "ab" * 32}, {"name": "panel", "hash": "cd" * 32}],
        "weights": [{"description": "queen", "hash": "ab" * 32}],
        "seeds": [1, 2],
        "files": [str(source.resolve())],
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"panel": 3}, "panel= was given a int, which has no content hash"),
        ({"weights": Table()}, "weights= was given a Table"),
        ({"seed": 1.5}, "seed=1.5 is not a whole number"),
        ({"seed": True}, "seed=True is not a whole number"),
        ({"file": "absent.csv"}, "'absent.csv' does not exist"),
    ],
)
def test_record_refuses_what_it_cannot_note(folder, given, message):
    with pytest.raises(InputError, match=message):
        artefacts.record(**given)
