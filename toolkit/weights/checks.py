"""Guards at the door: ids and matrices that cannot be weights are refused by name."""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from numbers import Real

import numpy as np
from scipy import sparse

from toolkit.errors import InputError, ToolkitWarning, WeightsError, listing

__all__ = ["as_ids", "caution", "check_matrix", "check_positive", "label", "mismatch"]


def as_ids(ids: Iterable[Hashable]) -> tuple[Hashable, ...]:
    """Tuple of plain Python ids; refuses missing, repeated and mixed ids."""
    if isinstance(ids, str):
        raise WeightsError(f"ids={ids!r} is one text.", allowed="a list of ids, one per region")
    out = tuple(i.item() if isinstance(i, np.generic) else i for i in ids)
    missing = [k for k, i in enumerate(out) if i is None or i != i]
    if missing:
        raise WeightsError(f"Ids are missing at positions {listing(missing)}.", fix="give every region an id")
    twice = [i for i, times in Counter(out).items() if times > 1]
    if twice:
        raise WeightsError(f"Ids appear more than once: {listing(twice)}.", fix="give one id per region")
    kinds = {"text" if isinstance(i, str) else "number" for i in out}
    if len(kinds) > 1:
        text = [repr(i) for i in out if isinstance(i, str)]
        rest = [repr(i) for i in out if not isinstance(i, str)]
        raise WeightsError(
            f"Ids mix text ({listing(text, 3)}) and numbers ({listing(rest, 3)}).",
            fix="turn all ids into text, e.g. df['code'] = df['code'].astype(str)",
        )
    return out


def check_positive(value: float | None, name: str, meaning: str) -> float:
    """Return `value` as a float, or refuse what is not a positive number."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < np.inf:
        raise InputError(f"{name}={value!r}.", allowed=f"a positive number{meaning}")
    return float(value)


def check_matrix(matrix, ids: Sequence[Hashable]) -> sparse.csr_array:
    """Copy to a canonical float CSR array; refuses what cannot be a weights matrix.

    Integers are cast first, so that unsigned ones cannot wrap (``-w`` of uint8 1 is 255).
    """
    out = _to_csr(matrix)
    n = out.shape[0]
    if out.shape[0] != out.shape[1]:
        raise WeightsError(
            f"The matrix is {out.shape[0]} x {out.shape[1]}.", allowed="a square matrix, regions x regions"
        )
    if n == 0:
        raise WeightsError("The matrix is empty.", allowed="at least one region")
    if len(ids) != n:
        raise WeightsError(
            f"The matrix has {n} rows but there are {len(ids)} ids.",
            fix="give one id per row, in the order of the rows",
        )
    out.sum_duplicates()
    coo = out.tocoo()
    for bad, words in ((~np.isfinite(coo.data), "are not finite"), (coo.data < 0, "are negative")):
        if bad.any():
            pairs = [
                f"{ids[i]} -> {ids[j]} ({v:g})"
                for i, j, v in zip(*(c[bad].tolist() for c in (*coo.coords, coo.data)), strict=True)
            ]
            raise WeightsError(f"Weights {words}: {listing(pairs)}.", allowed="finite numbers, zero or positive")
    out.eliminate_zeros()
    own = out.diagonal()
    if own.any():
        selfish = listing(ids[i] for i in own.nonzero()[0].tolist())
        raise WeightsError(
            f"Regions are their own neighbours (non-zero diagonal): {selfish}.",
            fix="set the diagonal to zero",
        )
    return out


def mismatch(have: Sequence[Hashable], want: Sequence[Hashable], names: Mapping[Hashable, str]) -> None:
    """Raise `WeightsError` listing the ids on each side, unless both hold the same set."""
    left, right = set(have), set(want)
    if left == right:
        return
    only_weights, only_data = [i for i in have if i not in right], [i for i in want if i not in left]
    fix = "choose the same regions on both sides: W.subset(ids), panel.select(entities=ids)"
    if {_spelled(i) for i in have} == {_spelled(i) for i in want}:
        a, b = type(have[0]).__name__, type(want[0]).__name__
        fix = (
            f"the ids are the same but of another type: {have[0]!r} ({a}) in the weights, {want[0]!r} ({b}) in the "
            "data; turn both into text"
        )
    raise WeightsError(
        "The ids of the weights and of the data differ. "
        f"Only in the weights ({len(only_weights)}): {listing(label(i, names) for i in only_weights) or 'none'}. "
        f"Only in the data ({len(only_data)}): {listing(only_data) or 'none'}.",
        fix=fix,
    )


def caution(message: str) -> None:
    """Warn at the line outside this room that asked for the weights."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("toolkit.weights"):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, ToolkitWarning, stacklevel=level)


def label(id_: Hashable, names: Mapping[Hashable, str]) -> str:
    """``id (name)`` where the name says more than the id."""
    name = names.get(id_)
    return f"{id_} ({name})" if name is not None and str(name) != str(id_) else str(id_)


def _spelled(id_: Hashable) -> str:
    """The id as text, an integral float without its decimals, so that 110000, "110000" and 110000.0 agree."""
    if isinstance(id_, float) and id_.is_integer():
        return str(int(id_))
    return str(id_).strip()


def _to_csr(matrix) -> sparse.csr_array:
    if sparse.issparse(matrix):
        out = sparse.csr_array(matrix, dtype=float, copy=True)
    else:
        try:
            dense = np.array(matrix, dtype=float)
        except (TypeError, ValueError) as error:
            raise WeightsError(f"The matrix does not hold numbers: {error}.", allowed="an array of numbers") from None
        if dense.ndim != 2:
            raise WeightsError(f"The matrix has {dense.ndim} dimensions.", allowed="two: regions x regions")
        out = sparse.csr_array(dense)
    out.sort_indices()
    return out
