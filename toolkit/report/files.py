"""The one way in which a page reaches the disk: whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from toolkit.errors import OutputError

__all__ = ["check_target", "write_atomic"]


def write_atomic(path: str | os.PathLike[str], data: bytes, overwrite: bool = False) -> Path:
    """Write `data` to `path` so that a reader sees the old file or the new one, never a part.

    The bytes go to a hidden file in the same folder, are flushed to the disk and then moved into place.

    Parameters
    ----------
    path : path
        ``~`` is expanded; the folder must exist. A symbolic link is followed.
    data : bytes
        The whole file.
    overwrite : bool
        False refuses a path that exists, also one that came into being while the page was made.

    Returns
    -------
    Path
        Where the file is.

    Raises
    ------
    OutputError
        The file exists, the path is a folder, or the folder is missing or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> write_atomic(f"{folder}/note.txt", b"text").read_bytes()
    b'text'
    """
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise OutputError(
            f"{os.fspath(path)!r}: the content is {type(data).__name__}, not bytes.", fix="encode it first"
        )
    target = check_target(path, overwrite=overwrite)
    partial = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.partial")
    try:
        with open(
            os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666), "wb"
        ) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _move(partial, target, overwrite)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            f"{str(target)!r} cannot be written: {error.strerror or error}.",
            fix="choose another folder or free some room",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def check_target(path: str | os.PathLike[str], suffixes: Iterable[str] | None = None, overwrite: bool = False) -> Path:
    """Refuse a path that cannot be written before any work is spent on the page.

    Parameters
    ----------
    path : path
        ``~`` is expanded.
    suffixes : iterable of str, optional
        What the name may end in, with the dot: ``(".pdf", ".png")``. Upper and lower case are alike.
    overwrite : bool
        Whether the file may exist.

    Returns
    -------
    Path
        The path with ``~`` expanded and symbolic links followed.

    Raises
    ------
    OutputError
        Unknown suffix, existing file, or a folder that is missing.

    Examples
    --------
    >>> check_target("figure.xyz", suffixes=(".pdf", ".png"))
    Traceback (most recent call last):
    toolkit.errors.OutputError: 'figure.xyz' ends in '.xyz', which is not a format written here.
    Allowed: .pdf, .png
    """
    given = Path(path).expanduser()
    if suffixes is not None:
        known = tuple(suffixes)
        if given.suffix.lower() not in known:
            ending = f"ends in {given.suffix!r}" if given.suffix else "has no suffix"
            raise OutputError(f"{str(given)!r} {ending}, which is not a format written here.", allowed=", ".join(known))
    target = Path(os.path.realpath(given)) if given.is_symlink() else given
    if target.is_dir():
        raise OutputError(f"{str(target)!r} is a folder.", fix="add a file name")
    if not target.parent.is_dir():
        raise OutputError(
            f"{str(target)!r} cannot be written: there is no folder {str(target.parent)!r}.",
            fix="create the folder, or correct the path",
        )
    if target.exists() and not overwrite:
        raise _exists(target)
    return target


def _move(partial: Path, target: Path, overwrite: bool) -> None:
    """Put the finished file in its place; without `overwrite` in one step that fails if the place is taken."""
    if overwrite:
        os.replace(partial, target)
        return
    try:
        os.link(partial, target)
    except FileExistsError:
        raise _exists(target) from None
    except OSError:  # a file system without hard links
        if target.exists():
            raise _exists(target) from None
        os.replace(partial, target)


def _exists(target: Path) -> OutputError:
    return OutputError(
        f"{str(target)!r} exists and was left as it is.", fix="pass overwrite=True, or choose another name"
    )
