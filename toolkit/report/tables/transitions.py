"""Transition matrices as they are printed: classes down and across, the long run in the last row."""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.errors import InputError
from toolkit.report.tables.finish import finish
from toolkit.report.tables.formats import DASH, integer, number, p_value
from toolkit.report.tables.layout import Layout
from toolkit.report.tables.record import Block, Cell, Head, HeadLine, Row, Table

__all__ = ["transition_table"]


def transition_table(record: Any, layout: Layout) -> Table:
    """A matrix for each chain of the record, one below the other.

    Parameters
    ----------
    record
        What `toolkit.markov`, `toolkit.spatial_markov` and `toolkit.lisa_markov` return: ``matrices()`` gives names and
        chains, a chain has states, counts, probabilities, std_errors, starts and ergodic.
    layout : Layout
        ``below="se"`` puts standard errors under the probabilities instead of the numbers of moves.

    Raises
    ------
    InputError
        ``below`` is neither se nor None.
    """
    below = layout.below if layout.below_given else "n"
    if below not in ("n", "se", None):
        raise InputError(
            f"below={below!r} does not stand under a transition probability.",
            allowed='"se" or None; numbers of moves if left out',
        )
    words, matrices = layout.words, record.matrices()
    states = [layout.labels.get(s, words.get(f"state:{s}", s)) for s in matrices[0][1].states]
    spatial = hasattr(record, "lag_states")
    blocks = [
        Block(tuple(_rows(chain, states, below, layout)), _heading(name, record, spatial, layout))
        for name, chain in matrices
    ]
    lag = f" + {record.lag}"
    head = [
        HeadLine(
            (Head(""), Head(words["transition:to"].format(lag=lag), len(states))), "group", words["transition:from"]
        ),
        HeadLine((Head(words["transition:moves"]), *(Head(s) for s in states))),
    ]
    return finish(head, blocks, _notes(record, matrices, below, spatial, layout), layout, record.tidy())


def _sentence(text: str) -> str:
    """With a capital."""
    return text[:1].upper() + text[1:]


def _rows(chain: Any, states: list[str], below: str | None, layout: Layout) -> list[Row]:
    d, rows = layout.digits, []
    for i, state in enumerate(states):
        cells = [Cell(integer(chain.starts[i]))]
        for p, n, error in zip(chain.probabilities[i], chain.counts[i], chain.std_errors[i], strict=True):
            under = {"n": f"({integer(n)})", "se": f"({number(error, d)})", None: ""}[below]
            cells.append(Cell(number(p, d), below=under if np.isfinite(p) else ""))
        rows.append(Row(state, tuple(cells)))
    rows.append(Row(layout.words["transition:ergodic"], (Cell(), *(Cell(number(p, d)) for p in chain.ergodic))))
    return rows


def _heading(name: str, record: Any, spatial: bool, layout: Layout) -> str:
    if not name:
        return ""
    if name == "all":
        return layout.words["transition:all"]
    if spatial:
        return layout.words["transition:lag"].format(state=layout.labels.get(name, name))
    chinese = getattr(record, "group_labels_zh", {}) if layout.lang == "zh" else {}
    return layout.labels.get(name, chinese.get(name, name))


def _notes(record: Any, matrices: list, below: str | None, spatial: bool, layout: Layout) -> list[str]:
    words = layout.words
    label = record.label_zh if layout.lang == "zh" else record.label
    notes = [words["transition:note"].format(variable=layout.labels.get(record.variable, label or record.variable))]
    notes += [words[f"transition:{below}"]] if below else []
    if getattr(record, "relative", False):
        notes.append(words["transition:relative"])
    weights = getattr(record, "weights", "")
    notes += [words["weights"].format(text=words.weights(weights))] if weights else []
    for test in record.tests:
        if np.isfinite(test.statistic):
            df = "" if test.df is None else f" ({test.df:g})" if not isinstance(test.df, tuple) else ""
            p = p_value(test.p_value)
            p = p if p.startswith("<") else f"= {p}"
            notes.append(f"{_sentence(test.name)}{df} = {number(test.statistic, 2)}, 𝑝 {p.replace('<', '< ')}")
    headings = [(_heading(name, record, spatial, layout), chain.note) for name, chain in matrices if chain.note]
    notes += [f"{heading}{words['colon']}{note}" if heading else _sentence(note) for heading, note in headings]
    if any(not np.isfinite(chain.ergodic).all() for _, chain in matrices):
        notes.append(f"{DASH}{words['colon']}{words['transition:none']}")
    return notes
