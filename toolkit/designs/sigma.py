r"""Sigma convergence: does the dispersion between regions fall, and is the fall more than chance.

Three tests, each of one null. A trend of dispersion on time, with Newey and West's covariance, asks of the path. Equality of the
variances of the logarithms in the first and last period asks of the ends; the two are correlated, which an F test ignores: Pitman
and Morgan's t is exact for bivariate normal logarithms, and Carree and Klomp's T2 and T3 are its large-sample kin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import TestResult
from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import frozen, observe

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["SigmaConvergence", "sigma_convergence"]

MEASURES = {"sd_log": "standard deviation of logarithms", "cv": "coefficient of variation", "sd": "standard deviation"}


@dataclass(frozen=True, kw_only=True, eq=False)
class SigmaConvergence:
    """Dispersion between regions by period, and its tests.

    Attributes
    ----------
    variable, label, label_zh, unit : str
    measure : {"sd_log", "cv", "sd"}
    weights : str
        Variable the regions are weighted by; empty for equal weights.
    times : tuple, length T
    groups : tuple of str
        ``"all"``, then the groups of the register, if one was named.
    register : str
    dispersion : ndarray, shape (G, T)
        NaN for a group of one region.
    counts : tuple of int, length G
    tests : mapping of (group, test name) to TestResult
        ``trend``, ``Pitman-Morgan``, ``Carree-Klomp T2``, ``Carree-Klomp T3``.
    slopes : mapping of group to (float, float)
        Change of dispersion a period, and its standard error.
    group_labels : mapping of group to str
        Chinese names of the groups.
    """

    variable: str
    label: str
    label_zh: str
    unit: str
    measure: str
    weights: str
    times: tuple[object, ...]
    groups: tuple[str, ...]
    register: str
    dispersion: np.ndarray
    counts: tuple[int, ...]
    tests: Mapping[tuple[str, str], TestResult]
    slopes: Mapping[str, tuple[float, float]]
    group_labels: Mapping[str, str]

    def tidy(self) -> pd.DataFrame:
        """One row a group and period: group time measure dispersion n."""
        import pandas as pd

        g, t = self.dispersion.shape
        return pd.DataFrame(
            {
                "group": np.repeat(self.groups, t),
                "time": list(self.times) * g,
                "measure": self.measure,
                "dispersion": self.dispersion.ravel(),
                "n": np.repeat(self.counts, t),
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row a group: n first last change slope std_error and the p-value of each test."""
        import pandas as pd

        rows = []
        for i, group in enumerate(self.groups):
            d = self.dispersion[i]
            slope, se = self.slopes[group]
            row = {"group": group, "n": self.counts[i], "first": d[0], "last": d[-1], "change": d[-1] - d[0]}
            row |= {"slope": slope, "std_error": se}
            found = {f"p_{name}": t.p_value for (g, name), t in self.tests.items() if g == group}
            rows.append(row | found)
        return pd.DataFrame(rows)

    def test_table(self) -> pd.DataFrame:
        """One row a group and test: group, then the columns of a TestResult."""
        import pandas as pd

        return pd.concat([t.tidy().assign(group=g) for (g, _), t in self.tests.items()], ignore_index=True)

    def __repr__(self) -> str:
        head = f"Sigma convergence of {self.variable}: {MEASURES[self.measure]}, {self.times[0]}-{self.times[-1]}"
        return f"{head}\n{self.glance().to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.glance().to_html(index=False, float_format="%.4f")


