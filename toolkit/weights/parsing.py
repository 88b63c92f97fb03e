"""Readers behind `files.read`: each takes a path and gives ids and a matrix as the file has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from toolkit.errors import WeightsError, listing

__all__ = ["READERS"]

_Content = tuple[Sequence[Hashable], object]


def _read_gal(path: Path, ids, layout, variable) -> _Content:
    words = path.read_text(encoding="utf-8").split("\n", 1)
    header, body = words[0].split(), words[1].split()
    n = int(header[1] if len(header) > 1 else header[0])
    focal, neighbor, own, at = [], [], [], 0
    for _ in range(n):
        id_, count = body[at], int(body[at + 1])
        own.append(id_)
        focal += [id_] * count
        neighbor += body[at + 2 : at + 2 + count]
        at += 2 + count
    if at != len(body):
        raise ValueError(f"{len(body) - at} words follow the last region")
    return _linked(focal, neighbor, np.ones(len(focal)), ids, own)


def _read_gwt(path: Path, ids, layout, variable) -> _Content:
    lines = path.read_text(encoding="utf-8").splitlines()
    header = lines[0].split()
    n = int(header[1] if len(header) > 1 else header[0])
    rows = [line.split() for line in lines[1:] if line.strip()]
    focal, neighbor, value = zip(*rows, strict=True)
    found, matrix = _linked(focal, neighbor, np.array(value, dtype=float), ids)
    if len(found) != n:
        raise WeightsError(
            f"{path.name} announces {n} regions, {len(found)} have links.", fix="give ids=, the ids of all regions"
        )
    return found, matrix


def _read_table(path: Path, ids, layout, variable) -> _Content:
    import pandas as pd

    if path.suffix.lower() == ".xlsx":
        cells = pd.read_excel(path, header=None, dtype=object)
        cells = cells.map(lambda v: "" if pd.isna(v) else str(v))
    else:
        with open(path, encoding="utf-8-sig") as file:
            first = file.readline()
        if first.strip().isdigit():
            return _stata(path, int(first))
        mark = next((m for m in (",", ";", "\t") if m in first), r"\s+")
        cells = pd.read_csv(
            path, header=None, dtype=str, sep=mark, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True
        )
    rows, columns = cells.shape
    titled = not _numeric(cells.iloc[0, -1:])  # "weight", or the id of the last column
    if layout == "long" or (layout == "auto" and columns == 3 and not _is_dense(cells, titled)):
        if columns != 3:
            raise ValueError(f"a list of links has 3 columns, this one {columns}")
        body = cells.iloc[int(titled) :]
        return _linked(body[0].tolist(), body[1].tolist(), _floats(body[2]), ids)
    if columns == rows and not titled and (ids is not None or cells.iat[0, 0] not in ("", "id")):
        if ids is None:
            raise WeightsError(
                f"{path.name} holds a matrix without ids.", fix="give ids=, one per row, in the order of the rows"
            )
        return ids, _floats(cells)
    if columns != rows:
        raise ValueError(f"a matrix with ids as header and first column is square, this one {rows} x {columns}")
    across, down = _as_read(cells.iloc[0, 1:].tolist()), _as_read(cells.iloc[1:, 0].tolist())
    if set(across) != set(down):
        raise WeightsError(f"Header and first column of {path.name} differ: {listing(set(across) ^ set(down))}.")
    order = [across.index(i) for i in down]
    return down, _floats(cells.iloc[1:, 1:])[:, order]


def _stata(path: Path, n: int) -> _Content:
    """What Stata's ``spmatrix export`` and ``spmat export`` write: N, then a line a region with its id first."""
    import pandas as pd

    cells = pd.read_csv(
        path, header=None, skiprows=1, dtype=str, sep=r"\s+", keep_default_na=False, encoding="utf-8-sig"
    )
    if cells.shape != (n, n + 1):
        raise ValueError(f"the first line announces {n} regions, {cells.shape[0]} x {cells.shape[1]} cells follow")
    return _as_read(cells[0].tolist()), _floats(cells.iloc[:, 1:])


