"""`toolkit.simulate`: a panel drawn from a model whose parameters are known."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.models.dynamic import stability
from toolkit.models.process import ERRORS, REGRESSORS, Process, draw
from toolkit.models.simulation import Simulation
from toolkit.models.simulation_inputs import regressors_of, spread_of, weights_of
from toolkit.models.spec import EFFECTS, SPECS, Spec, effects_named, spec_named

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["simulate"]


def simulate(
    W: SpatialWeights | None = None,
    model: str = "sdm",
    *,
    n: int = 49,
    periods: int = 1,
    beta: Mapping[str, float] | None = None,
    theta: Mapping[str, float] | None = None,
    rho: float = 0.0,
    lambda_: float = 0.0,
    tau: float = 0.0,
    eta: float = 0.0,
    effects: str = "none",
    constant: float = 0.0,
    sigma: float = 1.0,
    components: str = "baltagi",
    sigma_entity: float = 1.0,
    sigma_time: float = 1.0,
    correlation: float = 0.0,
    serial: float = 0.0,
    hetero: str | np.ndarray | None = None,
    errors: str = "normal",
    x: str | Panel | pd.DataFrame = "normal",
    x_rho: float = 0.0,
    burn_in: int | None = None,
    geometry: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    seed: int | None = None,
) -> Simulation:
    r"""Draw a panel from a spatial model with known parameters.

    .. math:: y_t = \rho W y_t + \tau y_{t-1} + \eta W y_{t-1} + c + X_t b + W X_t \theta + \mu + \xi_t + u_t, \qquad
              u_t = \lambda W u_t + e_t

    Parameters
    ----------
    W : SpatialWeights, optional
        Left out: queen contiguity, row-standardised, of a lattice of `n` unit squares, which is the panel's map.
    model : str
        ``ols slx sar sem sdm sdem sac gns``: which of rho, theta and lambda may differ from zero.
    n : int
        Regions of the lattice; used without `W` only.
    periods : int
        Periods T; 1 is a cross-section.
    beta : mapping of str to float
        Coefficient of each regressor; ``{"x": 1.0}`` by default.
    theta : mapping of str to float, optional
        Coefficient of W times a regressor of `beta`; zero where left out.
    rho, lambda_, tau, eta : float
        Coefficients of W y, W u, y(t-1) and W y(t-1).
    effects : {"none", "entity", "time", "twoway", "random"}
        Fixed or random effects; ``"random"`` are those of regions.
    constant : float
        The intercept c.
    sigma : float
        Standard deviation of e (with `hetero`: the root of its mean variance; with `serial`: of its innovations).
    components : {"baltagi", "kkp"}
        Random effects outside the filter of lambda (Baltagi, Song and Koh 2003) or inside it (Kapoor, Kelejian and
        Prucha 2007).
    sigma_entity, sigma_time : float
        Standard deviations of mu and xi, where `effects` has them.
    correlation : float
        Correlation of mu with the regions' means of X b, and of xi with the periods' means. Other than zero, pooled
        least squares and random effects are inconsistent.
    serial : float
        AR(1) coefficient psi of e, started from its stationary distribution.
    hetero : {None, "x", "neighbours"} or array of shape (N,)
        Standard deviation of e in proportion to the root mean square of the regressors, to the number of neighbours,
        or as given by region in the order of ``W.ids``; scaled so that the mean variance stays ``sigma**2``.
    errors : {"normal", "t5", "laplace", "uniform", "chi2"}
        Distribution of e, of mean 0 and variance 1 before scaling; ``"chi2"`` (3 degrees of freedom) is skewed.
    x : {"normal", "uniform", "lognormal"}, Panel or DataFrame
        How regressors are drawn (uniform on 0 to 1; the others standard), or where they are taken from: a panel, whose
        regions, periods, map and codebook are kept and in which names of `beta` may be expressions such as
        ``"log(pcap)"``; or a DataFrame indexed by region id, for a cross-section.
    x_rho : float
        Spatial dependence of drawn regressors: each is :math:`(I - x_\rho W)^{-1}` times independent draws.
    burn_in : int, optional
        Periods before the first, in which a dynamic outcome leaves its start at zero; by default as many as make the
        start count less than 1e-6. Regressors that were given keep the values of the first period there.
    geometry : GeoDataFrame or GeoSeries, optional
        Map for the panel, indexed by id, where `W` was given.
    seed : int, optional
        The same seed gives the same numbers. Regressors, effects and errors have a stream of their own each, so that
        draws with the same seed differ by the parameters alone.

    Returns
    -------
    Simulation
        ``panel W truth formula fit() impacts() compare(fit) hidden``.

    Raises
    ------
    InputError
        Unknown names; a parameter the model does not have; rho or lambda outside the admissible interval of W;
        dynamics that explode; a variance, number or shape that cannot be used.
    WeightsError
        Regions of `x` and `W` do not match.

    References
    ----------
    Elhorst, J. P. (2014). Spatial Econometrics. Springer, chapters 2 to 4.
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press, section 2.7.

    Examples
    --------
    >>> import toolkit as tk
    >>> sim = tk.simulate(model="sdm", n=100, periods=8, rho=0.4, theta={"x": 0.5}, effects="entity", seed=1)
    >>> sim.panel
    Panel 'simulated SDM': 100 regions x 8 periods (1-8), balanced, with map; 2 variables: y, x
    >>> dict(sim.truth)
    {'x': 1.0, 'W x': 0.5, 'rho': 0.4, 'sigma2': 1.0}
    >>> sim.impacts().round(3)
      term    effect  estimate
    0    x    direct     1.068
    1    x  indirect     1.432
    2    x     total     2.500
    >>> round(float(sim.fit().params["rho"]), 2)
    0.44
    """
    spec, effects = spec_named(model), effects_named(effects)
    coefficients = {"x": 1.0} if beta is None else dict(beta)
    _check_parameters(spec, effects, components, coefficients, theta, rho=rho, lambda_=lambda_)
    _check_numbers(n, periods, sigma, sigma_entity, sigma_time, serial, correlation, burn_in)
    seed = _resolved(seed)
    W, geometry = weights_of(W, n, x, geometry)
    table, given = regressors_of(x, coefficients, W, periods)
    if table is not None:
        W, periods = W.match(table.entities), table.T
    _check_stable(W.operator, rho, lambda_, x_rho, tau, eta)
    if periods == 1 and effects in ("entity", "time", "twoway"):
        raise InputError(f"effects={effects!r} with one period: nothing can be told from them.", allowed="periods >= 2")
    process = Process(
        operator=W.operator,
        periods=periods,
        beta=np.array(list(coefficients.values()), float),
        theta=np.array([(theta or {}).get(name, 0.0) for name in coefficients], float),
        rho=rho,
        lam=lambda_,
        tau=tau,
        eta=eta,
        constant=constant,
        sigma=sigma,
        sigma_entity=sigma_entity if effects in ("entity", "twoway", "random") else 0.0,
        sigma_time=sigma_time if effects in ("time", "twoway") else 0.0,
        inside=components == "kkp",
        correlation=correlation,
        serial=serial,
        spread=spread_of(hetero, W),
        errors=_named("errors", errors, ERRORS),
        regressors=given if given is not None else _named("x", x, REGRESSORS),
        x_rho=x_rho,
        burn_in=_burn_in(burn_in, W.operator, rho, tau, eta),
    )
    y, columns, hidden = draw(process, seed)
    names = list(coefficients)
    panel = _panel(spec, W, y, dict(zip(names, np.moveaxis(columns, 2, 0), strict=True)), table, geometry)
    return Simulation(
        panel=panel,
        W=W,
        truth=MappingProxyType(_truth(spec, effects, coefficients, process)),
        model=spec.name,
        effects=effects,
        regressors=tuple(names),
        options=MappingProxyType(_fit_options(spec, effects, components, process)),
        seed=seed,
        hidden=MappingProxyType(hidden),
    )


# ---------------------------------------------------------------------- what was asked for


def _check_parameters(spec: Spec, effects: str, components: str, beta: dict, theta, **spatial) -> None:
    if effects == "mundlak":
        raise InputError(
            "effects='mundlak' is a way to estimate, not a process.",
            allowed=listing(e for e in EFFECTS if e != "mundlak"),
            fix='effects="random" with correlation=0.5 draws region effects that are correlated with the regressors',
        )
    if not beta or not all(isinstance(k, str) for k in beta):
        raise InputError(f"beta={beta!r} names no regressor.", allowed='a mapping such as {"x": 1.0}')
    unknown = [k for k in theta or {} if k not in beta]
    if unknown:
        raise InputError(
            f"theta has {listing(unknown)}, which beta has not.", allowed=f"names of beta: {listing(beta)}"
        )
    for name, value, there in (
        ("theta", theta or None, spec.wx),
        ("rho", spatial["rho"] or None, spec.wy),
        ("lambda_", spatial["lambda_"] or None, spec.wu),
    ):
        if value is not None and not there:
            flag = {"theta": "wx", "rho": "wy", "lambda_": "wu"}[name]
            raise InputError(
                f"{name}={value!r} was given, but model={spec.name!r} has no {name.rstrip('_')}.",
                allowed=f"{name}= with {listing(s.name for s in SPECS.values() if getattr(s, flag))}",
            )
    if components not in ("baltagi", "kkp"):
        raise InputError(f"components={components!r} is not known.", allowed="'baltagi', 'kkp'")
    if components == "kkp" and not (effects == "random" and spec.wu):
        raise InputError(
            f"components='kkp' filters random effects by lambda; model={spec.name!r}, effects={effects!r} was given.",
            allowed="effects='random' with sem, sdem, sac, gns",
        )


def _check_numbers(n, periods, sigma, sigma_entity, sigma_time, serial, correlation, burn_in) -> None:
    for name, value, least in (("n", n, 2), ("periods", periods, 1), ("burn_in", burn_in, 0)):
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not (whole and value >= least) and not (name == "burn_in" and value is None):
            raise InputError(f"{name}={value!r} cannot be used.", allowed=f"a whole number of {least} or more")
    for name, value in (("sigma", sigma), ("sigma_entity", sigma_entity), ("sigma_time", sigma_time)):
        if not (np.isfinite(value) and value >= 0) or (name == "sigma" and value == 0):
            raise InputError(f"{name}={value!r} is not a standard deviation.", allowed="a positive number")
    if not abs(serial) < 1:
        raise InputError(f"serial={serial!r} is not a stationary AR(1) coefficient.", allowed="-1 < serial < 1")
    if not abs(correlation) <= 1:
        raise InputError(f"correlation={correlation!r} is not a correlation.", allowed="-1 <= correlation <= 1")


def _check_stable(operator, rho: float, lam: float, x_rho: float, tau: float, eta: float) -> None:
    low, high = operator.interval
    for name, value in (("rho", rho), ("lambda_", lam), ("x_rho", x_rho)):
        if not low < value < high:
            raise InputError(
                f"{name}={value:g} is not admissible: I - {name.rstrip('_')} W is singular there or on the way from 0.",
                allowed=f"{low:.6g} < {name} < {high:.6g} for these weights",
            )
    radius = stability(operator, rho, tau, eta) if tau or eta else 0.0
    if radius >= 1:
        raise InputError(
            f"tau={tau:g}, eta={eta:g} and rho={rho:g} explode: the spectral radius of (I - rho W)^-1 (tau I + eta W) is "
            f"{radius:.4g}.",
            allowed="a spectral radius below 1; where W is row-standardised and all are positive, tau + rho + eta < 1",
        )


def _burn_in(given: int | None, operator, rho: float, tau: float, eta: float) -> int:
    if given is not None or not (tau or eta):
        return int(given or 0)
    radius = max(stability(operator, rho, tau, eta), 0.1)
    return int(min(np.ceil(np.log(1e-6) / np.log(radius)), 10_000))


def _resolved(seed: int | None) -> int:
    if seed is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"seed={seed!r} cannot start a random generator.", allowed="None or a whole number >= 0")
    return int(seed)


def _named(what: str, name: object, table: Mapping):
    if isinstance(name, str) and name in table:
        return table[name]
    raise InputError(f"{what}={name!r} is not known.", allowed=listing(map(repr, table)))


# ---------------------------------------------------------------------- what is returned


def _panel(spec: Spec, W, y: np.ndarray, columns: dict, table, geometry) -> Panel:
    import pandas as pd

    from toolkit.data.panel import Panel

    if table is not None:
        panel = table.assign(y=y)
        return panel if geometry is None else panel.with_geometry(geometry)
    t, n = y.shape
    frame = pd.DataFrame({"region": list(W.ids) * t, "period": np.repeat(np.arange(1, t + 1), n), "y": y.ravel()})
    frame = frame.assign(**{name: values.ravel() for name, values in columns.items()})
    if t == 1:
        frame = frame.drop(columns="period")
    title = f"simulated {spec.name.upper()}"
    return Panel(frame, "region", "period" if t > 1 else None, geometry=geometry, name=title)


def _truth(spec: Spec, effects: str, beta: dict, p: Process) -> dict[str, float]:
    truth = {"Intercept": float(p.constant)} if effects in ("none", "random") else {}
    truth |= {name: float(b) for name, b in beta.items()}
    if spec.wx:
        truth |= {f"W {name}": float(t) for name, t in zip(beta, p.theta, strict=True)}
    truth |= {name: float(v) for name, v in (("y(t-1)", p.tau), ("W y(t-1)", p.eta)) if v}
    truth |= {name: float(p.rho if name == "rho" else p.lam) for name in spec.spatial}
    if effects == "random":
        truth["phi"] = (p.sigma_entity / p.sigma) ** 2
    if p.serial:
        truth["psi"] = float(p.serial)
    return truth | {"sigma2": float(p.sigma) ** 2}


def _fit_options(spec: Spec, effects: str, components: str, p: Process) -> dict[str, object]:
    lags = [name for name, v in (("y(t-1)", p.tau), ("W y(t-1)", p.eta)) if v]
    out: dict[str, object] = {"dynamic": "both" if len(lags) == 2 else lags[0]} if lags else {}
    if effects == "random":
        out |= {"method": "ml", "serial": True if p.serial else None}
        out["components"] = components if spec.wu else None
    return out