def sigma_convergence(
    panel: Panel,
    variable: str,
    *,
    measure: str = "sd_log",
    weights: str | None = None,
    by: str | None = None,
    lags: int | None = None,
) -> SigmaConvergence:
    """Dispersion between regions over time, with tests of a trend and of equal ends.

    Parameters
    ----------
    panel : Panel
        At least three periods.
    variable : str
        The level: a column or an expression such as ``"gdp / pop"``. ``sd_log`` takes its logarithm.
    measure : {"sd_log", "cv", "sd"}
        Divisor N (a census of regions, not a sample of them).
    weights : str, optional
        A variable whose shares in each period weight the regions, e.g. ``"pop"``. The tests of equal ends are of unweighted
        logarithms, and are left out with weights.
    by : str, optional
        A register: each of its groups beside all regions.
    lags : int, optional
        Of Newey and West's covariance of the trend; floor(4 (T/100)^(2/9)) by default. Student's t with T - 2.

    Returns
    -------
    SigmaConvergence

    Raises
    ------
    DataError
        Fewer than three periods, missing values, or values that are not positive under a logarithm or a coefficient of variation.

    Notes
    -----
    The tests of equal ends take regions as independent; clustering in space makes them reject too often.

    References
    ----------
    Carree, M. and Klomp, L. (1997). Testing the convergence hypothesis: a comment. Review of Economics and Statistics 79, 683-686.
    Lichtenberg, F. (1994). Testing the convergence hypothesis. Review of Economics and Statistics 76, 576-579.
    Pitman, E. (1939). A note on normal correlation. Biometrika 31, 9-12.
    Newey, W. and West, K. (1994). Automatic lag selection in covariance matrix estimation. Review of Economic Studies 61, 631-653.

    Examples
    --------
    >>> import toolkit as tk
    >>> s = tk.sigma_convergence(tk.load("us_income"), "income")
    >>> bool(s.dispersion[0, -1] < s.dispersion[0, 0])
    True
    """
    if measure not in MEASURES:
        raise InputError(
            f"measure={measure!r} is unknown.", allowed="; ".join(f"{k} ({v})" for k, v in MEASURES.items())
        )
    observed = observe(panel, variable)
    x, times = observed.values, tuple(observed.times)
    t, n = x.shape
    if t < 3:
        raise DataError(f"A trend needs three periods or more; there are {t}.")
    if measure != "sd":
        _refuse_nonpositive(x, observed, panel)
    if lags is not None and (isinstance(lags, bool) or not isinstance(lags, int) or not 0 <= lags < t):
        raise InputError(f"lags={lags!r} is not a number of lags.", allowed=f"0 to {t - 1}")
    share = _shares(panel, weights, times, (t, n))
    where = {"all": np.arange(n)}
    if by is not None:
        groups = panel.register(by).to_numpy()
        where |= {str(g): np.flatnonzero(groups == g) for g in dict.fromkeys(groups)}
    tests: dict[tuple[str, str], TestResult] = {}
    slopes, rows = {}, []
    for group, members in where.items():
        d = _dispersion(x[:, members], share[:, members], measure)
        rows.append(d)
        slopes[group], tests[group, "trend"] = _trend(d, times, lags)
        if weights is None:
            tests |= {
                (group, r.name): r
                for r in _ends(np.log(x[[0, -1]][:, members]) if measure != "sd" else x[[0, -1]][:, members])
            }
    return SigmaConvergence(
        variable=observed.name,
        label=observed.label,
        label_zh=observed.label_zh,
        unit=observed.unit,
        measure=measure,
        weights=weights or "",
        times=times,
        groups=tuple(where),
        register=by or "",
        dispersion=frozen(np.array(rows)),
        counts=tuple(len(m) for m in where.values()),
        tests=MappingProxyType(tests),
        slopes=MappingProxyType(slopes),
        group_labels=MappingProxyType({} if by is None else dict(panel.register_info(by).labels_zh)),
    )


def _dispersion(x: np.ndarray, share: np.ndarray, measure: str) -> np.ndarray:
    """Dispersion of each row of (T, n) under weights; NaN for one region."""
    if x.shape[1] < 2:
        return np.full(len(x), np.nan)
    z = np.log(x) if measure == "sd_log" else x
    p = share / share.sum(axis=1, keepdims=True)
    mean = (p * z).sum(axis=1)
    sd = np.sqrt((p * (z - mean[:, None]) ** 2).sum(axis=1))
    return sd / mean if measure == "cv" else sd