def _is_dense(cells, titled: bool) -> bool:
    """Whether a table of three columns is a matrix of three regions, or of two with their ids."""
    return len(cells) == 3 and (not titled or set(cells.iloc[0, 1:]) == set(cells.iloc[1:, 0]))


def _read_mtx(path: Path, ids, layout, variable) -> _Content:
    from scipy.io import mmread

    return _need(ids, path), mmread(path)


def _read_mat(path: Path, ids, layout, variable) -> _Content:
    from scipy.io import loadmat

    try:
        content = loadmat(path)
    except NotImplementedError:
        raise WeightsError(
            f"{path.name} is a MATLAB 7.3 file.", allowed="versions 4 to 7", fix="in MATLAB: save(file, 'W', '-v7')"
        ) from None
    square = {
        name: value
        for name, value in content.items()
        if not name.startswith("__") and getattr(value, "ndim", 0) == 2 and value.shape[0] == value.shape[1] > 1
    }
    if variable is None and len(square) != 1:
        raise WeightsError(
            f"{path.name} holds {len(square)} square matrices.",
            allowed=listing(square) or "one",
            fix="name one: variable=",
        )
    if variable is not None and variable not in content:
        raise WeightsError(f"{path.name} has no {variable!r}.", allowed=listing(square))
    return _need(ids, path), content[variable] if variable else next(iter(square.values()))


def _need(ids, path: Path) -> Sequence[Hashable]:
    if ids is None:
        raise WeightsError(f"{path.name} holds no ids.", fix="give ids=, one per row, in the order of the rows")
    return ids


def _linked(
    focal: Sequence[str], neighbor: Sequence[str], value: np.ndarray, ids, own: Sequence[str] | None = None
) -> _Content:
    """Ids and sparse matrix of a list of links, in the order of `own`, or else as the focal regions appear."""
    own = focal if own is None else own
    words = list(dict.fromkeys([*own, *neighbor]))
    keys = dict(zip(words, _as_read(words), strict=True))
    if ids is None:
        order = list(keys.values())
    else:
        order = list(ids)
        row_of = {str(i): i for i in order}
        if all(str(k) in row_of for k in keys.values()) or all(w in row_of for w in words):
            keys = {w: row_of.get(w, row_of.get(str(k))) for w, k in keys.items()}
        elif all(w.isdigit() and 1 <= int(w) <= len(order) for w in words):
            keys = {w: order[int(w) - 1] for w in words}
        else:
            lost = [w for w, k in keys.items() if str(k) not in row_of]
            raise WeightsError(f"Regions in the file that are not among ids=: {listing(lost)}.", allowed=listing(order))
    rows = {k: i for i, k in enumerate(order)}
    i, j = ([rows[keys[w]] for w in side] for side in (focal, neighbor))
    if len(set(zip(i, j, strict=True))) < len(i):
        counts = Counter(zip(i, j, strict=True))
        twice = [f"{order[a]} -> {order[b]}" for (a, b), times in counts.items() if times > 1]
        raise WeightsError(f"Links that appear more than once: {listing(twice)}.", fix="keep one line per link")
    return order, sparse.csr_array((value, (i, j)), shape=(len(order),) * 2)


def _as_read(words: Sequence[str]) -> list[Hashable]:
    """Whole numbers where all are and none has a leading zero, which would be lost; text otherwise."""
    plain = all(w.lstrip("-").isdigit() and str(int(w)) == w for w in words)
    return [int(w) for w in words] if plain else list(words)


def _floats(cells) -> np.ndarray:
    return np.asarray(cells, dtype=object).astype(float)


def _numeric(cells) -> bool:
    try:
        _floats(cells)
    except ValueError:
        return False
    return True


#: Reader by suffix: path, ids or None, layout, variable -> ids, matrix.
READERS: dict[str, Callable[..., _Content]] = {
    ".gal": _read_gal,
    ".gwt": _read_gwt,
    ".csv": _read_table,
    ".txt": _read_table,
    ".xlsx": _read_table,
    ".mtx": _read_mtx,
    ".mat": _read_mat,
}
