"""Whether regions of one group are more alike than regions of different groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial, prod
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.industry_matrix import groups_of, industry_matrix
from toolkit.explore.observations import frozen
from toolkit.explore.permutation import check_count, draws, resolve_seed, tail_p
from toolkit.explore.similarity import SimilarityMatrix, similarities

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.explore.industry_matrix import Table

__all__ = ["HomogeneityTest", "homogeneity_test"]

_MOST_EXACT = 200_000  # assignments that are enumerated rather than drawn
_TIE = 1e-12


def homogeneity_test(
    data: Table,
    groups: str | Mapping | pd.Series,
    industries: Sequence[str] | None = None,
    *,
    kind: str = "jaccard",
    permutations: int = 9999,
    seed: int | None = None,
    alternative: str = "two-sided",
    exact: bool | None = None,
) -> HomogeneityTest:
    """Are regions of one group more alike than regions of different groups?

    The statistic is the mean similarity of pairs within groups less that of pairs between groups; under the null the
    labels of the groups are exchangeable between regions. For a single group the statistic is the mean similarity among
    its regions less that of its regions with the others. Pairs are not independent observations, which is why a t test on
    them is not offered.

    Parameters
    ----------
    data, industries
        See `toolkit.explore.industry_matrix.industry_matrix`.
    groups : mapping or Series of region to group, or str
        A str names a register of the Panel, e.g. ``"blocks"``.
    kind : {"jaccard", "cosine", "krugman"}
        See `similarity`.
    permutations : int
        Random assignments, if not all are enumerated.
    seed : int, optional
        None draws one and keeps it on the record.
    alternative : {"two-sided", "greater", "less", "directed"}
        ``greater``: more alike within. Two-sided is twice the smaller tail, at most 1.
    exact : bool, optional
        Enumerate all assignments of the regions to groups of these sizes; by default where there are at most 200,000
        (11 regions in groups of 3, 3, 3 and 2: 92,400). An exact p-value counts the observed assignment once.

    Returns
    -------
    HomogeneityTest

    Raises
    ------
    DataError
        A group with one region (no pair within), unusable values.
    InputError
        A region without a group, an unknown kind, register or alternative, too many assignments for ``exact=True``.

    References
    ----------
    Mantel and Valand (1970), Biometrics 26, 547-558 (MRPP: Mielke, Berry and Johnson 1976).

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> table = pd.DataFrame([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]], index=list("abcd"))
    >>> test = tk.homogeneity_test(table, {"a": "N", "b": "N", "c": "S", "d": "S"}, alternative="greater")
    >>> round(test.glance()["p_perm"].item(), 4), test.draws  # 2 of the 6 assignments are this one
    (0.3333, 6)
    """
    import pandas as pd

    tail_p(0, 0, 0, alternative)
    count, matrix = check_count(permutations, 1), industry_matrix(data, industries, empty="keep")
    labels = groups_of(data, matrix, groups)
    names = tuple(dict.fromkeys(labels))
    sizes = [labels.count(g) for g in names]
    lonely = [g for g, size in zip(names, sizes, strict=True) if size < 2]
    if lonely:
        raise DataError(
            f"These groups have one region and so no pair within: {listing(lonely)}.",
            fix="join them with another group, or leave the region out",
        )
    possible = factorial(len(labels)) // prod(factorial(s) for s in sizes)
    exact = possible <= _MOST_EXACT if exact is None else bool(exact)
    if exact and possible > 50 * _MOST_EXACT:
        raise InputError(f"exact=True would enumerate {possible:.3g} assignments.", fix="exact=False, with a seed")
    start = None if exact else resolve_seed(seed)
    codes = np.array([names.index(g) for g in labels], dtype=np.int8)
    found = SimilarityMatrix(values=frozen(similarities(matrix, kind)), kind=kind, **matrix.places)
    i, j = np.triu_indices(len(labels), 1)
    pairs = found.values[:, i, j].T  # (pairs, T)
    observed = _contrasts(codes[None, :], pairs, i, j, len(names))
    target = observed[0, ..., 2]  # (1 + groups, T)
    above, below = np.zeros(target.shape), np.zeros(target.shape)
    blocks = _assignments(sizes) if exact else (codes[b] for b in draws(len(labels), count, start, width=len(i)))
    for block in blocks:
        drawn = _contrasts(block, pairs, i, j, len(names))[..., 2]
        above += (drawn >= target - _TIE).sum(axis=0)
        below += (drawn <= target + _TIE).sum(axis=0)
    # the enumeration contains the observed assignment; random draws get it added
    p = tail_p(above - 1, below - 1, possible - 1, alternative) if exact else tail_p(above, below, count, alternative)
    rows = [
        {
            "time": t,
            "group": group,
            "regions": len(labels) if g == 0 else sizes[g - 1],
            **dict(zip(("within", "between", "difference"), observed[0, g, k], strict=True)),
            "p_perm": p[g, k],
        }
        for k, t in enumerate(matrix.times)
        for g, group in enumerate(("all", *names))
    ]
    return HomogeneityTest(
        similarity=found,
        groups=labels,
        table=pd.DataFrame(rows),
        draws=possible if exact else count,
        exact=exact,
        seed=start,
        alternative=alternative,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class HomogeneityTest:
    """Mean similarity within and between groups, with permutation p-values.

    Attributes
    ----------
    similarity : SimilarityMatrix
    groups : tuple of str, length R
        Group of every region.
    table : DataFrame
        As `tidy` returns it.
    draws : int
        Assignments compared with: all of them if `exact`, else random ones.
    exact : bool
    seed : int or None
        None if exact.
    alternative : str
    """

    similarity: SimilarityMatrix
    groups: tuple[str, ...]
    table: pd.DataFrame
    draws: int
    exact: bool
    seed: int | None
    alternative: str

    def tidy(self) -> pd.DataFrame:
        """One row a period and group, and one for all groups: time group regions within between difference p_perm."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """One row for the last period: within, between, difference, p_perm of all groups, and how they were found."""
        import pandas as pd

        last = self.table[self.table["group"] == "all"].iloc[-1]
        return pd.DataFrame(
            [
                {
                    "kind": self.similarity.kind,
                    "groups": len(set(self.groups)),
                    "time": last["time"],
                    "within": last["within"],
                    "between": last["between"],
                    "difference": last["difference"],
                    "p_perm": last["p_perm"],
                    "draws": self.draws,
                    "exact": self.exact,
                    "seed": self.seed,
                    "alternative": self.alternative,
                }
            ]
        )

    def __repr__(self) -> str:
        how = f"all {self.draws} assignments" if self.exact else f"{self.draws} random assignments (seed {self.seed})"
        head = f"{self.similarity.kind} similarity within and between groups; {self.alternative}, {how}"
        return f"{head}\n{self.table.to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="%.4f")


def _contrasts(codes: np.ndarray, pairs: np.ndarray, i: np.ndarray, j: np.ndarray, groups: int) -> np.ndarray:
    """Means within and between, and their difference, shape (P, 1 + groups, T, 3), for assignments (P, R)."""
    first, second = codes[:, i], codes[:, j]
    same = first == second
    sets = [(same, ~same)]
    for g in range(groups):
        one, two = first == g, second == g
        sets.append((one & two, one ^ two))
    out = np.empty((len(codes), 1 + groups, pairs.shape[1], 3))
    for k, (inside, outside) in enumerate(sets):
        for column, chosen in ((0, inside), (1, outside)):
            out[:, k, :, column] = (chosen.astype(float) @ pairs) / chosen.sum(axis=1)[:, None]
    out[..., 2] = out[..., 0] - out[..., 1]
    return out


def _assignments(sizes: list[int]) -> Iterator[np.ndarray]:
    """All assignments of regions to groups of these sizes, in blocks (P, R) of codes."""
    count, block = sum(sizes), []
    left, codes = list(sizes), np.empty(count, dtype=np.int8)

    def place(r: int) -> Iterator[np.ndarray]:
        if r == count:
            yield codes.copy()
            return
        for g in range(len(left)):
            if left[g]:
                left[g] -= 1
                codes[r] = g
                yield from place(r + 1)
                left[g] += 1

    for row in place(0):
        block.append(row)
        if len(block) == 8192:
            yield np.array(block)
            block = []
    if block:
        yield np.array(block)
