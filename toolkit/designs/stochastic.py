r"""Stochastic convergence: do shocks to relative incomes die out (Carlino and Mills 1993; Evans and Karras 1996).

Panel unit-root tests of the null that every region has a unit root, built to stand cross-sectional dependence:

- IPS (Im, Pesaran and Shin 2003) on deviations from the mean of the regions: the mean of the regions' Dickey-Fuller t. Deviations
  stay correlated between neighbours, so that its null distribution is bootstrapped: residuals under the null are drawn by
  whole periods, all regions together (Chang 2004).
- CIPS (Pesaran 2007) on the series themselves: each regression also has the mean of the regions and its differences, which
  take out a common factor that regions may load on differently. Its null distribution is simulated for the N, T, lags and
  deterministic terms at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import TestResult
from toolkit.errors import DataError, InputError
from toolkit.explore.observations import frozen, observe
from toolkit.explore.permutation import check_count, resolve_seed

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["StochasticConvergence", "dickey_fuller", "stochastic_convergence"]

DETERMINISTIC = ("none", "intercept", "trend")
#: Bounds of a regional t in the truncated CIPS (Pesaran 2007, p. 277).
_BOUNDS = {"none": (-6.12, 4.16), "intercept": (-6.19, 2.61), "trend": (-6.42, 1.70)}


@dataclass(frozen=True, kw_only=True, eq=False)
class StochasticConvergence:
    """Panel unit-root tests of relative levels.

    Attributes
    ----------
    variable, label, label_zh, unit : str
    times : tuple, length T
    regions, names : tuple, length N
    deviations : ndarray, shape (T, N)
        The variable less the mean of the regions.
    ips_t, cips_t : ndarray, shape (N,)
        Each region's t, of its deviation and in the cross-sectionally augmented regression.
    tests : mapping of str to TestResult
        ``IPS`` and ``CIPS``; small p-values speak for convergence of some regions at least.
    critical : mapping of str to mapping
        1, 5 and 10 percent critical values of both under the null.
    deterministic : str
    lags, draws, seed : int
    names_zh : tuple, length N
    """

    variable: str
    label: str
    label_zh: str
    unit: str
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    deviations: np.ndarray
    ips_t: np.ndarray
    cips_t: np.ndarray
    tests: Mapping[str, TestResult]
    critical: Mapping[str, Mapping[str, float]]
    deterministic: str
    lags: int
    draws: int
    seed: int
    names_zh: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """One row a region: region name ips_t cips_t."""
        import pandas as pd

        columns = {"region": list(self.regions), "name": list(self.names)}
        return pd.DataFrame(columns | {"ips_t": self.ips_t, "cips_t": self.cips_t})

    def glance(self) -> pd.DataFrame:
        """One row a test: name null statistic p_value, critical values, and what was used."""
        import pandas as pd

        used = {"n": len(self.regions), "periods": len(self.times), "deterministic": self.deterministic}
        used |= {"lags": self.lags, "draws": self.draws, "seed": self.seed}
        rows = []
        for name, test in self.tests.items():
            row = {"test": name, "null": test.null, "statistic": test.statistic, "p_value": test.p_value}
            rows.append(row | {f"critical_{k}": v for k, v in self.critical[name].items()} | used)
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        head = (
            f"Stochastic convergence of {self.variable}: {len(self.regions)} regions, {self.times[0]}-{self.times[-1]}"
        )
        return f"{head}\n{self.glance().to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.glance().to_html(index=False, float_format="%.4f")


def stochastic_convergence(
    panel: Panel,
    variable: str,
    *,
    deterministic: str = "intercept",
    lags: int = 1,
    truncated: bool = False,
    draws: int = 999,
    seed: int | None = None,
) -> StochasticConvergence:
    """IPS of deviations from the mean and CIPS of the series, with p-values of their own.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        Usually a logarithm, e.g. ``"log(gdp / pop)"``.
    deterministic : {"intercept", "trend", "none"}
        ``intercept``: gaps settle at levels of their own (conditional convergence); ``none``: they close; ``trend``: they may
        drift, so that stationarity around a trend is not yet convergence.
    lags : int
        Lagged differences in each regression.
    truncated : bool
        Cut the regional t of CIPS at Pesaran's bounds, advised for T below about 20.
    draws : int
        Of the bootstrap and of the simulation.
    seed : int, optional
        Same seed, same numbers.

    Returns
    -------
    StochasticConvergence

    Raises
    ------
    DataError
        Missing values, fewer than two regions, or too few periods for the regressions.
    InputError
        An argument that is not allowed.

    References
    ----------
    Carlino, G. and Mills, L. (1993). Are US regional incomes converging? Journal of Monetary Economics 32, 335-346.
    Im, K., Pesaran, M. and Shin, Y. (2003). Testing for unit roots in heterogeneous panels. Journal of Econometrics 115, 53-74.
    Pesaran, M. (2007). A simple panel unit root test in the presence of cross-section dependence. Journal of Applied
    Econometrics 22, 265-312.
    Chang, Y. (2004). Bootstrap unit root tests in panels with cross-sectional dependency. Journal of Econometrics 120, 263-293.

    Examples
    --------
    >>> import toolkit as tk
    >>> s = tk.stochastic_convergence(tk.load("us_income"), "log(income)", draws=99, seed=1)
    >>> list(s.tests)
    ['IPS', 'CIPS']
    """
    if deterministic not in DETERMINISTIC:
        raise InputError(f"deterministic={deterministic!r} is unknown.", allowed=", ".join(DETERMINISTIC))
    if isinstance(lags, bool) or not isinstance(lags, int) or lags < 0:
        raise InputError(f"lags={lags!r} is not a number of lags.", allowed="0, 1, 2, ...")
    draws, start = check_count(draws, 99), resolve_seed(seed)
    observed = observe(panel, variable)
    y = observed.values
    t, n = y.shape
    width = 2 * (lags + 2) - 1 + DETERMINISTIC.index(deterministic)
    if n < 2 or t - lags - 1 <= width + 1:
        raise DataError(
            f"{t} periods and {n} regions are too few: each regression has {width} terms and {t - lags - 1} observations.",
            allowed="two regions, and more observations than terms",
            fix="take fewer lags or fewer deterministic terms",
        )
    gaps = y - y.mean(axis=1, keepdims=True)
    ips_t = dickey_fuller(gaps, lags, deterministic)
    cips_t = dickey_fuller(y, lags, deterministic, augmented=True)
    bounds = _BOUNDS[deterministic] if truncated else (-np.inf, np.inf)
    rng = np.random.default_rng(start)
    under = {
        "IPS": _bootstrapped(gaps, lags, deterministic, draws, rng),
        "CIPS": _simulated(t, n, lags, deterministic, bounds, draws, rng),
    }
    value = {"IPS": float(ips_t.mean()), "CIPS": float(np.clip(cips_t, *bounds).mean())}
    source = {"IPS": "Im, Pesaran and Shin (2003); Chang (2004)", "CIPS": "Pesaran (2007)"}
    how = {"IPS": f"bootstrap of {draws} samples", "CIPS": f"{draws} simulated panels"}
    tests = {
        k: TestResult(
            name=k,
            null="a unit root in every region",
            statistic=value[k],
            df=None,
            p_value=float((1 + (under[k] <= value[k]).sum()) / (draws + 1)),
            distribution="permutation",
            reference=source[k],
            reason=how[k],
        )
        for k in ("IPS", "CIPS")
    }
    names = panel.names
    return StochasticConvergence(
        variable=observed.name,
        label=observed.label,
        label_zh=observed.label_zh,
        unit=observed.unit,
        times=tuple(observed.times),
        regions=tuple(panel.entities),
        names=tuple(str(names[r]) for r in panel.entities),
        names_zh=tuple(map(str, panel.names_in("zh"))),
        deviations=frozen(gaps),
        ips_t=frozen(ips_t),
        cips_t=frozen(cips_t),
        tests=MappingProxyType(tests),
        critical=MappingProxyType({k: _quantiles(v) for k, v in under.items()}),
        deterministic=deterministic,
        lags=lags,
        draws=draws,
        seed=start,
    )


def dickey_fuller(y: np.ndarray, lags: int, deterministic: str, augmented: bool = False) -> np.ndarray:
    """T of the lagged level in each region's Dickey-Fuller regression.

    Parameters
    ----------
    y : ndarray, shape (..., T, N)
    lags : int
        Lagged differences.
    deterministic : {"none", "intercept", "trend"}
    augmented : bool
        Add the mean of the regions: its lagged level, its difference and its lagged differences (Pesaran 2007, eq. 54).

    Returns
    -------
    ndarray, shape (..., N)
    """
    y = np.swapaxes(np.asarray(y, float), -1, -2)  # (..., N, T)
    columns = _columns(y, lags)
    if augmented:
        mean = np.broadcast_to(y.mean(axis=-2, keepdims=True), y.shape)
        level, *rest = _columns(mean, lags, with_current=True)
        columns += [level, *rest]
    used = y.shape[-1] - lags - 1
    if deterministic != "none":
        columns.append(np.ones_like(columns[0]))
    if deterministic == "trend":
        columns.append(np.broadcast_to(np.linspace(-1, 1, used), columns[0].shape))
    x = np.stack(columns, axis=-1)  # (..., N, used, k)
    left = np.diff(y, axis=-1)[..., lags:]
    size = np.linalg.norm(x, axis=-2, keepdims=True)
    x = x / np.where(size > 0, size, 1.0)
    q, r = np.linalg.qr(x)
    b = np.linalg.solve(r, np.swapaxes(q, -1, -2) @ left[..., None])[..., 0]
    e = left - (x @ b[..., None])[..., 0]
    s2 = (e**2).sum(axis=-1) / (used - x.shape[-1])
    inverse = np.linalg.inv(r)
    return b[..., 0] / np.sqrt(s2 * (inverse[..., 0, :] ** 2).sum(axis=-1))


def _columns(y: np.ndarray, lags: int, with_current: bool = False) -> list[np.ndarray]:
    """Lagged level and lagged differences (and the current difference) along the last axis."""
    change = np.diff(y, axis=-1)
    end = change.shape[-1]
    found = [y[..., lags:-1]]
    first = 0 if with_current else 1
    return found + [change[..., lags - j : end - j] for j in range(first, lags + 1)]


def _bootstrapped(gaps: np.ndarray, lags: int, deterministic: str, draws: int, rng) -> np.ndarray:
    """Mean t of samples that have a unit root, the short-run dynamics and the dependence between regions of the data."""
    change = np.diff(gaps, axis=0)  # (T - 1, N)
    drift = change.mean(axis=0) if deterministic == "trend" else np.zeros(change.shape[1])
    change = change - drift
    t, n = change.shape
    phi = np.zeros((lags, n))
    e = change[lags:]
    if lags:
        x = np.stack([change[lags - j : t - j] for j in range(1, lags + 1)], axis=-1)  # (t - lags, N, lags)
        gram = np.einsum("tnk,tnl->nkl", x, x)
        phi = np.linalg.solve(gram, np.einsum("tnk,tn->nk", x, e)[..., None])[..., 0].T
        e = e - np.einsum("tnk,kn->tn", x, phi)
    e = e - e.mean(axis=0)
    burn = 20
    out = []
    for size in _blocks(draws, t * n):
        u = e[rng.integers(len(e), size=(size, t + burn))]  # (size, t + burn, N)
        v = np.zeros_like(u)
        for k in range(t + burn):
            v[:, k] = u[:, k] + sum(phi[j - 1] * v[:, k - j] for j in range(1, min(lags, k) + 1))
        path = np.concatenate([np.zeros((size, 1, n)), np.cumsum(v[:, burn:] + drift, axis=1)], axis=1) + gaps[0]
        out.append(dickey_fuller(path, lags, deterministic).mean(axis=-1))
    return np.concatenate(out)


def _simulated(t: int, n: int, lags: int, deterministic: str, bounds, draws: int, rng) -> np.ndarray:
    """CIPS of independent random walks: the limit does not depend on the factor or its loadings."""
    out = []
    for size in _blocks(draws, t * n):
        walks = np.cumsum(rng.normal(size=(size, t, n)), axis=1)
        out.append(np.clip(dickey_fuller(walks, lags, deterministic, augmented=True), *bounds).mean(axis=-1))
    return np.concatenate(out)


def _blocks(draws: int, width: int) -> list[int]:
    block = max(1, 200_000 // width)
    return [min(block, draws - s) for s in range(0, draws, block)]


def _quantiles(values: np.ndarray) -> Mapping[str, float]:
    return MappingProxyType({k: float(np.quantile(values, q)) for k, q in (("1%", 0.01), ("5%", 0.05), ("10%", 0.1))})
