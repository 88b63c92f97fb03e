"""The table of models: which of Wy, WX and Wu each one has. A model is a row here, not a class."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.errors import InputError, listing

__all__ = ["EFFECTS", "RANDOM", "SPECS", "Spec", "effects_named", "spec_named"]


@dataclass(frozen=True, slots=True)
class Spec:
    """One model of the family y = rho W y + X b + W X theta + effects + u, u = lambda W u + e.

    Attributes
    ----------
    name : str
        Short name, as given to `toolkit.fit`.
    title : str
        Name in words.
    wy, wx, wu : bool
        Whether W y (rho), W X (theta) and W u (lambda) are in the model.
    """

    name: str
    title: str
    wy: bool
    wx: bool
    wu: bool

    @property
    def spatial(self) -> tuple[str, ...]:
        """Names of the spatial parameters, in the order in which they are reported."""
        return ("rho",) * self.wy + ("lambda",) * self.wu


SPECS: dict[str, Spec] = {
    s.name: s
    for s in (
        Spec("ols", "Linear model (OLS)", wy=False, wx=False, wu=False),
        Spec("slx", "Spatial lag of X (SLX)", wy=False, wx=True, wu=False),
        Spec("sar", "Spatial autoregressive model (SAR)", wy=True, wx=False, wu=False),
        Spec("sem", "Spatial error model (SEM)", wy=False, wx=False, wu=True),
        Spec("sdm", "Spatial Durbin model (SDM)", wy=True, wx=True, wu=False),
        Spec("sdem", "Spatial Durbin error model (SDEM)", wy=False, wx=True, wu=True),
        Spec("sac", "Spatial autoregressive combined model (SAC)", wy=True, wx=False, wu=True),
        Spec("gns", "General nesting spatial model (GNS)", wy=True, wx=True, wu=True),
    )
}

#: Effects: name -> fixed effects included.
EFFECTS: dict[str, tuple[str, ...]] = {
    "none": (),
    "entity": ("entity",),
    "time": ("time",),
    "twoway": ("entity", "time"),
    "random": (),
    "mundlak": (),
}
#: Of these, the random effects of regions; "mundlak" adds the regressors' means (correlated random effects).
RANDOM = ("random", "mundlak")
#: What users of other programs write for a model, and how it is said here.
_ELSEWHERE = {
    "pooled": "model='ols', effects='none'",
    "pols": "model='ols', effects='none'",
    "fe": "effects='entity' (or 'time', 'twoway')",
    "within": "effects='entity' (or 'time', 'twoway')",
    "re": "effects='random'",
    "cre": "effects='mundlak'",
    "mundlak": "effects='mundlak'",
    "be": "method='between'",
    "between": "method='between'",
    "fd": "method='fd'",
    "iv": "endog=[...], instruments=[...]",
    "2sls": "endog=[...], instruments=[...]",
    "gmm": "method='gmm', dynamic=...",
    "cce": "method='ccemg' or 'ccep', effects='entity'",
    "sarar": "model='sac'",
    "sarma": "model='sac' (a moving average of the errors is not estimated)",
    "sdpd": "dynamic='y(t-1)', 'W y(t-1)' or 'both'",
}


def spec_named(name: str) -> Spec:
    """The row of `SPECS` called `name`; InputError lists the names otherwise."""
    if isinstance(name, str) and name.lower() in SPECS:
        return SPECS[name.lower()]
    raise InputError(
        f"model={name!r} is not a model.",
        allowed="; ".join(f"{s.name} ({s.title})" for s in SPECS.values()),
        fix=f"say {_ELSEWHERE[name.lower()]}" if isinstance(name, str) and name.lower() in _ELSEWHERE else None,
    )


def effects_named(name: str | None) -> str:
    """The canonical name of the effects; InputError lists the names otherwise."""
    name = "none" if name is None else name
    if isinstance(name, str) and name.lower() in EFFECTS:
        return name.lower()
    raise InputError(f"effects={name!r} is not a kind of effects.", allowed=listing(EFFECTS))
