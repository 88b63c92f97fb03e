"""Choosing a spatial model by the published sequences of tests, with the path on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.contracts import TestResult
from toolkit.errors import InputError
from toolkit.models.fit import fit
from toolkit.models.results import Fit
from toolkit.postestimation.spectests import spectests

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["STRATEGIES", "Selection", "Step", "select"]

STRATEGIES = {
    "elhorst": "Elhorst (2014), section 2.5 and 3.5: LM tests of the non-spatial model, then LR tests of the SDM",
    "lesage-pace": "LeSage and Pace (2009), chapter 6: start from the SDM and drop what LR tests allow",
}


@dataclass(frozen=True)
class Step:
    """One decision on the way.

    Attributes
    ----------
    question : str
    model : str
        The model whose tests were asked.
    tests : tuple of TestResult
    decision : str
        What follows, in words.
    """

    question: str
    model: str
    tests: tuple[TestResult, ...]
    decision: str


@dataclass(frozen=True, eq=False)
class Selection:
    """The path a sequence of tests took, and the model it ended at.

    Attributes
    ----------
    strategy : str
    level : float
    steps : tuple of Step
    chosen : Fit
    fits : dict of str to Fit
        Every model estimated on the way.
    """

    strategy: str
    level: float
    steps: tuple[Step, ...]
    chosen: Fit
    fits: dict[str, Fit]

    def tidy(self) -> pd.DataFrame:
        """One row a test: step question model test null statistic df p_value decision."""
        import pandas as pd

        rows = [
            {"step": i + 1, "question": s.question, "model": s.model, **t._row(), "decision": s.decision}
            for i, s in enumerate(self.steps)
            for t in s.tests
        ]
        return pd.DataFrame(rows)

    def glance(self) -> pd.DataFrame:
        """One row: strategy, level, number of steps and tests, the chosen model."""
        import pandas as pd

        row = {
            "strategy": self.strategy,
            "level": self.level,
            "steps": len(self.steps),
            "tests": sum(len(s.tests) for s in self.steps),
            "chosen": self.chosen.model,
            "effects": self.chosen.effects,
        }
        return pd.DataFrame([row])

    def __repr__(self) -> str:
        lines = [f"Model selection: {STRATEGIES[self.strategy]} (level {self.level:g})"]
        for i, s in enumerate(self.steps, 1):
            lines.append(f"{i}. {s.question} [{s.model.upper()}]")
            lines += [f"     {t.name}: {t.statistic:.3f}, p = {t.p_value:.3g} (H0: {t.null})" for t in s.tests]
            lines.append(f"   -> {s.decision}")
        return "\n".join([*lines, f"Chosen: {self.chosen.spec.title}, effects {self.chosen.effects}"])

    def _repr_html_(self) -> str:
        return f"<p>Chosen: <b>{self.chosen.spec.title}</b></p>" + self.tidy().to_html(index=False, float_format="%.4g")


def select(
    formula: str,
    data: Panel,
    W: SpatialWeights,
    effects: str = "none",
    strategy: str = "elhorst",
    level: float = 0.05,
    **options,
) -> Selection:
    """Choose among OLS, SLX, SAR, SEM and SDM by a published sequence of tests.

    ``"elhorst"``: if neither LM lag nor LM error of the non-spatial model rejects (robust ones included), OLS against SLX
    by LR. Otherwise the SDM, with LR tests of theta = 0 (SAR) and theta + rho b = 0 (SEM): both rejected, SDM; one not
    rejected and the robust LM tests pointing to the same model, that model; if they point elsewhere, SDM, which
    nests both. It does not ask whether rho = 0 in the SDM. ``"lesage-pace"``: the SDM first; SAR, SEM or SLX if its restriction is not rejected, taken in the
    order of p-values.

    Effects are not chosen here: `toolkit.spectests` has their LR tests. A sequence of tests is not a theory; p-values
    after it are too small, and the path should be reported.

    Parameters
    ----------
    formula : str
    data : Panel
    W : SpatialWeights
    effects : {"none", "entity", "time", "twoway"}
    strategy : {"elhorst", "lesage-pace"}
    level : float
        Of every test.
    **options
        Passed to `toolkit.fit`, e.g. ``durbin=``.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        For an unknown strategy, effects without LM tests, or a level outside (0, 1).

    References
    ----------
    Elhorst, J. P. (2014). Spatial Econometrics. Springer. LeSage, J. and Pace, R. K. (2009). Introduction to Spatial
    Econometrics. CRC Press.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("columbus")
    >>> tk.select("CRIME ~ INC + HOVAL", panel, tk.weights.queen(panel)).chosen.model
    'sar'
    """
    if strategy not in STRATEGIES:
        raise InputError(
            f"strategy={strategy!r} is not known.", allowed="; ".join(f"{k} ({v})" for k, v in STRATEGIES.items())
        )
    if effects not in ("none", "entity", "time", "twoway"):
        raise InputError(f"effects={effects!r} have no sequence of tests.", allowed="none, entity, time, twoway")
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not a level of a test.", allowed="a number between 0 and 1, e.g. 0.05")
    path = _Path(formula, data, W, effects, level, options)
    model = _elhorst(path) if strategy == "elhorst" else _lesage_pace(path)
    return Selection(strategy, level, tuple(path.steps), path.fit(model), path.fits)


class _Path:
    """Fits and tests made on the way, each once."""

    def __init__(self, formula, data, W, effects, level, options):
        self.formula, self.data, self.W, self.effects, self.level = formula, data, W, effects, level
        self.options, self.fits, self.steps, self.tables = options, {}, [], {}

    def fit(self, model: str) -> Fit:
        if model not in self.fits:
            options = (
                self.options if model in ("slx", "sdm") else {k: v for k, v in self.options.items() if k != "durbin"}
            )
            self.fits[model] = fit(self.formula, self.data, self.W, model=model, effects=self.effects, **options)
        return self.fits[model]

    def tests(self, model: str, *names: str) -> tuple[TestResult, ...]:
        if model not in self.tables:
            self.tables[model] = spectests(self.fit(model))
        return tuple(self.tables[model][n] for n in names)

    def rejects(self, test: TestResult) -> bool:
        return bool(test.p_value < self.level)

    def step(self, question: str, model: str, tests, decision: str) -> None:
        self.steps.append(Step(question, model, tuple(tests), decision))


def _elhorst(path: _Path) -> str:
    lag, error, robust_lag, robust_error = tests = path.tests(
        "ols", "LM lag", "LM error", "robust LM lag", "robust LM error"
    )
    if not any(map(path.rejects, tests)):
        path.step("Is there spatial dependence?", "ols", tests, "no LM test rejects: no rho, no lambda")
        (wx,) = path.tests("slx", "LR SLX against OLS")
        model = "slx" if path.rejects(wx) else "ols"
        path.step("Do neighbours' regressors matter?", "slx", (wx,), f"choose the {model.upper()}")
        return model
    points = "sar" if robust_lag.p_value < robust_error.p_value else "sem"
    if path.rejects(robust_lag) and path.rejects(robust_error):
        pointing = "both robust tests reject: lag and error are both possible"
    else:
        pointing = f"spatial dependence, pointing to the {points.upper()}"
    path.step("Is there spatial dependence?", "ols", tests, f"{pointing}; estimate the SDM")
    to_sar, to_sem = pair = path.tests("sdm", "LR SDM against SAR", "LR SDM against SEM")
    keeps = {"sar": not path.rejects(to_sar), "sem": not path.rejects(to_sem)}
    if not any(keeps.values()):
        path.step("Can the SDM be simplified?", "sdm", pair, "both restrictions are rejected: choose the SDM")
        return "sdm"
    agreed = [m for m in ("sar", "sem") if keeps[m] and _supported(path, m, lag, error, robust_lag, robust_error)]
    if len(agreed) == 2:
        agreed = [points]
    if agreed:
        path.step("Can the SDM be simplified?", "sdm", pair, f"LR and LM tests agree: choose the {agreed[0].upper()}")
        return agreed[0]
    path.step(
        "Can the SDM be simplified?", "sdm", pair, "LR and robust LM tests point to different models: choose the SDM"
    )
    return "sdm"


def _supported(path: _Path, model: str, lag, error, robust_lag, robust_error) -> bool:
    """Whether the LM tests point to `model`: the robust ones if any rejects, else the plain ones."""
    if path.rejects(robust_lag) or path.rejects(robust_error):
        return path.rejects(robust_lag if model == "sar" else robust_error)
    return path.rejects(lag if model == "sar" else error)


def _lesage_pace(path: _Path) -> str:
    names = {"sar": "LR SDM against SAR", "sem": "LR SDM against SEM", "slx": "LR SDM against SLX"}
    tests = dict(zip(names, path.tests("sdm", *names.values()), strict=True))
    kept = sorted(
        (m for m, t in tests.items() if not path.rejects(t) and t.p_value == t.p_value), key=lambda m: -tests[m].p_value
    )
    if not kept:
        path.step("Can the SDM be simplified?", "sdm", tests.values(), "every restriction is rejected: choose the SDM")
        return "sdm"
    model = kept[0]
    path.step("Can the SDM be simplified?", "sdm", tests.values(), f"the {model.upper()} is not rejected")
    (last,) = path.tests(model, f"LR {model.upper()} against OLS")
    if path.rejects(last):
        path.step("Is there anything spatial?", model, (last,), f"choose the {model.upper()}")
        return model
    path.step("Is there anything spatial?", model, (last,), "the restriction to OLS is not rejected: choose OLS")
    return "ols"
