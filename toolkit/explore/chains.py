"""A Markov chain from counts of transitions: probabilities, long run, first passage, mobility."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import listing
from toolkit.explore.chain_algebra import closure, first_passage_times, stationary
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Chain", "count_transitions"]


def count_transitions(start: np.ndarray, end: np.ndarray, k: int) -> np.ndarray:
    """Counts n_ij of moves from state i to state j, shape (k, k); `start` and `end` hold codes 0..k-1."""
    return np.bincount((start * k + end).ravel(), minlength=k * k).reshape(k, k)


@dataclass(frozen=True, eq=False)
class Chain:
    """First-order chain estimated by maximum likelihood: p_ij = n_ij / n_i (Anderson and Goodman 1957).

    A state never seen (*unvisited*) is no part of the chain. A state that is entered but never seen at the start of a
    move (*open*) has an unknown row: what depends on it is NaN. With several recurrent classes there is no one
    ergodic distribution: it is NaN, and `recurrent` and `stationary` give each class with its own. Times are in moves.

    Attributes
    ----------
    states : tuple of str, length k
    counts : ndarray of int, shape (k, k)
        Row: state at the start; column: state at the end.
    """

    states: tuple[str, ...]
    counts: np.ndarray

    @property
    def k(self) -> int:
        """Number of states."""
        return len(self.states)

    @cached_property
    def starts(self) -> np.ndarray:
        """Moves that start in each state, n_i, shape (k,)."""
        return frozen(self.counts.sum(axis=1))

    @cached_property
    def probabilities(self) -> np.ndarray:
        """p_ij, shape (k, k); NaN in the row of a state without a start."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return frozen(self.counts / self.starts[:, None])

    @cached_property
    def std_errors(self) -> np.ndarray:
        """sqrt(p (1 - p) / n_i), shape (k, k): multinomial, moves taken as independent. Zero where p is 0 or 1."""
        p = self.probabilities
        with np.errstate(invalid="ignore", divide="ignore"):
            return frozen(np.sqrt(p * (1 - p) / self.starts[:, None]))

    @cached_property
    def unvisited(self) -> tuple[str, ...]:
        """States neither left, entered nor kept."""
        return self._named((self.starts == 0) & (self.counts.sum(axis=0) == 0))

    @cached_property
    def open_states(self) -> tuple[str, ...]:
        """States that are entered but never at the start of a move."""
        return self._named((self.starts == 0) & (self.counts.sum(axis=0) > 0))

    @cached_property
    def absorbing(self) -> tuple[str, ...]:
        """States entered but never left: p_ii = 1."""
        return self._named((self.starts > 0) & (np.diag(self.counts) == self.starts))

    @cached_property
    def _reach(self) -> np.ndarray:
        """Whether state j can be reached from i in zero or more moves, shape (k, k)."""
        return closure(self.counts > 0)

    @cached_property
    def _recurrent(self) -> tuple[np.ndarray, ...]:
        """Positions of the states of each recurrent class; open states belong to none."""
        reach, out = self._reach, []
        known, seen = self.starts > 0, np.zeros(self.k, bool)
        for i in np.flatnonzero(known):
            members = reach[i] & reach[:, i]
            if not seen[i] and (reach[i] == members).all() and known[members].all():
                seen |= members
                out.append(np.flatnonzero(members))
        return tuple(out)

    @property
    def recurrent(self) -> tuple[tuple[str, ...], ...]:
        """Recurrent classes: sets of states that are never left together."""
        return tuple(tuple(self.states[i] for i in c) for c in self._recurrent)

    @property
    def transient(self) -> tuple[str, ...]:
        """Visited states outside the recurrent classes (and not open)."""
        inside = {i for c in self._recurrent for i in c}
        return tuple(s for i, s in enumerate(self.states) if self.starts[i] and i not in inside)

    @property
    def irreducible(self) -> bool:
        """Whether every visited state can be reached from every other."""
        return len(self._recurrent) == 1 and not self.transient and not self.open_states

    @cached_property
    def stationary(self) -> np.ndarray:
        """Stationary distribution of each recurrent class, shape (classes, k)."""
        out = np.zeros((len(self._recurrent), self.k))
        for row, members in zip(out, self._recurrent, strict=True):
            row[members] = stationary(self.probabilities[np.ix_(members, members)])
        return frozen(out)

    @cached_property
    def ergodic(self) -> np.ndarray:
        """Ergodic distribution, shape (k,); zero for unvisited and transient states, NaN where it is not one."""
        if len(self._recurrent) == 1 and not self.open_states:
            return self.stationary[0]
        return frozen(np.full(self.k, np.nan))

    @cached_property
    def ergodic_se(self) -> np.ndarray:
        """Standard errors of `ergodic` by the delta method, shape (k,); zero outside the recurrent class.

        d pi = pi dP Z with Z = (I - P + 1 pi)^-1, so Var pi_j = sum_i pi_i^2 / n_i (sum_k p_ik Z_kj^2 -
        (sum_k p_ik Z_kj)^2), the rows of P independent and multinomial (Schweitzer 1968, Journal of Applied Probability 5).
        """
        if np.isnan(self.ergodic).any():
            return self.ergodic
        members = self._recurrent[0]
        p, pi = self.probabilities[np.ix_(members, members)], self.ergodic[members]
        z = np.linalg.inv(np.eye(len(members)) - p + pi)
        spread = np.maximum(p @ z**2 - (p @ z) ** 2, 0)
        out = np.zeros(self.k)
        out[members] = np.sqrt((pi**2 / self.starts[members]) @ spread)
        return frozen(out)

    @cached_property
    def _passage(self) -> tuple[np.ndarray, np.ndarray]:
        return first_passage_times(self.counts > 0, np.nan_to_num(self.probabilities), self.starts > 0)

    @property
    def first_passage(self) -> np.ndarray:
        """Mean moves until state j is first entered from i, shape (k, k); the diagonal is the mean time to return.

        Infinite where j is not reached for sure; NaN where the way may lead through an open state, and for
        unvisited states. Kemeny and Snell (1976), Finite Markov Chains, section 4.4.
        """
        return self._passage[0]

    @property
    def first_passage_sd(self) -> np.ndarray:
        """Standard deviation of the number of moves until j is first entered from i, shape (k, k)."""
        return self._passage[1]

    @cached_property
    def sojourn(self) -> np.ndarray:
        """Expected moves spent in a state per visit, 1 / (1 - p_ii), shape (k,); infinite if absorbing."""
        with np.errstate(divide="ignore"):
            return frozen(1 / (1 - np.diag(self.probabilities)))

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """Eigenvalues of P over the visited states, largest modulus first; empty with open states."""
        if self.open_states:
            return np.array([])
        p = self._visited_p
        values = np.linalg.eigvals(p)
        return frozen(values[np.argsort(-np.abs(values), kind="stable")])

    @property
    def half_life(self) -> float:
        """Moves until half the distance to the ergodic distribution is gone: -ln 2 / ln abs(lambda_2).

        Infinite where abs(lambda_2) = 1 (several recurrent classes, or a cycle); Shorrocks (1978).
        """
        if len(self.eigenvalues) < 2:
            return float("nan")
        second = abs(self.eigenvalues[1])
        if second >= 1 - 1e-12:
            return float("inf")
        return float(-np.log(2) / np.log(second)) if second > 0 else 0.0

    @cached_property
    def mobility(self) -> dict[str, float]:
        """Indices of mobility over the m visited states (Formby, Smith and Zheng 2004, Journal of Econometrics 120).

        ``shorrocks`` (m - tr P) / (m - 1), also Prais's; ``determinant`` 1 - abs(det P); ``eigenvalue``
        1 - abs(lambda_2); ``bartholomew_leave`` m (1 - sum q_i p_ii) / (m - 1) and ``bartholomew_distance``
        sum q_i p_ij abs(i - j) / (m - 1), q the observed distribution of starts. NaN with open states or one state.
        """
        names = ("shorrocks", "determinant", "eigenvalue", "bartholomew_leave", "bartholomew_distance")
        if self.open_states or len(self.eigenvalues) < 2:
            return dict.fromkeys(names, float("nan"))
        p = self._visited_p
        m = len(p)
        q = self.starts[self.starts > 0] / self.starts.sum()
        ranks = np.arange(m)
        distance = np.abs(ranks[:, None] - ranks)
        values = (
            (m - np.trace(p)) / (m - 1),
            1 - abs(np.linalg.det(p)),
            1 - abs(self.eigenvalues[1]),
            m * (1 - q @ np.diag(p)) / (m - 1),
            (q[:, None] * p * distance).sum() / (m - 1),
        )
        return {n: float(v) for n, v in zip(names, values, strict=True)}

    @property
    def shorrocks_se(self) -> float:
        """Standard error of the Shorrocks index, sqrt(sum p_ii (1 - p_ii) / n_i) / (m - 1)."""
        if np.isnan(self.mobility["shorrocks"]):
            return float("nan")
        known = self.starts > 0
        return float(np.sqrt((np.diag(self.std_errors)[known] ** 2).sum()) / (known.sum() - 1))

    @property
    def note(self) -> str:
        """What a reader must know of the chain's structure; empty for an irreducible chain that visits every state."""
        parts = []
        if self.unvisited:
            parts.append(f"never visited: {listing(self.unvisited)}")
        if self.open_states:
            parts.append(f"entered, but no move from it was seen: {listing(self.open_states)} (long run not known)")
        if self.absorbing:
            parts.append(f"absorbing: {listing(self.absorbing)}")
        if len(self.recurrent) > 1:
            classes = "; ".join("{" + listing(c) + "}" for c in self.recurrent)
            parts.append(f"several recurrent classes, so no one ergodic distribution: {classes}")
        if self.transient:
            parts.append(f"transient: {listing(self.transient)}")
        return "; ".join(parts)

    def tidy(self) -> pd.DataFrame:
        """One row a pair of states: from to count probability std_error first_passage first_passage_sd."""
        import pandas as pd

        i, j = np.indices((self.k, self.k)).reshape(2, -1)
        return pd.DataFrame(
            {
                "from": [self.states[a] for a in i],
                "to": [self.states[b] for b in j],
                "count": self.counts.ravel(),
                "probability": self.probabilities.ravel(),
                "std_error": self.std_errors.ravel(),
                "first_passage": self.first_passage.ravel(),
                "first_passage_sd": self.first_passage_sd.ravel(),
            }
        )

    def by_state(self) -> pd.DataFrame:
        """One row a state: state starts share ergodic ergodic_se exit (1 - p_ii, Prais) sojourn recurrence."""
        import pandas as pd

        return pd.DataFrame(
            {
                "state": list(self.states),
                "starts": self.starts,
                "share": self.starts / self.starts.sum(),
                "ergodic": self.ergodic,
                "ergodic_se": self.ergodic_se,
                "exit": 1 - np.diag(self.probabilities),
                "sojourn": self.sojourn,
                "recurrence": np.diag(self.first_passage),
            }
        )

    @property
    def _visited_p(self) -> np.ndarray:
        known = self.starts > 0
        return self.probabilities[np.ix_(known, known)]

    def _named(self, mask: np.ndarray) -> tuple[str, ...]:
        return tuple(s for s, m in zip(self.states, mask, strict=True) if m)