def _trend(d: np.ndarray, times: tuple, lags: int | None) -> tuple[tuple[float, float], TestResult]:
    """Slope on time with its standard error, and the test that it is zero."""
    from scipy import stats

    t = len(d)
    source = "least squares on time, Newey and West (1994) covariance"
    if not np.isfinite(d).all():
        missing = TestResult(
            name="trend",
            null="no trend",
            statistic=float("nan"),
            df=t - 2,
            p_value=float("nan"),
            distribution="t",
            reference=source,
            reason="one region",
        )
        return (float("nan"), float("nan")), missing
    when = (
        np.asarray([float(v) for v in times])
        if all(isinstance(v, (int, float, np.number)) for v in times)
        else np.arange(t)
    )
    z = np.column_stack([np.ones(t), when - when.mean()])
    b = np.array([d.mean(), z[:, 1] @ d / (z[:, 1] @ z[:, 1])])
    e = d - z @ b
    m = int(4 * (t / 100) ** (2 / 9)) if lags is None else lags
    score = z[:, 1] * e
    meat = score @ score + 2 * sum((1 - j / (m + 1)) * (score[j:] @ score[:-j]) for j in range(1, m + 1))
    se = float(np.sqrt(meat * t / (t - 2))) / (z[:, 1] @ z[:, 1])
    statistic = float(b[1] / se)
    test = TestResult(
        name="trend",
        null="no trend",
        statistic=statistic,
        df=t - 2,
        p_value=float(2 * stats.t.sf(abs(statistic), t - 2)),
        distribution="t",
        reference=source,
        reason=f"{m} lags",
    )
    return (float(b[1]), se), test


def _ends(z: np.ndarray) -> list[TestResult]:
    """Tests that the two rows of z (2, n) have one variance."""
    from scipy import stats

    n = z.shape[1]
    null = "equal variance in the first and last period"
    sources = {
        "Pitman-Morgan": "Pitman (1939), Biometrika 31, 9-12",
        "Carree-Klomp T2": "Carree and Klomp (1997): (N - 2.5) log(1 + (v1 - vT)^2 / (4 (v1 vT - v1T^2)))",
        "Carree-Klomp T3": "Carree and Klomp (1997): sqrt(N) (v1/vT - 1) / (2 sqrt(1 - r^2))",
    }
    if n < 4:
        return [
            TestResult(
                name=k,
                null=null,
                statistic=float("nan"),
                df=None,
                p_value=float("nan"),
                distribution="normal",
                reference=v,
                reason=f"{n} regions are too few",
            )
            for k, v in sources.items()
        ]
    first, last = z - z.mean(axis=1, keepdims=True)
    r = float(np.corrcoef(first + last, first - last)[0, 1])
    pitman = r * np.sqrt((n - 2) / (1 - r**2))
    t2 = -(n - 2.5) * np.log(1 - r**2)
    between = float(np.corrcoef(first, last)[0, 1])
    t3 = np.sqrt(n) * (first @ first / (last @ last) - 1) / (2 * np.sqrt(1 - between**2))
    return [
        TestResult(
            name="Pitman-Morgan",
            null=null,
            statistic=float(pitman),
            df=n - 2,
            p_value=float(2 * stats.t.sf(abs(pitman), n - 2)),
            distribution="t",
            reference=sources["Pitman-Morgan"],
        ),
        TestResult.chi2("Carree-Klomp T2", null, float(t2), 1, sources["Carree-Klomp T2"]),
        TestResult(
            name="Carree-Klomp T3",
            null=null,
            statistic=float(t3),
            df=None,
            p_value=float(2 * stats.norm.sf(abs(t3))),
            distribution="normal",
            reference=sources["Carree-Klomp T3"],
        ),
    ]


def _shares(panel: Panel, weights: str | None, times: tuple, shape: tuple[int, int]) -> np.ndarray:
    if weights is None:
        return np.ones(shape)
    w = observe(panel, weights)
    keep = [list(w.times).index(t) for t in times]
    values = w.values[keep]
    if (values < 0).any() or (values.sum(axis=1) <= 0).any():
        raise DataError(f"weights={weights!r} has negative values.", allowed="zero or more, e.g. population")
    return values


def _refuse_nonpositive(x: np.ndarray, observed, panel: Panel) -> None:
    low = np.argwhere(x <= 0)
    if len(low):
        names = panel.names
        where = listing((f"{names[panel.entities[i]]} {observed.times[t]}" for t, i in low), 6)
        raise DataError(
            f"{observed.name!r} is not positive in {len(low)} cells: {where}.",
            allowed="positive values for sd_log and cv",
            fix='measure="sd" takes any values',
        )
