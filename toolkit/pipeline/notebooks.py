"""Find, read and execute the notebooks of a folder.

Each notebook runs in a kernel of its own, which is a separate process of this very interpreter (a kernel
registered under the same name for the user would be another), with the folder of the notebook as working
directory, as in Jupyter.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import ReplicationError, listing
from toolkit.pipeline.artefacts import DIRECTORY_VARIABLE, QUICK_VARIABLE

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Notebook", "discover", "execute"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")
_UNDATED = "315532800"  # 1 January 1980: files that would carry the present time carry this one
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Notebook:
    """A notebook as read, before it is run.

    Attributes
    ----------
    name : str
        File name without suffix.
    path : Path
    node : NotebookNode
        Content in nbformat 4.
    title, summary : str
        First heading, and the paragraph after it, of the first text cell; plain text.
    lang : str
        Two-letter language code from the notebook's metadata (``lang``), English by default.
    """

    name: str
    path: Path
    node: NotebookNode
    title: str
    summary: str
    lang: str

    @classmethod
    def read(cls, path: Path) -> Notebook:
        """Read an .ipynb file.

        Raises
        ------
        ReplicationError
            The file is not a notebook.
        """
        import nbformat

        try:
            node = nbformat.read(path, as_version=4)
            nbformat.validate(node)
        except Exception as error:  # nbformat's errors share no class of their own
            raise ReplicationError(f"{path} cannot be read as a notebook: {error}") from error
        title, summary = _headline(node, path.stem.replace("_", " ").capitalize())
        return cls(path.stem, path, node, title, summary, str(node.metadata.get("lang", "en")))

    @property
    def cells(self) -> list[tuple[str, str]]:
        """Type and source of each cell."""
        return [(cell.cell_type, cell.source) for cell in self.node.cells]


def discover(analyses: Path, names: Sequence[str] = ()) -> list[Notebook]:
    """Notebooks of a folder by name, all of them when no names are given.

    Parameters
    ----------
    analyses : Path
        Folder; its subfolders are not searched.
    names : sequence of str
        File names with or without ``.ipynb``.

    Returns
    -------
    list of Notebook
        Sorted by name.

    Raises
    ------
    ReplicationError
        No such folder, no notebook in it, or an unknown name (the message lists the names there are).
    """
    found = {p.stem: p for p in sorted(analyses.glob("*.ipynb"))} if analyses.is_dir() else {}
    if not found:
        raise ReplicationError(
            f"There is no notebook in {analyses}.",
            fix="run from the folder that contains analyses/, or name another with --analyses",
        )
    wanted = [name.removesuffix(".ipynb") for name in names] or list(found)
    if unknown := [name for name in wanted if name not in found]:
        raise ReplicationError(
            f"There is no notebook named {listing(map(repr, unknown))} in {analyses}.",
            allowed=listing(found, most=100),
        )
    return [Notebook.read(found[name]) for name in sorted(set(wanted))]


async def execute(
    notebook: Notebook,
    directory: Path,
    *,
    quick: bool = False,
    timeout: float = 1800,
    threads: int = 1,
    on_cell: Callable[[], None] = lambda: None,
) -> NotebookNode:
    """Run a notebook's cells in order and return it with its outputs.

    Parameters
    ----------
    notebook : Notebook
    directory : Path
        Where `toolkit.pipeline.artefacts` puts the notebook's files.
    quick : bool
        Whether the setting is a reduced one.
    timeout : float
        Seconds allowed for each cell.
    threads : int
        Threads for linear algebra in the kernel, unless the environment names a number.
    on_cell : callable
        Called after each cell.

    Raises
    ------
    ReplicationError
        A cell failed, ran out of time or killed the kernel: names the notebook, the cell, its source, the error.
    """
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    node = deepcopy(notebook.node)
    with tempfile.TemporaryDirectory(prefix="toolkit-kernel-") as scratch, open(f"{scratch}/log", "w+b") as log:
        manager = AsyncKernelManager(
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), connection_file=f"{scratch}/kernel.json"
        )
        client = NotebookClient(node, km=manager, timeout=timeout, record_timing=False)
        environment = {
            **{name: str(threads) for name in _THREADS},
            "SOURCE_DATE_EPOCH": _UNDATED,
            **os.environ,
            DIRECTORY_VARIABLE: str(directory.resolve()),
            QUICK_VARIABLE: "1" if quick else "0",
            "IPYTHONDIR": scratch,  # no start-up files of the user's
        }
        try:
            await client.async_start_new_kernel(cwd=str(notebook.path.parent), env=environment, stdout=log, stderr=log)
            await client.async_start_new_kernel_client()
            for index, cell in enumerate(node.cells):
                try:
                    await client.async_execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
                except CellTimeoutError as error:
                    raise _failure(notebook, index, f"it took longer than {timeout:g} seconds") from error
                except DeadKernelError as error:
                    log.seek(0)
                    said = [line for line in log.read().decode(errors="replace").splitlines() if "over TCP" not in line]
                    raise _failure(notebook, index, "\n".join(["the kernel died", *said[-20:]])) from error
                except CellExecutionError as error:
                    reason = _ANSI.sub("", f"{error.ename}: {error.evalue}")
                    raise _failure(notebook, index, reason, _ANSI.sub("", error.traceback)) from error
                on_cell()
        finally:
            if client.kc is not None:
                client.kc.stop_channels()
            if manager.has_kernel:
                await manager.shutdown_kernel(now=True)
            await manager.cleanup_resources()
    node.metadata.setdefault("language_info", {"name": "python", "pygments_lexer": "ipython3"})
    return node


def _failure(notebook: Notebook, index: int, reason: str, traceback: str = "") -> ReplicationError:
    """Error that shows the failing cell with its lines numbered, the failing one marked where it is known."""
    cell = notebook.node.cells[index]
    lines = cell.source.splitlines()
    marks = re.findall(r"^-+> (\d+) ", traceback, flags=re.MULTILINE)
    at = int(marks[0]) if marks and 0 < int(marks[0]) <= len(lines) else 0
    first = max(0, at - 8)
    numbered = [
        f"{'>' if number == at else ' '}{number:4} | {line}"
        for number, line in enumerate(lines[first : first + 12], start=first + 1)
    ]
    return ReplicationError(
        f"{notebook.path.name} stopped at cell {index + 1} of {len(notebook.node.cells)}: {reason}\n"
        + "\n".join(["", *numbered, ""]),
        fix="correct the cell and run again; the results of the last complete replication were left as they were",
    )


def _headline(node: NotebookNode, default: str) -> tuple[str, str]:
    """Title and first paragraph of the first text cell."""
    text = next((cell.source for cell in node.cells if cell.cell_type == "markdown"), "")
    paragraphs = [p.strip() for p in re.split(r"\n\s*\n|(?<=\S)\n(?=#)|(?m:^#.*$)", text)]
    heading = re.search(r"(?m)^#\s+(.+?)\s*$", text)
    summary = next((p for p in paragraphs if p and not p.startswith("#")), "")
    return _plain(heading.group(1)) if heading else default, _plain(summary)


def _plain(markdown: str) -> str:
    """Markdown's text without links, emphasis and code marks."""
    unlinked = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return " ".join(re.sub(r"(\*\*|__|\*|`|(?<!\w)_|_(?!\w))", "", unlinked).split())
