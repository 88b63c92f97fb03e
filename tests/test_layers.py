"""The rooms of the house: what may import what, and no place for odds and ends."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ["data", "weights", "explore", "models", "postestimation", "designs", "report", "pipeline", "teaching"]


def lint_imports(config, folder):
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--config", config, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_imports_flow_one_way():
    done = lint_imports(ROOT / "pyproject.toml", ROOT)
    assert done.returncode == 0, done.stdout
    assert "2 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("utils.py", ""),
        ("data/late.py", "from toolkit.models import fit"),
        ("explore/odd.py", "def f():\n    from toolkit.models import fit"),
        ("report/odd.py", "from toolkit.weights import spatial_weights"),
        ("designs/odd.py", "from toolkit.report import site"),
    ],
)
def test_a_breach_is_found(tmp_path, path, source):
    """The contracts, run on a copy of the rooms into which one breach was put."""
    package = tmp_path / "toolkit"
    for module in ("__init__", "cli", "contracts", "errors", *(f"{room}/__init__" for room in ROOMS)):
        (package / f"{module}.py").parent.mkdir(parents=True, exist_ok=True)
        (package / f"{module}.py").write_text("")
    for module in ("models/fit", "weights/spatial_weights", "report/site"):
        (package / f"{module}.py").write_text("")
    config = tmp_path / "pyproject.toml"
    config.write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert lint_imports(config, tmp_path).returncode == 0
    (package / path).write_text(source)
    done = lint_imports(config, tmp_path)
    assert done.returncode == 1, done.stdout
    assert Path(path).stem in done.stdout


def test_no_module_is_named_for_odds_and_ends():
    odd = {"utils.py", "helpers.py", "base.py", "common.py", "misc.py"}
    assert [p for p in (ROOT / "toolkit").rglob("*.py") if p.name in odd] == []
