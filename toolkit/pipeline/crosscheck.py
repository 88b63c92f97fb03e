"""The same model in R and Stata: data, weights and scripts in a folder, and their estimates beside ours."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, OutputError, listing

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.models.results import Fit
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["Crosscheck", "Equation", "Lagged", "crosscheck"]

#: Regions beyond which a full matrix is no longer a file to hand around.
_MOST_REGIONS = 5000


@dataclass(frozen=True)
class Lagged:
    """A regressor W x: its term, its column name in the scripts, the column it is the lag of, and the matrix."""

    term: str
    name: str
    of: str
    matrix: str


@dataclass(frozen=True)
class Equation:
    """A fitted model as other programs need it: names that every program takes, and which W stands where.

    Attributes
    ----------
    model, effects : str
        As given to `toolkit.fit`.
    formula : str
    outcome : str
        Column of the outcome.
    columns : tuple of (str, str)
        Term and column of each regressor in the file; `lags` are made by the scripts.
    lags : tuple of Lagged
    constant : bool
        Whether the equation has an intercept.
    N, T : int
    lag, error : str or None
        Names of the matrices of W y and W u.
    standardised : bool
        Whether the rows of every W sum to one.
    components : str or None
        ``"baltagi"`` or ``"kkp"`` for random effects.
    """

    model: str
    effects: str
    formula: str
    outcome: str
    columns: tuple[tuple[str, str], ...]
    lags: tuple[Lagged, ...]
    constant: bool
    N: int
    T: int
    lag: str | None
    error: str | None
    standardised: bool
    components: str | None

    @property
    def regressors(self) -> tuple[tuple[str, str], ...]:
        """Term and column of every regressor but the intercept, lagged ones last."""
        return (*self.columns, *((w.term, w.name) for w in self.lags))

    @property
    def random(self) -> bool:
        """Whether there are random effects."""
        return self.effects in ("random", "mundlak")

    @property
    def matrices(self) -> tuple[str, ...]:
        """Names of the weights matrices in use."""
        return tuple(dict.fromkeys(m for m in (self.lag, self.error, *(w.matrix for w in self.lags)) if m))


@dataclass(frozen=True)
class Crosscheck:
    """What `crosscheck` wrote: the folder, its files, and what each program is known to do otherwise."""

    folder: Path
    files: tuple[str, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        notes = "".join(f"\n  - {note}" for note in self.notes)
        return (
            f"{self.folder}: {', '.join(self.files)}\n"
            f"Run there: Rscript crosscheck.R, or do crosscheck.do in Stata 15 or newer; then "
            f"tk.compare_estimates(fit, {str(self.folder / 'r.csv')!r}).{notes}"
        )


def crosscheck(fit: Fit, folder: str | PathLike, *, overwrite: bool = False) -> Crosscheck:
    """Write what is needed to run the same model in R and in Stata.

    The folder gets ``data.csv`` and ``data.dta`` (outcome and regressors as used, a row a region and period),
    ``W.csv`` (matrix with ids) and ``W.txt`` (for Stata's ``spmatrix import``), ``regions.csv`` (number and id of
    each region), ``terms.csv`` (our terms and the columns), ``ours.csv`` (our estimates), ``crosscheck.R`` and
    ``crosscheck.do``. The scripts write ``r.csv`` and ``stata.csv``, which `compare_estimates` puts beside ours.

    Models without or with fixed effects are run twice where programs differ: stacked, as one cross-section of N T
    rows with dummies and a block-diagonal W (``spatialreg``, ``spregress``), which is the exact likelihood; and by
    the panel command people use (``splm``, ``xsmle``), with a comment on what it does otherwise.

    Parameters
    ----------
    fit : Fit
        Of `toolkit.fit`: maximum likelihood or least squares of a balanced panel or cross-section, with one W in all
        periods; random effects without AR(1).
    folder : path
        Made by this call; its parent must exist.
    overwrite : bool
        Replace a folder that an earlier call has made.

    Returns
    -------
    Crosscheck

    Raises
    ------
    InputError
        The model is one that R and Stata do not estimate in this way (named).
    OutputError
        The folder exists, or cannot be written; nothing is left half-written.

    Notes
    -----
    The R scripts were run with R 4.2.2, spatialreg 1.2-6 and plm 2.6-2 for every model on Columbus and, with no,
    region, year and two-way effects, on the Munnell panel: ``tests/golden/crosscheck.json``. What calls splm, and the Stata
    script, which follows the manuals of Stata 15 and of xsmle 1.4, has not been run.

    Examples
    --------
    >>> import tempfile, toolkit as tk
    >>> panel = tk.load("columbus")
    >>> fit = tk.fit("CRIME ~ INC + HOVAL", panel, tk.weights.queen(panel), model="sar")
    >>> with tempfile.TemporaryDirectory() as here:
    ...     made = crosscheck(fit, f"{here}/sar")
    ...     "crosscheck.R" in made.files and "W.txt" in made.files
    True
    """
    from toolkit.pipeline.crosscheck_r import r_script
    from toolkit.pipeline.crosscheck_stata import stata_script

    equation, weights = _equation(fit)
    target = _target(folder, overwrite)
    r, notes_r = r_script(equation)
    do, notes_stata = stata_script(equation)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            _write_data(fit, equation, new)
            for name, w in weights.items():
                _write_matrix(w, name, new)
            (new / "crosscheck.R").write_text(r, encoding="utf-8", newline="\n")
            (new / "crosscheck.do").write_text(do, encoding="utf-8", newline="\n")
            if target.exists():
                shutil.move(target, Path(scratch) / "old")
            new.rename(target)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            f"{target} cannot be written: {error.strerror or error}.", fix="choose another folder"
        ) from error
    return Crosscheck(target, tuple(sorted(p.name for p in target.iterdir())), (*notes_r, *notes_stata))


def _equation(fit: Fit) -> tuple[Equation, dict[str, SpatialWeights]]:
    """The fit in names that R and Stata take, and its weights by name."""
    _refuse(fit)
    design = fit.design
    taken: set[str] = {"region", "id", "period"}
    outcome = _safe(design.depvar, "y", taken)
    terms = [t for j, t in enumerate(design.terms) if j != design.constant]
    named = {t: _safe(t, f"x{k}", taken) for k, t in enumerate(terms, 1)}
    weights: dict[str, SpatialWeights] = {}
    durbin = _named(fit.weights_durbin, "W_durbin", fit.weights, weights) if design.wx_terms else None
    lags: list[Lagged] = []
    for term, pair in zip(design.wx_terms, design.pairs, strict=True):
        if pair is None or design.terms[pair] not in named:
            named[term] = _safe(term, f"x{len(named) + 1}", taken)  # no column to lag: written lagged already
        else:
            of = named[design.terms[pair]]
            lags.append(Lagged(term, _safe(f"w_{of}", f"w{len(lags) + 1}", taken), of, str(durbin)))
    for term in design.aux_terms:
        named[term] = _safe(term, f"m{len(named) + 1}", taken)
    lag = _named(fit.weights, "W", fit.weights, weights) if fit.spec.wy else None
    error = _named(fit.weights_error, "W_error", fit.weights, weights) if fit.spec.wu else None
    t, n = design.y.shape
    return Equation(
        model=fit.model,
        effects=fit.effects,
        formula=fit.formula,
        outcome=outcome,
        columns=tuple(named.items()),
        lags=tuple(lags),
        constant=design.constant is not None,
        N=n,
        T=t,
        lag=lag,
        error=error,
        standardised=all(w.row_sums_constant and abs(w.row_sums.max() - 1) < 1e-9 for w in weights.values()),
        components=fit.options.components,
    ), weights


def _refuse(fit: Fit) -> None:
    asked = fit.options
    if fit.periods is not None:
        problem = "Weights that differ by period, and panels with absent regions, are not estimated by R or Stata in this way."
    elif asked.method not in ("ml", "gls"):
        problem = f"method={asked.method!r} is not written as a script."
    elif asked.dynamic or asked.serial or asked.bias_correction not in (None, "none"):
        said = [f"{k}={getattr(asked, k)!r}" for k in ("dynamic", "serial", "bias_correction") if getattr(asked, k)]
        problem = f"{listing(said)}: R and Stata have other estimators or none for it."
    elif fit.design.y.shape[1] > _MOST_REGIONS:
        problem = (
            f"{fit.design.y.shape[1]} regions: the matrix would be a file of {fit.design.y.shape[1] ** 2:,} numbers."
        )
    else:
        return
    raise InputError(
        problem,
        allowed="maximum likelihood or least squares of a balanced panel with one W, effects none, entity, time, twoway, "
        f"random or mundlak, without correction, up to {_MOST_REGIONS} regions",
        fix="cross-check the model without it: what it adds is tested here against published values",
    )


def _named(
    own: SpatialWeights | None, name: str, common: SpatialWeights | None, weights: dict[str, SpatialWeights]
) -> str:
    """Name of a matrix: ``W`` for the common one; noted in `weights`."""
    assert own is not None  # a model with W y, W X or W u has its matrix
    name = "W" if common is not None and own == common else name
    weights[name] = own
    return name


def _safe(term: str, otherwise: str, taken: set[str]) -> str:
    """A name for a term that R and Stata take: ASCII, at most 28 characters, not in `taken` (to which it is added)."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", term).strip("_").lower()[:28].strip("_") if term.isascii() else ""
    if not name or not name[0].isalpha():
        name = otherwise
    stem, k = name, 2
    while name in taken:
        name, k = f"{stem[:25]}_{k}", k + 1
    taken.add(name)
    return name


