"""Every combination of models, weights, effects, samples and covariates, estimated side by side."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, ToolkitError, listing
from toolkit.models.fit import fit
from toolkit.models.spec import effects_named, spec_named
from toolkit.postestimation.impacts import impacts

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["Cell", "Grid", "grid"]

CHOICES = ("model", "weights", "effects", "sample", "covariates")


@dataclass(frozen=True)
class Cell:
    """One combination: labels, and what they stand for."""

    model: str
    weights: str
    effects: str
    sample: str
    covariates: str
    formula: str


@dataclass(frozen=True)
class Grid:
    """Results of a grid.

    Attributes
    ----------
    table : DataFrame
        One row a fit, term and effect: the choices, term, effect (coefficient, direct, indirect, total, with the horizon
        of dynamic models), estimate std_error p_value conf_low conf_high.
    fits : DataFrame
        One row a fit: the choices, status (``"ok"`` or the error), nobs, loglik, aic, bic, rho, lambda.
    """

    table: pd.DataFrame
    fits: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """One row a fit, term and effect."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """One row a fit, failed ones included."""
        return self.fits.copy()

    def stability(self, level: float = 0.05) -> pd.DataFrame:
        """By term and effect: fits, shares positive and negative, shares significant with each sign, range.

        Shares are of the specifications tried, which are no sample: they describe robustness, they do not test.
        """
        import pandas as pd

        rows = []
        for (term, effect), part in self.table.groupby(["term", "effect"], sort=False):
            e, p = part["estimate"].to_numpy(), part["p_value"].to_numpy()
            sure = p < level
            rows.append(
                {
                    "term": term,
                    "effect": effect,
                    "fits": len(part),
                    "positive": float((e > 0).mean()),
                    "negative": float((e < 0).mean()),
                    "significant_positive": float((sure & (e > 0)).mean()),
                    "significant_negative": float((sure & (e < 0)).mean()),
                    "min": float(e.min()),
                    "median": float(np.median(e)),
                    "max": float(e.max()),
                    "one_sign": bool((e > 0).all() or (e < 0).all()),
                }
            )
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        ok = int((self.fits["status"] == "ok").sum())
        return f"Grid: {ok} of {len(self.fits)} fits\n{self.stability().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return self.stability().to_html(index=False, float_format="%.3g")


def grid(
    formula: str,
    data: Panel,
    weights: Mapping[str, SpatialWeights] | SpatialWeights,
    models: Sequence[str] = ("sar", "sem", "sdm"),
    effects: Sequence[str] = ("twoway",),
    samples: Mapping[str, Iterable] | None = None,
    covariates: Mapping[str, Sequence[str]] | None = None,
    *,
    n_jobs: int = 1,
    progress: bool | None = None,
    **options,
) -> Grid:
    """Estimate every combination, in parallel.

    Parameters
    ----------
    formula : str
        The part that all fits share.
    data : Panel
    weights : mapping of label to SpatialWeights, or one SpatialWeights
    models, effects : sequence of str
        As `toolkit.fit` names them.
    samples : mapping of label to regions or periods, optional
        Each a list of region ids, or of periods; W is taken among the regions kept and normalised again. All data by
        default.
    covariates : mapping of label to terms, optional
        Terms added to the formula.
    n_jobs : int
        Workers of joblib; -1 for all cores. Inside ``joblib.parallel_config(backend="dask")`` the same call runs on a Dask
        cluster. Results do not depend on it.
    progress : bool, optional
        A progress bar; on a terminal or notebook by default.
    **options
        Passed to every `toolkit.fit`, e.g. ``cov=``.

    Returns
    -------
    Grid
        A combination that fails is kept with its error in ``glance()["status"]``.

    Raises
    ------
    InputError
        For unknown models, effects or regions, before anything is estimated.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("columbus")
    >>> W = {"queen": tk.weights.queen(panel), "rook": tk.weights.rook(panel)}
    >>> g = tk.grid("CRIME ~ INC + HOVAL", panel, W, models=["sar", "sdm"], effects=["none"])
    >>> len(g.glance())
    4
    """
    import pandas as pd
    from joblib import Parallel, delayed

    from toolkit.weights.spatial_weights import SpatialWeights

    named = {"W": weights} if isinstance(weights, SpatialWeights) else dict(weights)
    for kind, given in (("models", models), ("effects", effects), ("weights", named)):
        if isinstance(given, str) or not len(given):
            raise InputError(
                f"{kind}={given!r} is not a list of choices.", allowed="a list or mapping with one entry or more"
            )
    models, effects = [spec_named(m).name for m in models], [effects_named(e) for e in effects]
    parts = {label: _sample(data, label, keep) for label, keep in (samples or {"all": None}).items()}
    extra = {label: list(terms) for label, terms in (covariates or {"none": []}).items()}
    matched = {(s, label): _among(w, panel) for s, panel in parts.items() for label, w in named.items()}
    cells = [
        Cell(m, w, e, s, c, " + ".join([formula, *extra[c]]))
        for m, w, e, s, c in product(models, named, effects, parts, extra)
    ]
    tasks = (delayed(_run)(c, parts[c.sample], matched[c.sample, c.weights], options) for c in cells)
    results = list(_watched(Parallel(n_jobs=n_jobs, return_as="generator")(tasks), len(cells), progress))
    rows = [row for _, table in results for row in table]
    columns = [*CHOICES, "term", "effect", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
    return Grid(pd.DataFrame(rows, columns=columns), pd.DataFrame([r for r, _ in results]))


def _run(cell: Cell, panel: Panel, w: SpatialWeights, options: Mapping[str, object]):
    """One fit: its row, and the rows of its coefficients and impacts."""
    choices = {name: getattr(cell, name) for name in CHOICES}
    try:
        f = fit(cell.formula, panel, w, model=cell.model, effects=cell.effects, **options)
        tables = [f.tidy().assign(effect="coefficient")]
        if f.estimated is not None or f.spec.wy or f.spec.wx:
            out = impacts(f).tidy()
            if "horizon" in out:
                out["effect"] = out["effect"] + " (" + out["horizon"] + ")"
            tables.append(out)
    except ToolkitError as error:
        return {**choices, "status": f"{type(error).__name__}: {error.problem}"}, []
    keep = ["term", "effect", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
    rows = [{**choices, **r} for t in tables for r in t[keep].to_dict("records")]
    row = {
        **choices,
        "status": "ok",
        "nobs": f.nobs,
        "loglik": f.loglik,
        "aic": f.aic,
        "bic": f.bic,
        "rho": f.rho,
        "lambda": f.lambda_,
        "notes": "; ".join(f.notes),
    }
    return row, rows


def _among(w: SpatialWeights, panel: Panel) -> SpatialWeights:
    ids = tuple(panel.entities)
    return w.match(ids) if set(ids) == set(w.ids) else w.subset(ids, islands="keep")


def _sample(data: Panel, label: str, keep) -> Panel:
    """The panel restricted to regions or periods."""
    if keep is None:
        return data
    keep = list(keep)
    if keep and all(k in set(data.entities) for k in keep):
        return data.select(entities=keep)
    if keep and all(k in set(data.times) for k in keep):
        return data.select(times=keep)
    unknown = [k for k in keep if k not in set(data.entities) and k not in set(data.times)]
    raise InputError(
        f"samples[{label!r}] names neither regions nor periods of the panel: {listing(map(str, unknown or keep))}.",
        allowed="a list of region ids, or a list of periods",
    )


def _watched(results, total: int, progress: bool | None):
    """Results as they come, with a bar on a terminal or in a notebook."""
    shown = progress if progress is not None else (sys.stderr.isatty() or "ipykernel" in sys.modules)
    if not shown:
        yield from results
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(results, total=total, description="estimating", console=Console(stderr=True))
