"""Covariances of spatial maximum likelihood beyond the normal: third and fourth moments, and scores by period.

References
----------
Lee, L.-f. (2004). Asymptotic distributions of quasi-maximum likelihood estimators for spatial autoregressive models.
Econometrica 72, 1899-1925. Lee, L.-f. and Yu, J. (2010). J. Econometrics 154, 165-185.
"""

from __future__ import annotations

import numpy as np

from toolkit.models.information import Estimated, mean_of_lag, off_effects, times_g, times_h

__all__ = ["extra_variance", "period_scores"]

#: up to this many regions the diagonals of G and H are exact
_DENSE = 2000
_PROBES = 400


def period_scores(m: Estimated) -> np.ndarray:
    """Score of each period in (b, rho, lambda, sigma2), shape (T, k + p + 1).

    (BZ)'e / s2;  (B W y)'e / s2 - tr G;  (H e)'e / s2 - tr H;  (e'e / s2 - N) / (2 s2), off the effects. At the
    maximum of the likelihood the columns sum to zero.
    """
    spec, opt, like, e = m.likelihood.spec, m.optimum, m.likelihood, m.innovations
    share = like.periods / len(e)  # a transformed likelihood counts fewer periods

    def along(a: np.ndarray, curve, at: float) -> np.ndarray:
        return (np.einsum("tn,tn->t", a, e) / opt.sigma2 + share * float(curve.d1(at)))[:, None]

    columns = [np.einsum("tnk,tn->tk", off_effects(m, m.z), e) / opt.sigma2]
    if spec.wy:
        columns.append(along(off_effects(m, m.wy), like.curve, opt.rho))
    if spec.wu:  # W_e of the errors less the effects, W_e B^-1 e: the effects minimise, so their change does not count
        columns.append(along(times_h(m, np.ascontiguousarray(e.T)).T, like.curve_error, opt.lam))
    squares = np.einsum("tn,tn->t", e, e)
    columns.append(((squares / opt.sigma2 - like.data.n / len(e)) / (2 * opt.sigma2))[:, None])
    return np.concatenate(columns, axis=1)


def extra_variance(m: Estimated) -> tuple[np.ndarray, str]:
    r"""What skewness and kurtosis add to the variance of the score, shape (k + p + 1,) squared, and a note.

    Every score is l'u / s2 + u'C u / s2 - constant, with u the independent innovations before the effects are taken
    off, and

        l = QBZ,  Q(B W y - G* e),  0,  0     and     C = 0,  Q G*,  Q H Q,  Q / (2 s2)

    for b, rho, lambda, sigma2; Q takes the effects off, J over time and P = I - vv'/v'v, v = B 1, across regions.
    Beyond the normal the variance gains

        (k3 (l_a'c_b + c_a'l_b) + k4 c_a'c_b) / s2^2

    with c the diagonal of C and k3, k4 the cumulants of u: those of the residuals over what Q leaves of them,
    sum_j Q_ij^r on average. Residuals of two periods off entity effects are symmetric: k3 is then taken as zero. k4 is
    held at the least that a distribution of that skewness can have, s2^2 (skewness^2 - 2). The likelihood that counts T
    periods after entity effects gets (T - 1)/T of this, the proportion its information has to the variance of its
    score under normality.
    """
    spec, opt, e = m.likelihood.spec, m.optimum, m.innovations
    t, n = e.shape
    k = m.z.shape[2]
    entity, time = m.effects in ("entity", "twoway"), m.effects in ("time", "twoway")
    along = np.ones(t) if entity else np.zeros(t)  # what the effects take off over time
    across = (np.ones(n) if m.v is None else m.v) if time else np.zeros(n)
    kept = {r: _kept(along, r).mean() * _kept(across, r).mean() for r in (2, 3, 4)}
    s2 = float((e**2).mean()) / kept[2]
    k3 = float((e**3).mean()) / kept[3] if abs(kept[3]) > 1e-9 else 0.0
    k4 = (float((e**4).mean()) - 3 * float((e**2).mean()) ** 2) / kept[4]
    k4 = max(k4, k3**2 / s2 - 2 * s2**2)

    linear, diagonal, note = np.zeros((k + len(spec.spatial) + 1, t, n)), np.zeros((k + len(spec.spatial) + 1, n)), ""
    linear[:k] = np.moveaxis(off_effects(m, m.z), 2, 0)
    unit = across / max(np.linalg.norm(across), 1e-300)
    if spec.wy:
        linear[k] = mean_of_lag(m)
        c, note = _diagonal(m, times_g)
        diagonal[k] = c - (unit * times_g(m, unit, transpose=True) if time else 0.0)
    if spec.wu:
        c, note = _diagonal(m, times_h)
        if time:
            right = times_h(m, unit)
            c = c - unit * times_h(m, unit, transpose=True) - unit * right + unit**2 * (unit @ right)
        diagonal[k + spec.wy] = c
    diagonal[-1] = (1 - unit**2) / (2 * opt.sigma2)
    diagonal *= 1 - 1 / t if entity else 1.0

    mixed = linear.sum(axis=1) @ diagonal.T
    out = (k3 * (mixed + mixed.T) + k4 * t * diagonal @ diagonal.T) / opt.sigma2**2
    if entity:
        out *= (t - 1) / m.likelihood.periods
    moments = f"skewness {k3 / s2**1.5:.3g}, excess kurtosis {k4 / s2**2:.3g}"
    if abs(kept[3]) <= 1e-9:
        moments = f"skewness is not seen in two periods and taken as 0, excess kurtosis {k4 / s2**2:.3g}"
    return out, "; ".join(x for x in (moments, note) if x)


def _kept(v: np.ndarray, order: int) -> np.ndarray:
    """Sum over j of Q_ij^order for Q = I - vv'/v'v, shape of `v`: what Q leaves of a cumulant; ones for v = 0."""
    if not v.any():
        return np.ones_like(v)
    share = v / (v @ v)
    own = v * share
    return (-share) ** order * (v**order).sum() - (-own) ** order + (1 - own) ** order


def _diagonal(m: Estimated, times) -> tuple[np.ndarray, str]:
    """Diagonal of G* or H, (N,): exact up to 2,000 regions, from random signs above (Hutchinson 1990)."""
    n = m.innovations.shape[1]
    if n <= _DENSE:
        return np.diag(times(m, np.eye(n))).copy(), ""
    x = np.random.default_rng(20040101).choice([-1.0, 1.0], size=(n, _PROBES))
    values = np.einsum("ij,ij->i", x, times(m, x)) / _PROBES
    return values, f"the diagonal of G is estimated from {_PROBES} sign vectors"
