"""Whole replications of tiny notebooks: what is run, what stands, what a failure leaves."""

import json
import os
import shutil
import time
from pathlib import Path

import nbformat
import pytest

from toolkit.errors import InputError, OutputError, ReplicationError
from toolkit.pipeline import manifest
from toolkit.pipeline.plan import plan
from toolkit.pipeline.runner import replicate

SAVING = """
from pathlib import Path
import pandas as pd
from toolkit.pipeline import artefacts
artefacts.save(pd.DataFrame({"x": [1]}), "numbers", title="Some numbers")
artefacts.record(seed=7)
"""


class Project:
    """A folder with analyses/ and build/."""

    def __init__(self, root):
        self.root, self.build = root, root / "build"
        (root / "analyses").mkdir()

    def write(self, name, *cells):
        """Write a notebook of one text cell and these code cells."""
        text = nbformat.v4.new_markdown_cell(f"# About {name}\n\nIt shows *{name}*.")
        code = [nbformat.v4.new_code_cell(source.strip()) for source in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=[text, *code]), self.root / "analyses" / f"{name}.ipynb")

    def run(self, *names, **options):
        return replicate(names, **{"analyses": self.root / "analyses", "out": self.build, "handbook": False, **options})

    def plan(self, *names, force=False, quick=False):
        return plan(names, self.root / "analyses", self.build, force=force, quick=quick, handbook=False)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A replication that is done once and copied by each test that changes something in it."""
    project = Project(tmp_path_factory.mktemp("finished"))
    (project.root / "shapefiles").mkdir()
    (project.root / "outside.csv").write_text("x")
    project.write("one", SAVING, "artefacts.record(file='../outside.csv')")
    project.write("two", "1 + 1")
    project.run()
    return project


@pytest.fixture
def copied(finished, tmp_path):
    shutil.copytree(finished.root, tmp_path / "copy")
    copy = object.__new__(Project)
    copy.root, copy.build = tmp_path / "copy", tmp_path / "copy" / "build"
    return copy


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def entries(build):
    return json.loads((build / "manifest.json").read_text(encoding="utf-8"))["notebooks"]


def test_a_replication_leaves_artefacts_pages_and_a_manifest(finished):
    made = {
        "manifest.json", "one/numbers.csv", "site/index.html", "site/notebooks/one/index.html", "site/notebooks/one/notebook.html",
        "site/notebooks/one/numbers.csv", "site/notebooks/two/index.html", "site/notebooks/two/notebook.html",
    }  # fmt: skip
    assert set(contents(finished.build)) == made
    entry = entries(finished.build)["one"]
    assert entry["title"] == "About one" and entry["summary"] == "It shows one."
    assert entry["setting"] == "full" and entry["seeds"] == [7] and entry["cells"] == 3
    assert entry["packages"]["numpy"] and entry["python"].startswith("3.")
    assert entry["read"][0]["path"] == os.path.join("..", "outside.csv")
    assert set(entry["files"]) == {"site/notebooks/one/notebook.html", "one/numbers.csv"}
    for name, digest in entry["files"].items():
        assert manifest.sha256(finished.build / name) == digest
    assert "Some numbers" in (finished.build / "site/notebooks/one/index.html").read_text(encoding="utf-8")


def test_what_has_not_changed_is_not_run(finished):
    before = contents(finished.root)
    done = finished.run()
    assert (done.ran, done.unchanged, done.kept) == ((), ("one", "two"), ())
    assert contents(finished.root) == before


def run_in_jupyter(root):
    path = root / "analyses" / "one.ipynb"
    node = nbformat.read(path, as_version=4)
    node.cells[1].outputs, node.cells[1].execution_count = [nbformat.v4.new_output("stream", text="by hand")], 5
    nbformat.write(node, path)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (run_in_jupyter, []),
        (lambda root: (root / "build" / "docs").mkdir(), []),
        (lambda root: (root / "build" / "one" / "numbers.csv").write_text("forged"), ["one"]),
        (lambda root: (root / "build" / "site" / "notebooks" / "one" / "notebook.html").unlink(), ["one"]),
        (lambda root: (root / "outside.csv").write_text("other"), ["one"]),
        (lambda root: (root / "analyses" / "extra.csv").write_text("a table"), ["one", "two"]),
        (lambda root: (root / "requirements.lock").write_text("numpy==1"), ["one", "two"]),
        (lambda root: (root / "shapefiles" / "a.shp").write_text("other"), ["one", "two"]),
    ],
    ids=["outputs", "other files", "artefact", "page", "recorded file", "data", "lock", "polygons"],
)
def test_what_a_change_makes_run_again(copied, change, again):
    change(copied.root)
    todo = copied.plan()
    assert [n.name for n in todo.to_run] == again
    assert todo.nothing_to_do == (not again)


def test_a_change_of_the_toolkit_or_its_packages_makes_all_run_again(copied, monkeypatch):
    monkeypatch.setattr(manifest, "packages", lambda: {"numpy": "0"})
    assert [n.name for n in copied.plan().to_run] == ["one", "two"]


def test_a_changed_notebook_is_run_again_and_force_runs_all(copied):
    copied.write("one", SAVING.replace("[1]", "[2]"))
    done = copied.run()
    assert (done.ran, done.unchanged) == (("one",), ("two",))
    assert (copied.build / "one" / "numbers.csv").read_text() == "x\n2\n"
    assert [n.name for n in copied.plan(force=True).to_run] == ["one", "two"]


def test_a_lost_page_of_the_site_is_written_again_without_running_anything(copied):
    before = contents(copied.build)
    (copied.build / "site" / "index.html").unlink()
    assert copied.run().ran == ()
    assert set(contents(copied.build)) == set(before)


def test_the_failing_cell_is_named_and_the_old_build_is_untouched(copied):
    before = contents(copied.build)
    copied.write("two", "x = 0", "x = 1\nx / 0\nx = 2")
    with pytest.raises(ReplicationError) as failure:
        copied.run(force=True)
    message = str(failure.value)
    assert "two.ipynb stopped at cell 3 of 3: ZeroDivisionError: division by zero" in message
    assert ">   2 | x / 0" in message and "    1 | x = 1" in message and "\x1b" not in message
    assert contents(copied.build) == before
    assert [p.name for p in copied.root.iterdir() if p.name.startswith(".build")] == []


def test_the_first_failure_ends_the_others_at_once(project):
    flag = project.root / "finished"
    project.write(
        "slow",
        f"import os, time\nfrom pathlib import Path\nPath({str(flag)!r}).write_text(str(os.getpid()))\ntime.sleep(120)",
    )
    project.write(
        "wrong",
        f"import time\nfrom pathlib import Path\nwhile not Path({str(flag)!r}).exists(): time.sleep(.05)\nraise ValueError('here')",
    )
    began = time.monotonic()
    with pytest.raises(ReplicationError, match="wrong.ipynb stopped at cell 2 of 2: ValueError: here"):
        project.run(jobs=2)
    assert time.monotonic() - began < 60
    assert not project.build.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(flag.read_text()), 0)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("import time\ntime.sleep(60)", "it took longer than 1 seconds"),
        (
            "import os, sys\nprint('last words', file=sys.__stderr__, flush=True)\nos._exit(3)",
            "the kernel died\nlast words",
        ),
    ],
)
def test_a_cell_that_hangs_or_dies_is_named(project, cell, message):
    project.write("one", cell)
    with pytest.raises(ReplicationError, match=f"one.ipynb stopped at cell 2 of 2: {message}"):
        project.run(timeout=1)


def test_notebooks_run_side_by_side_in_processes_of_their_own(project):
    meeting = """