def _target(folder: str | PathLike, overwrite: bool) -> Path:
    target = Path(folder).expanduser().resolve()
    if target.exists() and not target.is_dir():
        raise OutputError(f"{str(target)!r} is a file.", fix="name a folder that does not exist yet")
    if not target.parent.is_dir():
        raise OutputError(f"There is no folder {str(target.parent)!r}.", fix="create it, or correct the path")
    if target.is_dir() and any(target.iterdir()):
        ours = (target / "terms.csv").exists() and (target / "crosscheck.R").exists()
        if not overwrite or not ours:
            raise OutputError(
                f"{str(target)!r} exists and was left as it is.",
                fix="pass overwrite=True, or choose another folder"
                if ours
                else "it is not a folder of a cross-check: choose another",
            )
    return target


def _write_data(fit: Fit, equation: Equation, folder: Path) -> None:
    import pandas as pd

    design = fit.design
    t, n = design.y.shape
    z, terms = design.regressors()
    position = {term: j for j, term in enumerate(terms)}
    columns = {equation.outcome: design.y} | {name: z[:, :, position[term]] for term, name in equation.columns}
    numbers = np.arange(1, n + 1)
    frame = pd.DataFrame({"region": np.tile(numbers, t), "id": np.tile([str(i) for i in design.entities], t)})
    frame["period"] = _periods(design.times).repeat(n)
    for name, values in columns.items():
        frame[name] = values.reshape(-1)
    frame.to_csv(folder / "data.csv", index=False, lineterminator="\n", float_format="%.17g")
    labels = {equation.outcome: design.depvar} | {name: term for term, name in equation.columns}
    frame.to_stata(
        folder / "data.dta", write_index=False, version=118,
        variable_labels={k: _label(v) for k, v in labels.items()}, data_label="Cross-check of regional-toolkit",
    )  # fmt: skip
    names = fit.panel.names if fit.panel is not None else {}
    regions = pd.DataFrame(
        {"region": numbers, "id": design.entities, "name": [names.get(i, i) for i in design.entities]}
    )
    regions.to_csv(folder / "regions.csv", index=False, lineterminator="\n")
    rows = [(design.depvar, equation.outcome, "outcome"), *((t, n, "regressor") for t, n in equation.columns)]
    rows += [(w.term, w.name, w.of) for w in equation.lags]
    pd.DataFrame(rows, columns=["term", "name", "role"]).to_csv(folder / "terms.csv", index=False, lineterminator="\n")
    ours = fit.tidy()[["term", "estimate", "std_error"]]
    ours.to_csv(folder / "ours.csv", index=False, lineterminator="\n", float_format="%.17g")


def _periods(times: pd.Index) -> np.ndarray:
    """Whole numbers for Stata's xtset: the years themselves where they are, else 1 ... T."""
    if np.issubdtype(np.asarray(times).dtype, np.integer):
        return np.asarray(times, dtype=np.int64)
    return np.arange(1, len(times) + 1)


def _label(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def _write_matrix(weights: SpatialWeights, name: str, folder: Path) -> None:
    """Write ``name.csv``, the matrix with ids, and ``name.txt``, for Stata: N, then a line a region, its number first."""
    dense = weights.sparse.toarray()
    head: Sequence[str] = ["id", *(str(i) for i in weights.ids)]
    with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
        import csv

        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([str(i), *map(_number, row)] for i, row in zip(weights.ids, dense.tolist(), strict=True))
    with open(folder / f"{name}.txt", "w", encoding="ascii", newline="\n") as file:
        file.write(f"{len(dense)}\n")
        file.writelines(f"{k} {' '.join(map(_number, row))}\n" for k, row in enumerate(dense.tolist(), 1))


def _number(value: float) -> str:
    return "0" if value == 0 else repr(value)
