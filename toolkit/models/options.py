"""How a model is estimated: the method, its corrections and its covariance, checked against one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from toolkit.errors import InputError, listing
from toolkit.models.spec import RANDOM, Spec

__all__ = ["METHODS", "Method", "Options", "options"]


@dataclass(frozen=True, slots=True)
class Method:
    """A way to estimate the equation: a row of `METHODS`.

    Attributes
    ----------
    name, title : str
    models : tuple of str
        Rows of `SPECS` it applies to.
    effects : tuple of str
        Effects it applies to.
    takes : frozenset of str
        Options of `Options` that mean something to it, beside the covariance.
    """

    name: str
    title: str
    models: tuple[str, ...]
    effects: tuple[str, ...]
    takes: frozenset[str] = frozenset()


_ALL = ("ols", "slx", "sar", "sem", "sdm", "sdem", "sac", "gns")
_LINEAR = ("ols", "slx")
_FIXED = ("none", "entity", "time", "twoway")
_IV = frozenset({"endog", "instruments"})

METHODS: dict[str, Method] = {
    m.name: m
    for m in (
        Method(
            "ml",
            "maximum likelihood (least squares for ols, slx)",
            _ALL,
            _FIXED + RANDOM,
            frozenset({"bias_correction", "dynamic", "components", "serial", "renormalize"}),
        ),
        Method("gls", "feasible GLS of random effects (Swamy and Arora)", _LINEAR, RANDOM),
        Method("between", "least squares on region means", _LINEAR, ("none",)),
        Method("fd", "least squares on first differences", _LINEAR, ("none",)),
        Method("mg", "mean group: a regression for each region", _LINEAR, ("entity",)),
        Method("ccemg", "common correlated effects, mean group", _LINEAR, ("entity",), frozenset({"cr_lags"})),
        Method("ccep", "common correlated effects, pooled", _LINEAR, ("entity",), frozenset({"cr_lags"})),
        Method("2sls", "(spatial) two-stage least squares", ("ols", "slx", "sar", "sdm"), _FIXED, _IV),
        Method("gs2sls", "generalised spatial two-stage least squares", _ALL[2:], _FIXED, _IV),
        Method("het", "GS2SLS robust to heteroskedasticity", _ALL[2:], _FIXED, _IV),
        Method(
            "gm", "generalised moments of the error model", ("sem", "sdem"), ("none", "random", "mundlak", "entity")
        ),
        Method("gmm", "GMM of the dynamic panel", ("ols", "slx", "sar", "sdm"), _FIXED, _IV | {"dynamic", "gmm_lags"}),
    )
}

#: what each option may be, for messages
_CHOICES = {
    "bias_correction": ("none", "transformation", "correction"),
    "dynamic": ("y(t-1)", "W y(t-1)", "both"),
    "components": ("baltagi", "kkp"),
    "serial": (True, False),
    "renormalize": (True, False),
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """Everything `toolkit.fit` was asked for beside the equation; None where it does not apply.

    Attributes
    ----------
    method : str
        A row of `METHODS`.
    bias_correction : {None, "none", "transformation", "correction"}
        Lee and Yu (2010) for fixed effects; for dynamic models ``"correction"`` is that of Yu, de Jong and Lee (2008).
    dynamic : {None, "y(t-1)", "W y(t-1)", "both"}
        Lags of the outcome in the model.
    components : {None, "baltagi", "kkp"}
        Whether the error filter passes over the remainder only or over the region effects too.
    serial : bool or None
        AR(1) remainder in random-effects models.
    endog, instruments : tuple of str
        Endogenous regressors of the formula, and instruments from outside it.
    cr_lags, gmm_lags : int or None
        Lags of the cross-section averages (CCE), of the outcome as instruments (GMM).
    renormalize : bool or None
        For panels with absent regions: whether rows of W are re-normalised over those present.
    cov : str or None
    cov_options : mapping
    """

    method: str = "ml"
    bias_correction: str | None = None
    dynamic: str | None = None
    components: str | None = None
    serial: bool | None = None
    endog: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    cr_lags: int | None = None
    gmm_lags: int | None = None
    renormalize: bool | None = None
    cov: str | None = None
    cov_options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def lags(self) -> tuple[str, ...]:
        """Names of the lags of the outcome in the model."""
        return ("y(t-1)", "W y(t-1)") if self.dynamic == "both" else (self.dynamic,) if self.dynamic else ()


def options(spec: Spec, effects: str, **given) -> Options:
    """Resolve defaults and refuse what does not go together.

    Raises
    ------
    InputError
        For an unknown value, an option the method does not take, a method the model or effects do not have.
    """
    for name in ("endog", "instruments"):
        given[name] = _names(name, given.get(name))
    given["cov_options"] = MappingProxyType(dict(given.get("cov_options") or {}))
    name = given.get("method")
    if name is None:
        name = given["method"] = _default(spec, effects, given)
    if name not in METHODS:
        raise InputError(
            f"method={name!r} is not a way to estimate.",
            allowed="; ".join(f"{m.name} ({m.title})" for m in METHODS.values()),
        )
    method = METHODS[name]
    if spec.name not in method.models:
        raise InputError(
            f"method={name!r} ({method.title}) does not estimate the {spec.name.upper()}.",
            allowed=f"models {listing(method.models)} with method={name!r}; "
            f"methods {listing(m.name for m in METHODS.values() if spec.name in m.models)} with model={spec.name!r}",
        )
    if effects not in method.effects:
        raise InputError(
            f"method={name!r} ({method.title}) does not go with effects={effects!r}.",
            allowed=f"effects {listing(method.effects)} with method={name!r}",
        )
    known = {f.name for f in fields(Options)}
    for option in known - {"method", "cov", "cov_options"}:
        value = given.get(option)
        if value is None or value == () or value is False:
            continue
        if option not in method.takes:
            takers = [m.name for m in METHODS.values() if option in m.takes]
            raise InputError(
                f"{option}={value!r} means nothing to method={name!r} ({method.title}).",
                allowed=f"{option}= with method {listing(takers)}",
            )
        if option in _CHOICES and value not in _CHOICES[option]:
            raise InputError(f"{option}={value!r} is not known.", allowed=listing(map(repr, _CHOICES[option])))
        if option in ("cr_lags", "gmm_lags") and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise InputError(f"{option}={value!r} is not a number of lags.", allowed="a whole number of 0 or more")
    _together(spec, effects, given)
    return Options(**given)


def _default(spec: Spec, effects: str, given: dict) -> str:
    if given["endog"] or given["instruments"]:
        return "gs2sls" if spec.wu else "2sls"
    asked = given.get("components") or given.get("serial")
    return "gls" if effects in RANDOM and spec.name in _LINEAR and not asked else "ml"


def _together(spec: Spec, effects: str, given: dict) -> None:
    """Rules between options."""
    random = effects in RANDOM
    for option in ("components", "serial"):
        if given.get(option) and not random:
            raise InputError(
                f"{option}={given[option]!r} belongs to random effects; effects={effects!r} was given.",
                allowed=f"{option}= with effects={' or '.join(map(repr, RANDOM))}",
            )
    if given.get("components") == "kkp" and not spec.wu:
        raise InputError(
            f"components='kkp' filters the region effects by lambda, which model={spec.name!r} does not have.",
            allowed="components= with sem, sdem, sac, gns",
        )
    if random and given["method"] == "ml":
        given["components"] = given.get("components") or "baltagi"
        given["serial"] = bool(given.get("serial"))
    correction, dynamic = given.get("bias_correction"), given.get("dynamic")
    if random and correction not in (None, "none"):
        raise InputError(
            f"bias_correction={correction!r} corrects for fixed effects; effects={effects!r} was given.",
            allowed="bias_correction= with effects entity, time or twoway",
        )
    if random and dynamic:
        raise InputError(
            f"dynamic={dynamic!r} with effects={effects!r}: the region effects are correlated with the first outcome.",
            fix="use effects='entity' or 'twoway', which are corrected for the bias of short panels",
        )
    if effects == "none" and correction not in (None, "none"):
        raise InputError(
            f"bias_correction={correction!r} corrects for fixed effects; effects='none' was given.",
            allowed="bias_correction= with effects entity, time or twoway",
        )
    if given["method"] == "gmm" and not dynamic:
        raise InputError(
            "method='gmm' estimates dynamic panels; dynamic= was not given.",
            allowed=f"dynamic={' or '.join(map(repr, _CHOICES['dynamic']))}",
        )
    if dynamic and correction is None and effects != "none" and given["method"] == "ml":
        given["bias_correction"] = "correction"
    if given["instruments"] and not given["endog"]:
        raise InputError(
            f"instruments={list(given['instruments'])!r} without an endogenous regressor.",
            fix="name the regressors they stand in for: endog=[...]",
        )


def _names(option: str, value: Sequence[str] | str | None) -> tuple[str, ...]:
    if value is None:
        return ()
    value = (value,) if isinstance(value, str) else tuple(value)
    if not all(isinstance(v, str) for v in value):
        raise InputError(f"{option}={list(value)!r} must name columns.", allowed='a list of names, e.g. ["log(pcap)"]')
    return value
