"""Random effects of regions by exact maximum likelihood, for every row of the table of models.

    A y_t = Z_t b + c_t,      A = I - rho W,  B = I - lambda W_e,

    "baltagi": c_t = mu + B^-1 e_t          (Baltagi, Song and Koh 2003; Millo and Piras 2012)
    "kkp":     c_t = B^-1 (mu + e_t)        (Kapoor, Kelejian and Prucha 2007)

with mu ~ (0, phi sigma2 I) and e_t white, or AR(1) with coefficient psi (Baltagi, Song, Jung and Koh 2007). Let V be the
correlation of the remainder over time, d^2 = 1'V^-1 1. Whitened over time and rotated so that the first row lies along
V^-1/2 1, the T blocks of N are independent: the first has covariance sigma2 (phi d^2 M + (B'B)^-1), M = I or (B'B)^-1,
the others sigma2 (B'B)^-1. Hence, with G = B'B and s = phi d^2,

    l = -NT/2 log(2 pi sigma2) - N/2 log|V| + T log|A| + T log|B| - 1/2 log|I + s G|  (kkp: |(1 + s) I|) - q / (2 sigma2),

where q sums |B r_t|^2 over the T - 1 other rows and r_0' G (I + s G)^-1 r_0 (kkp: |B r_0|^2 / (1 + s)) over the first.
No matrix of size NT is formed; I + s G is as sparse as W'W.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from types import MappingProxyType

import numpy as np

from toolkit.contracts import CoefTable
from toolkit.errors import EstimationError, InputError
from toolkit.models.solution import Solution
from toolkit.models.spec import Spec
from toolkit.models.transform import spatial_lag

__all__ = ["COMPONENTS", "ErrorComponents", "random_effects"]

COMPONENTS = ("baltagi", "kkp")
#: below this ratio of variances it is asked whether the maximum is at the bound, zero
_NEAR = 0.02
_DENSE = 600


@dataclass(frozen=True, eq=False)
class ErrorComponents:
    """The likelihood of one model with random effects.

    Attributes
    ----------
    columns : ndarray, shape (T, N, m)
        [y, Wy (with rho), Z], scaled to unit norm.
    scale : ndarray, shape (m,)
    spec : Spec
    components : {"baltagi", "kkp"}
    serial : bool
    operator, operator_error : Operator or None
    """

    columns: np.ndarray
    scale: np.ndarray
    spec: Spec
    components: str
    serial: bool
    operator: object | None
    operator_error: object | None

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that are not concentrated out."""
        return (*self.spec.spatial, "phi", *(("psi",) if self.serial else ()))

    @cached_property
    def curves(self):
        """Log-determinants of A and B."""
        return tuple(op.curve() if op is not None else None for op in (self.operator, self.operator_error))

    @cached_property
    def lagged(self) -> np.ndarray | None:
        """W_e times the columns, shape (T, N, m)."""
        return spatial_lag(self.operator_error.lag, self.columns) if self.spec.wu else None

    @cached_property
    def products(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Inner products over all periods, one period apart, and over all but the ends, of [M, W_e M]."""
        a = self.columns if self.lagged is None else np.concatenate([self.columns, self.lagged], axis=2)
        whole = np.einsum("tnm,tnl->ml", a, a)
        apart = np.einsum("tnm,tnl->ml", a[1:], a[:-1])
        ends = np.einsum("tnm,tnl->ml", a[[0, -1]], a[[0, -1]])
        return whole, apart + apart.T, whole - ends

    @cached_property
    def neighbours(self):
        """W_e + W_e' and W_e'W_e, dense for few regions: B'B = I - lambda (W_e + W_e') + lambda^2 W_e'W_e."""
        w = self.operator_error.W
        parts = w + w.T, w.T @ w
        return tuple(p.toarray() if w.shape[0] <= _DENSE else p.tocsc() for p in parts)

    def unpack(self, theta: np.ndarray) -> tuple[float, float, float, float]:
        """(rho, lambda, phi, psi) with zeros for those not in the model."""
        given = dict(zip(self.names, map(float, theta), strict=True))
        return tuple(given.get(k, 0.0) for k in ("rho", "lambda", "phi", "psi"))

    def weight(self, psi: float) -> float:
        """d^2 = 1'V^-1 1: T without serial correlation."""
        t = len(self.columns)
        return (1 - psi) * (2 + (t - 2) * (1 - psi))

    def first_row(self, a: np.ndarray, psi: float) -> np.ndarray:
        """1'V^-1 a / d, shape (N, ...): the row that holds the region effects."""
        along = (1 - psi) ** 2 * a.sum(axis=0) + psi * (1 - psi) * (a[0] + a[-1])
        return along / np.sqrt(self.weight(psi))

    def filtered(self, a: np.ndarray, lam: float) -> np.ndarray:
        """B a for a block (N, m)."""
        return a - lam * self.operator_error.lag(a) if self.spec.wu else a

    def between(self, a: np.ndarray, lam: float, s: float) -> tuple[np.ndarray, float]:
        """(sM + G^-1)^-1 a for a block (N, m), and log|I + s G| (kkp: N log(1 + s))."""
        n = len(a)
        if self.components == "kkp" or not self.spec.wu:
            g = self.filtered(a, lam)
            if self.spec.wu:
                g = g - lam * (self.operator_error.W.T @ g)
            return g / (1 + s), n * np.log1p(s)
        sums, squares = self.neighbours
        gram = np.eye(n) - lam * sums + lam**2 * squares if n <= _DENSE else None
        if gram is not None:
            from scipy.linalg import cho_factor, cho_solve

            factor = cho_factor(np.eye(n) + s * gram, lower=True)
            return cho_solve(factor, gram @ a), 2 * float(np.log(np.diag(factor[0])).sum())
        from scipy import sparse
        from scipy.sparse.linalg import splu

        eye = sparse.eye_array(n, format="csc")
        gram = eye - lam * sums + lam**2 * squares
        lu = splu(
            (eye + s * gram).tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        return lu.solve(np.ascontiguousarray(gram @ a)), float(np.log(np.abs(lu.U.diagonal())).sum())

    def gram(self, lam: float, phi: float, psi: float) -> tuple[np.ndarray, float]:
        """K with c'Kc = q for c = (1, -rho, -b), shape (m, m), and the log-determinants other than of A and B."""
        whole, apart, inner = self.products
        n, m = self.columns.shape[1:]
        p = whole - psi * apart + psi**2 * inner
        if self.lagged is not None:
            p = p[:m, :m] - lam * (p[:m, m:] + p[m:, :m]) + lam**2 * p[m:, m:]
        first = self.first_row(self.columns, psi)
        turned = self.filtered(first, lam)
        weighted, logdet = self.between(first, lam, phi * self.weight(psi))
        k = p - turned.T @ turned + first.T @ weighted
        return (k + k.T) / 2, n / 2 * np.log1p(-(psi**2)) - logdet / 2

    def coefficients(self, k: np.ndarray, rho: float) -> tuple[np.ndarray, np.ndarray, float]:
        """Generalised least squares at rho: c (m,), coefficients (scaled), q."""
        z = slice(1 + self.spec.wy, None)
        left = np.array([1.0, -rho * self.scale[1] / self.scale[0]]) if self.spec.wy else np.array([1.0])
        head = k[: 1 + self.spec.wy].T @ left
        b = np.linalg.solve(k[z, z], head[z]) if k.shape[0] > 1 + self.spec.wy else np.zeros(0)
        c = np.concatenate([left, -b])
        return c, b, float(c @ k @ c)

    def value(self, theta: np.ndarray) -> float:
        """The log-likelihood with b and sigma2 concentrated out; -inf outside the admissible set."""
        rho, lam, phi, psi = self.unpack(theta)
        for op, p in ((self.operator, rho), (self.operator_error, lam)):
            if op is not None and not op.interval[0] < p < op.interval[1]:
                return -np.inf
        if phi < 0 or abs(psi) >= 1:
            return -np.inf
        t, n, _ = self.columns.shape
        k, extra = self.gram(lam, phi, psi)
        _, _, q = self.coefficients(k, rho)
        out = -n * t / 2 * (np.log(2 * np.pi * q * self.scale[0] ** 2 / (n * t)) + 1) + extra
        for curve, p in zip(self.curves, (rho, lam), strict=True):
            if curve is not None:
                out += t * float(curve.value(p))
        return float(out)


def random_effects(
    y: np.ndarray,
    z: np.ndarray,
    terms: tuple[str, ...],
    blocks: tuple[str, ...],
    spec: Spec,
    operator=None,
    operator_error=None,
    *,
    components: str = "baltagi",
    serial: bool = False,
) -> Solution:
    """Exact maximum likelihood with random effects of regions.

    Parameters
    ----------
    y : ndarray, shape (T, N)
    z : ndarray, shape (T, N, k)
        X (with the intercept), then WX.
    terms, blocks : tuple of str, length k
    spec : Spec
    operator, operator_error : Operator, optional
        Of W (for rho) and W_e (for lambda).
    components : {"baltagi", "kkp"}
    serial : bool
        Whether the remainder is AR(1).

    Returns
    -------
    Solution
        Terms are followed by rho, lambda, phi = sigma2_mu / sigma2_e, psi. Standard errors come from the Hessian of the
        log-likelihood in all parameters jointly. ``innovations`` are B (A y - Z b - m), m the predicted effects
        (``region_effects``, the best linear unbiased predictor), whitened over time when `serial`.

    Raises
    ------
    InputError
        For a cross-section or unknown `components`.
    EstimationError
        If the likelihood has no maximum.
    """
    t, n = y.shape
    if components not in COMPONENTS:
        raise InputError(f"components={components!r} is not known.", allowed="baltagi, kkp")
    if t < (3 if serial else 2):
        raise InputError(
            f"Random effects{' with serial correlation' if serial else ''} need {3 if serial else 2} periods or more; "
            f"there {'is' if t == 1 else 'are'} {t}.",
            fix="use effects='none' for a cross-section",
        )
    parts = [y[..., None]] + ([spatial_lag(operator.lag, y)[..., None]] if spec.wy else []) + [z]
    columns = np.concatenate(parts, axis=2)
    scale = np.sqrt(np.einsum("tnm,tnm->m", columns, columns))
    scale[scale == 0] = 1.0
    like = ErrorComponents(columns / scale, scale, spec, components, serial, operator, operator_error)
    theta, notes = _maximise(like)
    rho, lam, phi, psi = like.unpack(theta)
    k, _ = like.gram(lam, phi, psi)
    c, b, q = like.coefficients(k, rho)
    zs = slice(1 + spec.wy, None)
    beta = b * scale[0] / scale[zs]
    sigma2 = q * scale[0] ** 2 / (n * t)
    cov, more = _joint_covariance(like, theta, c, q)
    names = (*terms, *like.names)
    kinds = (*blocks, *("spatial",) * len(spec.spatial), *("variance",) * (1 + serial))
    effect, innovations = _components(like, y, z @ beta, rho, lam, phi, psi)
    d2 = like.weight(psi)
    details = {"sigma2_mu": phi * sigma2, "sigma2_e": sigma2}
    if not spec.wu:
        details["theta"] = 1 - 1 / np.sqrt(1 + phi * d2)
    what = {"baltagi": "Baltagi", "kkp": "Kapoor, Kelejian and Prucha"}[components] if spec.wu else "one-way"
    return Solution(
        estimator=f"exact maximum likelihood, random effects ({what} components{', AR(1) remainder' if serial else ''})",
        coefficients=CoefTable(names, np.concatenate([beta, theta]), cov, kinds),
        cov_title="observed Hessian, joint",
        innovations=innovations,
        sigma2=sigma2,
        sigma2_divisor=f"N T = {n * t}",
        n_params=len(names) + 1,
        loglik=like.value(theta),
        details=MappingProxyType({key: float(v) for key, v in details.items()}),
        region_effects=effect,
        notes=(*notes, *more),
    )


def _components(like: ErrorComponents, y, mean, rho, lam, phi, psi) -> tuple[np.ndarray, np.ndarray]:
    """Predicted region effects (N,) - mu, or B^-1 mu for kkp - and innovations (T, N)."""
    c = y - (rho * spatial_lag(like.operator.lag, y) if like.spec.wy else 0.0) - mean
    first, d2 = like.first_row(c, psi)[:, None], like.weight(psi)
    d = np.sqrt(d2)
    if like.components == "kkp" or not like.spec.wu:
        effect = phi * d / (1 + phi * d2) * first[:, 0]
    else:
        effect = phi * d * like.between(first, lam, phi * d2)[0][:, 0]
    e = c - effect
    e = e - lam * spatial_lag(like.operator_error.lag, e) if like.spec.wu else e
    if like.serial:
        e = np.concatenate([np.sqrt(1 - psi**2) * e[:1], e[1:] - psi * e[:-1]])
    return effect, e


# -- the maximum ------------------------------------------------------------------------------------


def _maximise(like: ErrorComponents) -> tuple[np.ndarray, tuple[str, ...]]:
    """Quasi-Newton from several starts in an unbounded chart, then Newton to full precision."""
    from scipy.optimize import minimize

    bounds = {"psi": (-1.0, 1.0)}
    for name, op in (("rho", like.operator), ("lambda", like.operator_error)):
        if name in like.names:
            bounds[name] = tuple(op.interval)
    wide = {"rho": (-0.3, 0.1, 0.5), "lambda": (-0.3, 0.1, 0.5), "phi": (0.3, 8.0), "psi": (0.0, 0.5)}

    def chart(theta):
        return np.array(
            [
                np.log(v) if n == "phi" else np.arctanh((2 * v - sum(bounds[n])) / (bounds[n][1] - bounds[n][0]))
                for n, v in zip(like.names, theta, strict=True)
            ]
        )

    def back(u):
        return np.array(
            [
                np.exp(np.clip(v, -40, 40))
                if n == "phi"
                else (sum(bounds[n]) + np.tanh(v) * (bounds[n][1] - bounds[n][0])) / 2
                for n, v in zip(like.names, u, strict=True)
            ]
        )

    def cost(u):
        value = like.value(back(u))
        return -value if np.isfinite(value) else 1e300

    found: list[tuple[float, np.ndarray]] = []
    for start in product(*(wide[n] for n in like.names)):
        inside = [
            np.clip(v, bounds[n][0] * 0.9, bounds[n][1] * 0.9) if n in bounds else v
            for n, v in zip(like.names, start, strict=True)
        ]
        search = minimize(cost, chart(np.array(inside)), method="BFGS", options={"gtol": 1e-4, "maxiter": 200})
        point = back(search.x)
        if not np.isfinite(search.fun) or search.fun >= 1e300:
            continue
        if any(np.allclose(point, p, rtol=1e-2, atol=1e-3) for _, p in found):
            continue
        found.append((-float(search.fun), point))
    if not found:
        raise EstimationError(
            "The likelihood with random effects has no maximum inside the admissible set.",
            fix="check W and the scale of the variables; try a simpler model",
        )
    theta = max(found, key=lambda f: f[0])[1]
    notes = []
    at = like.names.index("phi")
    free = np.ones(len(theta), bool)
    if theta[at] < _NEAR and len(edge := _at_zero(like, theta, at)):
        theta, free[at] = edge, False
        notes.append(
            "phi = 0: the likelihood is highest without region effects, so that phi has no standard error"
            + ("." if like.serial else "; the estimates are those of effects='none'.")
        )
    theta = _newton(like, theta, free)
    top = like.value(theta)
    rivals: list[tuple[float, np.ndarray]] = []
    for value, point in sorted(found, key=lambda f: -f[0]):
        if value > top - 1e-3:
            continue
        point = _newton(like, point, np.ones(len(point), bool))
        known = [theta, *(p for _, p in rivals)]
        if _is_top(like, point) and not any(np.allclose(point, k, rtol=1e-2, atol=1e-3) for k in known):
            rivals.append((like.value(point), point))
    if rivals:
        listed = "; ".join(
            f"{v:.4f} at " + ", ".join(f"{n} = {x:.4f}" for n, x in zip(like.names, p, strict=True)) for v, p in rivals
        )
        notes.append(f"The likelihood has {len(rivals) + 1} local maxima; the best is reported, the others: {listed}.")
    return theta, tuple(notes)


def _at_zero(like: ErrorComponents, theta: np.ndarray, at: int) -> np.ndarray:
    """The maximum at phi = 0 if the likelihood falls from there, else an empty array."""
    edge = theta.copy()
    edge[at] = 0.0
    edge = _newton(like, edge, np.arange(len(theta)) != at)
    inside = edge.copy()
    inside[at] = 1e-6
    falls = like.value(inside) < like.value(edge) and like.value(edge) > like.value(theta) - 1e-6
    return edge if falls else np.zeros(0)


def _steps(like: ErrorComponents, theta: np.ndarray) -> np.ndarray:
    """Step of the differences for each parameter."""
    return np.array(
        [
            2e-3 * max(v, 1e-3) if n == "phi" else min(2e-3, 0.1 * _room(like, n, v))
            for n, v in zip(like.names, theta, strict=True)
        ]
    )


def _room(like: ErrorComponents, name: str, value: float) -> float:
    """Distance to the end of the admissible interval."""
    low, high = {"rho": like.operator, "lambda": like.operator_error}[name].interval if name != "psi" else (-1.0, 1.0)
    return min(value - low, high - value)


def _differences(function, theta: np.ndarray, h: np.ndarray, free: np.ndarray):
    """First and second derivatives by central differences of order four; `function` may return arrays.

    Returns
    -------
    first : list of arrays, second : dict (i, j) -> array, over the free parameters
    """
    where = np.flatnonzero(free)
    middle = function(theta)
    cache = {}

    def at(*moves):
        key = tuple(sorted(moves))
        if key not in cache:
            point = theta.copy()
            for i, step in moves:
                point[i] += step * h[i]
            cache[key] = function(point)
        return cache[key]

    first, second = [], {}
    for i in where:
        near, far = (at((i, 1)) - at((i, -1)), at((i, 2)) - at((i, -2)))
        first.append((8 * near - far) / (12 * h[i]))
        sums = 16 * (at((i, 1)) + at((i, -1))) - (at((i, 2)) + at((i, -2))) - 30 * middle
        second[i, i] = sums / (12 * h[i] ** 2)
    for a, i in enumerate(where):
        for j in where[a + 1 :]:

            def cross(s, i=i, j=j):
                return (at((i, s), (j, s)) - at((i, s), (j, -s)) - at((i, -s), (j, s)) + at((i, -s), (j, -s))) / (
                    4 * s * s * h[i] * h[j]
                )

            second[i, j] = second[j, i] = (4 * cross(1) - cross(2)) / 3
    return first, second


def _newton(like: ErrorComponents, theta: np.ndarray, free: np.ndarray, rounds: int = 12) -> np.ndarray:
    where = np.flatnonzero(free)
    if not len(where):
        return theta
    for _ in range(rounds):
        first, second = _differences(like.value, theta, _steps(like, theta), free)
        slope = np.array(first)
        curvature = np.array([[second[i, j] for j in where] for i in where])
        if not np.isfinite(curvature).all() or np.linalg.eigvalsh(curvature).max() >= 0:
            break
        new = theta.copy()
        step = -np.linalg.solve(curvature, slope)
        new[where] += step
        if like.value(new) < like.value(theta) - 1e-8:
            break
        theta = new
        if np.abs(step / np.maximum(np.abs(theta[where]), 1e-3)).max() < 1e-11:
            break
    return theta


def _is_top(like: ErrorComponents, theta: np.ndarray) -> bool:
    """Whether the likelihood is flat and bends down everywhere at `theta`."""
    free = np.ones(len(theta), bool)
    first, second = _differences(like.value, theta, _steps(like, theta), free)
    curvature = np.array([[second[i, j] for j in range(len(theta))] for i in range(len(theta))])
    if not np.isfinite(curvature).all() or np.linalg.eigvalsh(curvature).max() >= 0:
        return False
    step = np.linalg.solve(curvature, np.array(first))
    return bool((np.abs(step) < 1e-6 * np.maximum(np.abs(theta), 1e-2)).all())


# -- joint standard errors --------------------------------------------------------------------------


def _joint_covariance(like: ErrorComponents, theta, c, q) -> tuple[np.ndarray, tuple[str, ...]]:
    """Inverse of minus the Hessian in (b, rho, lambda, phi, psi, log sigma2), the last left out.

    Derivatives in b, rho and sigma2 are analytic; those of K and of log|I + sG| in lambda, phi and psi are central
    differences of order four (relative error about 1e-8).
    """
    spec, t, n = like.spec, *like.columns.shape[:2]
    rho, lam, phi, psi = like.unpack(theta)
    s2 = q / (n * t)  # in the scale of the columns
    k, _ = like.gram(lam, phi, psi)
    m = len(k)
    jac = -np.eye(m)[1 + spec.wy :]
    if spec.wy:
        jac = np.vstack([jac, -like.scale[1] / like.scale[0] * np.eye(m)[1]])
    kept = [i for i, name in enumerate(like.names) if name != "rho"]
    free = np.array([name != "rho" and not (name == "phi" and phi == 0) for name in like.names])

    def packed(point):
        _, one, two, three = like.unpack(point)
        gram, extra = like.gram(one, two, three)
        return np.append(gram.ravel(), extra)

    first, second = _differences(packed, np.asarray(theta, float), _steps(like, theta), free)
    index = {i: a for a, i in enumerate(np.flatnonzero(free))}
    size = len(jac) + len(kept) + 1
    h = np.zeros((size, size))
    lead = slice(0, len(jac))
    h[lead, lead] = -jac @ k @ jac.T / s2
    h[lead, -1] = jac @ k @ c / s2
    if spec.wy:
        h[len(jac) - 1, len(jac) - 1] += t * float(like.curves[0].d2(rho))
    for a, i in enumerate(kept):
        row = len(jac) + a
        if i not in index:
            h[row, row] = -1.0
            continue
        k_i = first[index[i]][:-1].reshape(m, m)
        h[lead, row] = -jac @ k_i @ c / s2
        h[row, -1] = c @ k_i @ c / (2 * s2)
        for b, j in enumerate(kept[a:]):
            if j in index:
                both = second[i, j]
                h[row, row + b] = -c @ both[:-1].reshape(m, m) @ c / (2 * s2) + both[-1]
        if like.names[i] == "lambda":
            h[row, row] += t * float(like.curves[1].d2(lam))
    h[-1, -1] = -n * t / 2
    information = -(np.triu(h) + np.triu(h, 1).T)
    diagonal = np.sqrt(np.abs(np.diag(information)))
    balanced = information / np.outer(diagonal, diagonal)
    eigen = np.linalg.eigvalsh(balanced)
    out = np.full((size - 1, size - 1), np.nan)
    if eigen.min() <= 1e-13 * eigen.max():
        return out, (
            f"The Hessian is not negative definite at the estimates (smallest balanced eigenvalue {eigen.min():.2g}): "
            "standard errors are not available.",
        )
    cov = (np.linalg.inv(balanced) / np.outer(diagonal, diagonal))[:-1, :-1]
    units = np.ones(size - 1)
    units[: m - 1 - spec.wy] = like.scale[0] / like.scale[1 + spec.wy :]
    cov = cov * np.outer(units, units)
    for a, i in enumerate(kept):
        if i not in index:
            cov[len(jac) + a, :] = cov[:, len(jac) + a] = np.nan
    return cov, ()