import os, time
from pathlib import Path
from toolkit.pipeline import artefacts
here = Path("{me}"); here.write_text(str(os.getpid()))
for _ in range(400):
    if Path("{other}").exists(): break
    time.sleep(.1)
else: raise TimeoutError("the other notebook is not running")
print(os.getcwd())
"""
    project.write("one", meeting.format(me="a.pid", other="b.pid"))
    project.write("two", meeting.format(me="b.pid", other="a.pid"))
    assert project.run(jobs=2).ran == ("one", "two")
    pids = {(project.root / "analyses" / f).read_text() for f in ("a.pid", "b.pid")}
    assert len(pids) == 2 and str(os.getpid()) not in pids


def test_quick_is_marked_and_does_not_pass_for_full(project):
    project.write(
        "one",
        "from toolkit.pipeline import artefacts\nimport pandas as pd\n"
        "artefacts.save(pd.DataFrame({'quick': [artefacts.quick]}), 'setting')",
    )
    project.run(quick=True)
    setting = project.build / "one" / "setting.csv"
    assert setting.read_text() == "quick\nTrue\n"
    assert entries(project.build)["one"]["setting"] == "quick"
    assert "Reduced setting" in (project.build / "site" / "index.html").read_text(encoding="utf-8")
    assert project.run().ran == ("one",)
    assert setting.read_text() == "quick\nFalse\n"
    assert project.run(quick=True).unchanged == ("one",), "a full result is good enough for a quick run"


def test_named_notebooks_are_run_and_the_others_kept(copied):
    (copied.root / "requirements.lock").write_text("changed")
    done = copied.run("two.ipynb")
    assert (done.ran, done.unchanged, done.kept) == (("two",), (), ("one",))
    assert (copied.build / "one" / "numbers.csv").exists()
    index = (copied.build / "site" / "index.html").read_text(encoding="utf-8")
    assert index.count("An input has changed since") == 1
    (copied.root / "analyses" / "one.ipynb").unlink()
    assert copied.run().ran == ()
    assert set(entries(copied.build)) == {"two"} and not (copied.build / "one").exists()


def test_what_else_lies_in_the_folder_stays(copied):
    (copied.build / "docs").mkdir()
    (copied.build / "docs" / "page.html").write_text("a page")
    (copied.root / "analyses" / "one.ipynb").unlink()
    copied.run()
    assert (copied.build / "docs" / "page.html").read_text() == "a page"
    assert not (copied.build / "one").exists()


def test_a_verdict_that_moves_stops_the_replication_and_shows_old_and_new(project):
    decide = "from toolkit.pipeline import ledger\nledger.holds('P1-C25', {'wider': %s})"
    project.write("one", decide % "True")
    project.run(accept_claims=True)
    accepted = project.root / "analyses" / "ledger.csv"
    assert accepted.read_text(encoding="utf-8").splitlines()[1] == "P1-C25,reproduced,wider: yes"
    project.write("one", decide % "False")
    with pytest.raises(ReplicationError, match="P1-C25: reproduced -> contradicted"):
        project.run()
    assert ",reproduced," in (project.build / "claims.csv").read_text(encoding="utf-8")  # as it was
    with pytest.raises(ReplicationError, match="full run of all notebooks"):
        project.run(accept_claims=True, quick=True)
    project.run(accept_claims=True)
    assert "contradicted" in accepted.read_text(encoding="utf-8")
    assert project.run().unchanged == ("one",)


def test_a_swap_that_fails_is_undone(copied, monkeypatch):
    (copied.build / "docs").mkdir()
    (copied.build / "docs" / "page.html").write_text("a page")
    (copied.root / "analyses" / "one.ipynb").unlink()
    before = contents(copied.build)
    rename = Path.rename

    def breaks_at_last_step(self, target):
        if self.name == "new":
            raise PermissionError("in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", breaks_at_last_step)
    with pytest.raises(OutputError, match="could not be replaced: in use"):
        copied.run()
    assert contents(copied.build) == before


@pytest.mark.parametrize(
    ("names", "out", "prepare", "error", "message"),
    [
        (["three"], "build", None, ReplicationError, "no notebook named 'three' in .*\nAllowed: one, two"),
        ([], "analyses", None, OutputError, "cannot be put in"),
        ([], ".", None, OutputError, "cannot be put in"),
        ([], "analyses/build", None, OutputError, "cannot be put in"),
        ([], "file", lambda root: (root / "file").write_text(""), OutputError, "is a file"),
        (
            [],
            "mine",
            lambda root: (root / "mine").mkdir() or (root / "mine" / "site").mkdir(),
            OutputError,
            "holds site, not made by a replication",
        ),
        (
            [],
            "build",
            lambda root: (root / "analyses" / "one.ipynb").rename(root / "analyses" / "site.ipynb"),
            ReplicationError,
            "cannot be named site.ipynb",
        ),
        (
            [],
            "odd",
            lambda root: (root / "odd").mkdir() or (root / "odd" / "manifest.json").write_text("{}"),
            ReplicationError,
            "not a manifest that this version can read",
        ),
        (
            [],
            "build",
            lambda root: (root / "analyses" / "x.ipynb").write_text("{}"),
            ReplicationError,
            "x.ipynb cannot be read",
        ),
    ],
)
def test_refusals_come_before_anything_is_run(project, names, out, prepare, error, message):
    project.write("one", "raise AssertionError('was run')")
    project.write("two", "raise AssertionError('was run')")
    if prepare:
        prepare(project.root)
    before = contents(project.root)
    with pytest.raises(error, match=message):
        replicate(names, analyses=project.root / "analyses", out=project.root / out)
    assert contents(project.root) == before


def test_no_notebooks_and_no_jobs(tmp_path, project):
    with pytest.raises(ReplicationError, match="There is no notebook in"):
        replicate(analyses=tmp_path / "nowhere", out=tmp_path / "build")
    project.write("one", "1")
    with pytest.raises(InputError, match="jobs=0"):
        project.run(jobs=0)


def test_ledger_is_written_anew_by_each_run(project):
    decide = "from toolkit.pipeline import ledger\nledger.holds('P1-C45', {{'{}': True}})"
    project.write("one", decide.format("first words"))
    project.run()
    project.write("one", decide.format("other words"))
    (project.build / "mine.txt").write_text("kept")
    project.run()
    for name in ("claims.csv", "site/claims.csv", "site/ledger.html"):
        text = (project.build / name).read_text()
        assert "other words" in text and "first words" not in text
    assert (project.build / "mine.txt").read_text() == "kept"
