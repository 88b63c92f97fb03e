"""`toolkit new`: a folder that runs at once, in both languages, or nothing."""

import json
import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

import toolkit as tk
from toolkit.data.syntax import parse
from toolkit.errors import InputError, OutputError
from toolkit.pipeline.new_project import SAMPLES, new_project
from toolkit.pipeline.runner import replicate

KINDS = [(lang, sample) for lang in ("en", "zh") for sample in SAMPLES]


@pytest.mark.parametrize(("lang", "sample"), KINDS)
def test_the_folder_is_complete_and_its_data_are_read_back(tmp_path, lang, sample):
    made = new_project("my-paper", lang=lang, sample=sample, parent=tmp_path)
    texts = {p: p.read_text(encoding="utf-8") for p in made.rglob("*") if p.is_file()}
    assert {p.relative_to(made).as_posix() for p in texts} == {
        ".gitignore", "Makefile", "README.md", "analyses/main.ipynb", "data/codebook.toml", "data/map.geojson",
        "data/panel.csv", "paper.tex", "requirements.txt",
    }  # fmt: skip
    assert not [p for p, text in texts.items() if "@@" in text]
    source = tk.load(sample)
    panel = tk.Panel.read(
        made / "data/panel.csv", source.entity, source.time, ids="text", geometry=made / "data/map.geojson",
        key=source.entity, codebook=made / "data/codebook.toml",
    )  # fmt: skip
    assert panel.N == source.N and not len(panel.missing())
    assert all(panel.label(v, lang) != v for v in panel.variables if lang == "en" or sample == "china")
    rounded = tk.weights.queen(panel, islands="keep")
    assert rounded == tk.weights.queen(source, islands="keep")  # rounding the borders moved no neighbour
    found = tk.check(panel.frame, panel.entity, panel.time, geometry=panel.geometry, formula=SAMPLES[sample].formula)
    assert found.ok, found
    node = nbformat.read(made / "analyses/main.ipynb", as_version=4)
    nbformat.validate(node)
    assert node.metadata["lang"] == lang
    for cell in (c for c in node.cells if c.cell_type == "code"):
        compile(cell.source, "cell", "exec")
    parse(SAMPLES[sample].outcome)
    inputs = set(re.findall(r"\\input\{build/main/(\w+)\.tex\}", texts[made / "paper.tex"]))
    saved = {name for c in node.cells for name in re.findall(r'artefacts\.save\([^\n]*?, "(\w+)", title', c.source)}
    assert inputs and inputs <= saved


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "sample"), [("en", "munnell"), ("zh", "china")])
def test_it_runs_at_once(tmp_path, lang, sample):
    made = new_project("my-paper", lang=lang, sample=sample, parent=tmp_path)
    done = replicate(analyses=made / "analyses", out=made / "build", quick=True)
    assert done.ran == ("main",)
    files = {p.name for p in (made / "build/main").iterdir()}
    assert {"descriptives.tex", "models.docx", "impacts.html", "map.pdf", "moran.png"} <= files
    manifest = json.loads((made / "build/manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["notebooks"]["main"]["read"]) == 3  # another table is another run


@pytest.mark.acceptance
@pytest.mark.parametrize(("lang", "sample"), [("en", "munnell"), ("zh", "china")])
def test_the_paper_compiles(tmp_path, lang, sample):
    made = new_project("my-paper", title="50% of R&D, $x_1$ #1", lang=lang, sample=sample, parent=tmp_path)
    command = ["make", "paper", f"TOOLKIT={sys.executable} -m toolkit.cli", "ARGS=--quick"]
    done = subprocess.run(command, cwd=made, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (made / "build/paper.pdf").stat().st_size > 20_000
    assert "undefined" not in (made / "build/paper.log").read_text(errors="replace")


def test_a_title_is_escaped_in_each_file(tmp_path):
    made = new_project("my-paper", title='R&D: 50% of $x_1$ "quoted" \\ end', parent=tmp_path)
    assert r"R\&D: 50\% of \$x\_1\$" in (made / "paper.tex").read_text()
    cell = nbformat.read(made / "analyses/main.ipynb", as_version=4).cells[0]
    assert cell.source.startswith('# R&D: 50% of $x_1$ "quoted" \\ end')


@pytest.mark.parametrize(
    "name",
    ["a/b", "a\\b", "..", ".", "", "-x", "--help", "con", "NUL.txt", "com1", "x" * 81, "a:b", "a*", "end.", "a\n"],
)
def test_names_that_are_no_folder_everywhere_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="my-paper"):
        new_project(name, parent=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "said"),
    [({"lang": "fr"}, "en, zh"), ({"sample": "mars"}, "munnell, china"), ({"parent": "absent"}, "no folder 'absent'")],
)
def test_what_is_unknown_is_refused(tmp_path, options, said):
    with pytest.raises((InputError, OutputError), match=said):
        new_project("my-paper", **{"parent": tmp_path, **options})
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    with pytest.raises(OutputError, match="not empty"):
        new_project("full", parent=tmp_path)
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["note.txt"]
    (tmp_path / "empty").mkdir()
    assert (new_project("empty", parent=tmp_path) / "Makefile").exists()


def test_nothing_is_left_behind_when_the_disk_is_full(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("toolkit.pipeline.new_project._write_sample", full)
    with pytest.raises(OutputError, match="No space left"):
        new_project("my-paper", parent=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_makefile_says_its_commands(tmp_path):
    made = new_project("my-paper", parent=tmp_path)
    said = subprocess.run(
        ["make", "--no-print-directory", "-n", "check"], cwd=made, capture_output=True, text=True
    ).stdout
    assert said.strip() == (
        "toolkit check data/panel.csv --entity state --time year --map data/map.geojson --key state "
        "--formula 'log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp'"
    )
