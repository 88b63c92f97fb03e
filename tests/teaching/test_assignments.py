"""A tiny exercise, well and badly made, through nbgrader."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from toolkit.errors import InputError, OutputError, ReplicationError
from toolkit.teaching.assignments import build
from toolkit.teaching.catalogue import check_list, write_list_of
from toolkit.teaching.exercises import leaks, read_exercise

COURSE = Path(__file__).parents[2] / "analyses" / "teaching"
FIRST = """# What is two?

**Learning goal.** Add one and one. See that it is two.

**Time.** 45 minutes

**Data.** None.

**What to read.** Peano (1889), section 1.
"""
ANSWER = "def two():\n    ### BEGIN SOLUTION\n    return one_and_one(1) + 1 - 1\n    ### END SOLUTION"
GIVEN = "def one_and_one(x):\n    return x + 1"
TEST = "### BEGIN HIDDEN TESTS\nassert two() == one_and_one(1), 'one and one is two'\n### END HIDDEN TESTS"


def role(grade_id, **flags):
    return {
        "nbgrader": {
            "schema_version": 3,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
            "grade_id": grade_id,
            **flags,
        }
    }


def notebook(answer=ANSWER, test=TEST, first=FIRST):
    cells = [
        new_markdown_cell(first, metadata=role("text", locked=True)),
        new_code_cell(GIVEN, metadata=role("given", locked=True)),
        new_code_cell(answer, metadata=role("two", solution=True)),
        new_code_cell(test, metadata=role("test-two", grade=True, locked=True, points=3)),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


def write(folder, name="two", nb=None):
    (folder / name).mkdir(parents=True)
    path = folder / name / f"{name}.ipynb"
    nbformat.write(nb or notebook(), path)
    return path


def test_what_an_exercise_says_of_itself(tmp_path):
    e = read_exercise(write(tmp_path))
    assert (e.name, e.title, e.points, e.time, e.data) == ("two", "What is two?", 3, "45 minutes", "None.")
    assert e.goal == "Add one and one. See that it is two."


def change(cell, **fields):
    def apply(nb):
        for key, value in fields.items():
            if key == "role":
                nb.cells[cell].metadata["nbgrader"].update(value)
            else:
                nb.cells[cell][key] = value

    return apply


@pytest.mark.parametrize(
    "spoil, message",
    [
        (change(0, source=FIRST.replace("# What is two?", "Two")), "does not begin with a title"),
        (change(0, source=FIRST.replace("**Learning goal.**", "Goal:")), r"does not say \*\*Learning goal\*\*"),
        (change(0, source=FIRST.replace("45", "some")), "without a number of minutes"),
        (change(0, source=FIRST.replace("**What to read.**", "")), "What to read"),
        (change(2, source="def two():\n    return 2"), "cell 2 .two. is to be answered, but holds no solution"),
        (change(2, source=ANSWER.replace("### END SOLUTION", "")), "BEGIN SOLUTION without ### END SOLUTION"),
        (change(2, role={"solution": False}), "holds a solution, but is not marked as an answer"),
        (change(3, source="assert two() == 2"), "graded, but has no hidden tests"),
        (change(3, role={"points": 0}), "graded, but has no points"),
        (change(3, role={"locked": False}), "graded, but not locked"),
        (change(3, role={"grade": False}), "no cell is graded"),
        (change(3, role={"grade_id": "two"}), "two cells have the grade_id two"),
        (change(1, execution_count=1), "cell 1 .given. has outputs"),
        (lambda nb: nb.cells[1].update(id=nb.cells[0].id), "two cells have the id"),
    ],
)
def test_badly_made_exercises_are_refused(tmp_path, spoil, message):
    nb = notebook()
    spoil(nb)
    (tmp_path / "two").mkdir()
    path = tmp_path / "two" / "two.ipynb"
    path.write_text(json.dumps(nb), encoding="utf-8")
    with pytest.raises(InputError, match=message) as error:
        read_exercise(path)
    assert "Exercise 'two' cannot be given out" in str(error.value)


def test_no_notebook_and_no_json(tmp_path):
    with pytest.raises(InputError, match="There is no notebook"):
        read_exercise(tmp_path / "two.ipynb")
    (tmp_path / "two.ipynb").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        read_exercise(tmp_path / "two.ipynb")


def test_leaks_are_seen(tmp_path):
    e = read_exercise(write(tmp_path))
    clean = copy.deepcopy(e.notebook)
    clean.cells[2].source, clean.cells[3].source = "def two():\n    # YOUR CODE HERE", "# Hidden tests"
    assert leaks(e, clean) == []
    clean.cells[0].source += "\nHint: return one_and_one(1) + 1 - 1"
    clean.cells[1].outputs = [nbformat.v4.new_output("stream", text="2")]
    assert leaks(e, clean) == ["the line 'return one_and_one(1) + 1 - 1'", "an output of cell 1"]
    assert "the marker '### BEGIN HIDDEN TESTS'" in leaks(e, e.notebook)


def test_refused_before_any_work(tmp_path):
    write(tmp_path / "source")
    with pytest.raises(InputError, match=r"No exercise is called three.\nAllowed: two"):
        build(["three"], source=tmp_path / "source", out=tmp_path / "out")
    with pytest.raises(InputError, match="There are no exercises"):
        build(source=tmp_path / "nowhere", out=tmp_path / "out")
    with pytest.raises(InputError, match="jobs=0"):
        build(source=tmp_path / "source", out=tmp_path / "out", jobs=0)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(OutputError, match="it is not replaced"):
        build(source=tmp_path / "source", out=tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists() and not (tmp_path / "out").exists()


def test_the_list_of_exercises(tmp_path):
    write(tmp_path / "source")
    with pytest.raises(InputError, match="no place for the list"):
        check_list(tmp_path)
    readme = tmp_path / "README.md"
    marks = "<!-- list of exercises: made by make teaching-list -->", "<!-- end of the list -->"
    readme.write_text(f"# Exercises\n\n{marks[0]}{marks[1]}\nThe end.\n")
    with pytest.raises(InputError, match=r"does not agree with the notebooks.\nNext step: make teaching-list"):
        check_list(tmp_path)
    write_list_of(tmp_path)
    check_list(tmp_path)
    assert "| [What is two?](source/two/two.ipynb) | Add one and one. | None. | 45 | 3 |" in readme.read_text()
    write(tmp_path / "source", "again")
    write_list_of(tmp_path)
    rows = [line.split("](")[1][:12] for line in readme.read_text().splitlines() if "](source" in line]
    assert rows == ["source/two/t", "source/again"]
    assert readme.read_text().endswith(f"{marks[1]}\nThe end.\n")


def test_the_list_of_the_course_agrees_with_its_exercises():
    check_list(COURSE)
    listed = re.findall(r"\(source/(\w+)/\w+\.ipynb\)", (COURSE / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(p.name for p in (COURSE / "source").iterdir() if p.is_dir())
    assert len(set(listed)) == len(listed) >= 14


@pytest.mark.parametrize("name", [p.name for p in sorted((COURSE / "source").iterdir()) if p.is_dir()])
def test_exercises_say_what_to_do(name):
    e = read_exercise(COURSE / "source" / name / f"{name}.ipynb")
    assert 10 <= e.points <= 20
    first, last = e.notebook.cells[0].source, e.notebook.cells[-1].source
    assert "raise NotImplementedError()" in first, "students are not told which line to delete"
    assert "take away" in last and "discussion" in last


@pytest.mark.slow
def test_solution_full_blank_zero(tmp_path):
    source, out = tmp_path / "source", tmp_path / "build" / "teaching"
    write(source)
    for _ in range(2):  # the second time it replaces what it made
        done = build(source=source, out=out)
    (graded,) = done.graded
    assert (graded.points, graded.solution, graded.blank, graded.problems) == (3, 3, 0, ())
    assert sorted(p.name for p in out.iterdir()) == ["exercises.csv", "release"]
    released = nbformat.read(out / "release" / "two" / "two.ipynb", 4)
    assert "raise NotImplementedError" in released.cells[2].source
    assert "assert" not in released.cells[3].source
    assert [p.name for p in out.parent.iterdir()] == ["teaching"]  # nothing is left beside it


@pytest.mark.slow
def test_exercises_that_grade_wrongly_stop_the_build(tmp_path):
    source, out = tmp_path / "source", tmp_path / "teaching"
    write(source, "good")
    write(source, "wrong", notebook(answer=ANSWER.replace("- 1", "+ 1")))
    write(source, "idle", notebook(test=TEST.replace("two() == one_and_one(1)", "one_and_one(1) == 2")))
    with pytest.raises(ReplicationError) as error:
        build(source=source, out=out)
    told = str(error.value)
    assert "2 of 3 exercises cannot be given out" in told and "good:" not in told
    assert "test-two of the solution fails: AssertionError: one and one is two" in told
    assert "the solution gets 0 of 3 points in test-two" in told
    assert "a blank notebook gets 3 points in test-two: its hidden tests test nothing" in told
    assert not out.exists()
