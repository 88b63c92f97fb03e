"""What a replication was made from, and whether its files still stand.

``manifest.json`` holds, per notebook, the hash of all its inputs, what it recorded (data, weights,
seeds, files), the versions it ran with, and the sha256 of every file it made.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import toolkit
from toolkit.errors import ReplicationError

__all__ = [
    "MANIFEST",
    "Hasher",
    "file_hashes",
    "intact",
    "packages",
    "read",
    "satisfies",
    "sha256",
    "toolkit_hash",
    "write",
]

MANIFEST = "manifest.json"
FORMAT = 2
_DISTRIBUTION = "regional-toolkit"
#: the accepted ledger is compared with, not computed from
_NOT_INPUTS = {"__pycache__", ".ipynb_checkpoints", ".DS_Store", "ledger.csv"}


class Hasher:
    """Hashes of notebooks' inputs; what the notebooks have in common is read once.

    Common inputs: the sources and packaged tables of the toolkit, ``requirements.lock`` and
    ``shapefiles/`` beside ``analyses/``, every file in ``analyses/`` that is not a notebook, the Python
    version and the versions of the packages the toolkit depends on.

    Parameters
    ----------
    analyses : Path
        Folder of the notebooks.
    """

    def __init__(self, analyses: Path):
        root = analyses.parent
        beside = (p for p in _files(analyses) if p.suffix != ".ipynb")
        parts = {
            "toolkit": _toolkit(),
            "analyses": _tree(beside, analyses),
            "shapefiles": _tree(_files(root / "shapefiles"), root),
            "lock": _tree([p for p in [root / "requirements.lock"] if p.is_file()], root),
            "python": platform.python_version(),
            "packages": packages(),
        }
        self._common = _digest(parts)

    def __call__(self, cells: Iterable[tuple[str, str]]) -> str:
        """Hash of a notebook's inputs; its outputs and execution counts are not among them.

        Parameters
        ----------
        cells : iterable of (type, source)

        Returns
        -------
        str
            sha256, 64 hexadecimal digits.
        """
        return _digest([self._common, list(cells)])


def toolkit_hash() -> str:
    """Hash of what the pages about the toolkit itself are made from: its sources and the versions below it."""
    return _digest([_toolkit(), platform.python_version(), packages()])


def packages() -> dict[str, str]:
    """Name and version of the packages that the toolkit itself depends on, sorted by name."""
    try:
        wanted = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        wanted = []
    names = sorted({re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0] for line in wanted if "extra ==" not in line})
    return {name: metadata.version(name) for name in names if _installed(name)}


def read(out: Path) -> dict[str, Any]:
    """Manifest of an earlier replication in `out`; one without notebooks where there is none.

    Raises
    ------
    ReplicationError
        The file is there but is not a manifest.
    """
    path = out / MANIFEST
    if not path.exists():
        return {"format": FORMAT, "notebooks": {}, "files": {}}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = found["format"] == FORMAT and isinstance(found["notebooks"], dict) and isinstance(found["files"], dict)
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ReplicationError(
            f"{path} is not a manifest that this version can read.",
            fix=f"remove the folder {out} if it holds an old replication, or choose another with --out",
        )
    return found


def write(
    out: Path,
    notebooks: Mapping[str, Mapping[str, Any]],
    files: Mapping[str, str],
    *,
    handbook: bool = True,
    gallery: str = "",
) -> None:
    """Write the manifest of `notebooks` (name -> entry) and of the `files` common to all of them.

    `handbook` says whether the site has the pages about the toolkit itself, `gallery` what its pictures were drawn from.
    """
    content = {
        "format": FORMAT,
        "toolkit": toolkit.__version__,
        "handbook": handbook,
        "gallery": gallery,
        "files": dict(sorted(files.items())),
        "notebooks": dict(sorted(notebooks.items())),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    (out / MANIFEST).write_text(text, encoding="utf-8")


def satisfies(entry: Mapping[str, Any] | None, inputs: str, *, quick: bool, out: Path, analyses: Path) -> bool:
    """Whether an earlier result stands for a run with these inputs and this setting.

    It does when the inputs are the same, every file it made (in `out`) and every file it recorded as read
    (seen from `analyses`) is unchanged, and it was not a reduced run where a full one is asked for.
    """
    if entry is None or entry["inputs"] != inputs or (entry["setting"] == "quick" and not quick):
        return False
    return intact({f["path"]: f["sha256"] for f in entry["read"]}, analyses) and intact(entry["files"], out)


def intact(files: Mapping[str, str], folder: Path) -> bool:
    """Whether each of `files` (path from `folder` -> sha256) is there, unchanged."""
    return all((folder / name).is_file() and sha256(folder / name) == digest for name, digest in files.items())


def file_hashes(folder: Path, below: Path) -> dict[str, str]:
    """Path below `below` -> sha256, for every file in `folder`."""
    return {path.relative_to(below).as_posix(): sha256(path) for path in _files(folder)}


def sha256(path: Path) -> str:
    """Sha256 of a file's content, 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and not _NOT_INPUTS.intersection(p.parts))


def _toolkit() -> dict[str, str]:
    return _tree(_files(Path(toolkit.__file__).parent), Path(toolkit.__file__).parent)


def _tree(files: Iterable[Path], root: Path) -> dict[str, str]:
    return {p.relative_to(root).as_posix(): sha256(p) for p in files}


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
