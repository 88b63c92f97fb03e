"""Weights in files: `read` .gal .gwt .csv .xlsx .txt .mtx .mat, `write` .csv .gal .gwt .mtx."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path

from toolkit.errors import InputError, OutputError, WeightsError, listing
from toolkit.weights.assembly import assemble
from toolkit.weights.checks import as_ids
from toolkit.weights.interchange import with_islands
from toolkit.weights.parsing import READERS
from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["read", "write"]

LAYOUTS = ("auto", "dense", "long")


def read(
    path: str | os.PathLike,
    ids: Iterable[Hashable] | None = None,
    *,
    normalize: str = "none",
    link: Mapping | None = None,
    islands: str = "error",
    names: Mapping[Hashable, str] | None = None,
    layout: str = "auto",
    variable: str | None = None,
    description: str | None = None,
) -> SpatialWeights:
    """Weights from a file, by suffix.

    Parameters
    ----------
    path : path
        ``.gal`` (links, weight 1) and ``.gwt`` (links with a value, often a distance: taken as the weight) of GeoDa;
        ``.csv``, ``.txt`` and ``.xlsx``: the full matrix, with or without ids as header and first column, or a list of
        links (three columns: focal, neighbor, weight); ``.txt`` also as Stata's ``spmatrix export`` writes it (N, then a
        line a region, its id first); ``.mtx`` (Matrix Market); ``.mat`` (MATLAB up to version 7).
    ids : iterable, optional
        Ids of the rows where the file has none; otherwise the order wanted. For lists of links it also brings in
        regions without links, and numbers 1 ... N that are not ids are read as positions, as MATLAB counts them.
    normalize, link, islands, names
        As for `from_matrix`: values are kept unless `normalize` says otherwise.
    layout : {"auto", "dense", "long"}
        Of .csv, .txt and .xlsx. ``auto``: three columns and another number of rows are a list of links.
    variable : str, optional
        Matrix in a .mat file that holds several.
    description : str, optional
        One line for table notes; the file's name otherwise.

    Raises
    ------
    InputError
        Unknown suffix or layout, no such file.
    WeightsError
        Ids missing or not those of the file; content that is not a weights matrix.

    Examples
    --------
    >>> from libpysal.examples import get_path
    >>> read(get_path("columbus.gal"), normalize="row")
    SpatialWeights: 49 regions, 236 links, columbus.gal, row-standardised
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in READERS:
        raise InputError(f"{path.name} cannot be read as weights.", allowed=", ".join(READERS))
    if not path.is_file():
        raise InputError(f"There is no file {path}.", fix="check the name and the folder")
    if layout not in LAYOUTS:
        raise InputError(f"layout={layout!r}.", allowed=", ".join(LAYOUTS))
    wanted = None if ids is None else as_ids(ids)
    try:
        found, matrix = READERS[suffix](path, wanted, layout, variable)
    except (UnicodeDecodeError, IndexError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise WeightsError(f"{path.name} is not a well-formed {suffix} file: {error}.") from error
    weights = assemble(
        found,
        matrix,
        builder="read",
        description=description or path.name,
        normalize=normalize,
        link=link,
        islands=islands,
        names=names,
        recipe={"file": path.name},
    )
    return weights if wanted is None else weights.match(wanted)


def write(weights: SpatialWeights, path: str | os.PathLike) -> None:
    """Write weights as normalised, by suffix; through a temporary file, so that no half-written one is left.

    Parameters
    ----------
    weights : SpatialWeights
    path : path
        ``.csv``: list of links focal, neighbor, weight, in full precision, an island as a link of weight 0 to itself,
        so that `read` gives the same matrix. ``.gwt``: likewise, for GeoDa. ``.gal``: links only. ``.mtx``: the matrix
        without ids.

    Raises
    ------
    InputError
        Unknown suffix; ids with spaces in .gal or .gwt.
    OutputError
        The file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _WRITERS:
        raise InputError(f"Weights cannot be written as {path.name}.", allowed=", ".join(_WRITERS))
    if suffix in (".gal", ".gwt"):
        spaced = [i for i in weights.ids if str(i).split() != [str(i)]]
        if spaced:
            raise InputError(f"Ids with spaces cannot go into {suffix}: {listing(spaced)}.", fix="write .csv")
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(partial, "w", encoding="utf-8", newline="") as file:
            _WRITERS[suffix](weights, file)
        os.replace(partial, path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}.", fix="check the folder and its permissions"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _write_csv(weights: SpatialWeights, file) -> None:
    import csv

    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("focal", "neighbor", "weight"))
    ids = weights.ids
    writer.writerows((ids[i], ids[j], repr(float(w))) for i, j, w in zip(*with_islands(weights), strict=True))


def _write_gwt(weights: SpatialWeights, file) -> None:
    ids = weights.ids
    file.write(f"0 {weights.N} unknown id\n")
    for i, j, w in zip(*with_islands(weights), strict=True):
        file.write(f"{ids[i]} {ids[j]} {float(w)!r}\n")


def _write_gal(weights: SpatialWeights, file) -> None:
    ids, matrix = weights.ids, weights.sparse
    file.write(f"{weights.N}\n")
    for i, id_ in enumerate(ids):
        near = matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]]
        file.write(f"{id_} {len(near)}\n{' '.join(str(ids[j]) for j in near)}\n")


def _write_mtx(weights: SpatialWeights, file) -> None:
    file.write(f"%%MatrixMarket matrix coordinate real general\n{weights.N} {weights.N} {weights.nnz}\n")
    coo = weights.sparse.tocoo()
    for i, j, w in zip(*coo.coords, coo.data, strict=True):
        file.write(f"{i + 1} {j + 1} {float(w)!r}\n")


_WRITERS: dict[str, Callable[[SpatialWeights, object], None]] = {
    ".csv": _write_csv,
    ".gwt": _write_gwt,
    ".gal": _write_gal,
    ".mtx": _write_mtx,
}
