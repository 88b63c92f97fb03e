"""giddy 2.3.6 on incomes of 48 states (libpysal's usjoin.csv, states48.gal) and of Mexico (mexico.csv): writes giddy.json.

Run by hand: ``python tests/golden/make_giddy.py``. The tests read giddy.json only, since giddy compiles for minutes.
"""

import json
from importlib.metadata import version
from pathlib import Path

import libpysal
import mapclassify
import numpy as np
from giddy.ergodic import mfpt, steady_state, var_mfpt_ergodic
from giddy.markov import LISA_Markov, Markov, Spatial_Markov, kullback, sojourn_time
from giddy.mobility import markov_mobility
from giddy.rank import SpatialTau, Tau, Tau_Regional, Theta


def plain(x):
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    return np.asarray(x).tolist()


def chain(m):
    return {
        "counts": m.transitions,
        "p": m.p,
        "steady": steady_state(m.p),
        "mfpt": mfpt(m.p),
        "sd_fpt": np.sqrt(var_mfpt_ergodic(m.p)),
        "sojourn": sojourn_time(m.p, summary=False),
        "mobility": {k: markov_mobility(m.p, measure=k) for k in ("P", "D", "L2", "B1", "B2")},
    }


def main():
    f = libpysal.io.open(libpysal.examples.get_path("usjoin.csv"))
    y = np.array([f.by_col[str(t)] for t in range(1929, 2010)], float)  # (81, 48)
    w = libpysal.io.open(libpysal.examples.get_path("states48.gal")).read()
    w.transform = "r"
    relative = (y / y.mean(axis=1, keepdims=True)).T
    by_year = np.array([mapclassify.Quantiles(row, k=5).yb for row in y]).T
    pooled = mapclassify.Quantiles(relative.ravel(), k=5).yb.reshape(relative.shape)
    out = {"versions": {k: version(k) for k in ("giddy", "libpysal", "mapclassify")}}
    out["us_by_year"] = chain(Markov(by_year, summary=False))
    out["us_pooled"] = chain(Markov(pooled, summary=False))
    sm = Spatial_Markov(relative, w, fixed=True, k=5, m=5)
    out["us_spatial"] = {
        "cuts": sm.cutoffs, "lag_cuts": sm.lag_cutoffs, "counts": sm.T, "p": sm.P, "steady": [list(map(float, s)) for s in sm.S],
        "mfpt": sm.F, "Q": sm.Q, "Q_p": sm.Q_p_value, "LR": sm.LR, "LR_p": sm.LR_p_value, "df": sm.dof_hom,
        "kullback": kullback(np.array(sm.T)),
    }  # fmt: skip
    cuts = np.array([0.8, 0.9, 1, 1.2])
    sm = Spatial_Markov(relative, w, cutoffs=cuts, lag_cutoffs=cuts)
    out["us_spatial_cuts"] = {"counts": sm.T, "Q": sm.Q, "LR": sm.LR, "df": sm.dof_hom}
    lm = LISA_Markov(y.T, w)
    out["us_lisa"] = {"order": ["HH", "LH", "LL", "HL"], "counts": lm.transitions, "p": lm.p, "steady": lm.steady_state}
    w = libpysal.weights.W({i: [w.id2i[j] for j in w[k]] for i, k in enumerate(w.id_order)})  # SpatialTau wants integers
    spatial = [SpatialTau(y[t], y[t + 1], w) for t in (0, 40, 79)]
    out["us_tau"] = {
        "from": [1929, 1969, 2008],
        "tau": [s.tau for s in spatial],
        "tau_spatial": [s.tau_spatial for s in spatial],
        "classic": [Tau(y[t], y[t + 1]).tau for t in (0, 40, 79)],
    }
    f = libpysal.io.open(libpysal.examples.get_path("mexico.csv"))
    years = range(1940, 2010, 10)
    y = np.array([f.by_col[f"pcgdp{t}"] for t in years], float).T
    regime = np.array(f.by_col["esquivel99"])
    t = Theta(y, regime, 0)
    reg = Tau_Regional(y[:, 0], y[:, -1], regime)
    out["mexico"] = {
        "states": f.by_col["State"], "regime": regime, "theta": t.theta, "total": t.total,
        "tau": Tau(y[:, 0], y[:, -1]).tau, "tau_regional": reg.tau_reg,
    }  # fmt: skip
    Path(__file__).with_name("giddy.json").write_text(json.dumps(plain(out), indent=1) + "\n")


if __name__ == "__main__":
    main()
