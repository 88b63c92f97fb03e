"""Values of esda on Columbus, for statistics whose first call compiles for seconds: python tests/golden/make_esda.py

Queen contiguity of the polygons as the toolkit builds it (checked against libpysal in the weights tests); floats throughout, since
esda overflows on integers. Permutation p-values by 99,999 draws, folded to the smaller tail.
"""

import json
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")

import esda  # noqa: E402
import libpysal  # noqa: E402

import toolkit as tk  # noqa: E402

panel = tk.load("columbus")
row = tk.weights.queen(panel)
crime, income = (np.array(panel.values(v)[0], float) for v in ("CRIME", "INC"))
high = (crime > 35).astype(float)
high_income = (income > 14).astype(float)
DRAWS = 99_999


def w():
    return row.to_w()


def binary():
    old = row.normalize("none").to_w()
    old.transform = "b"
    return old


out = {"source": f"esda {esda.__version__}, libpysal {libpysal.__version__}"}

g = esda.Geary(crime, w(), transformation="r", permutations=0)
out["geary"] = {"C": g.C, "VC_norm": g.VC_norm, "VC_rand": g.VC_rand, "z_norm": g.z_norm, "z_rand": g.z_rand}

np.random.seed(1)
bv = esda.Moran_BV(crime, income, w(), permutations=DRAWS)
out["moran_bv"] = {"I": bv.I, "sd": bv.seI_sim, "p_sim": bv.p_sim}

events, population = crime * 10, np.array(panel.values("HOVAL")[0], float) * 100
rate = esda.Moran_Rate(events, population, w(), permutations=0)
out["moran_rate"] = {"I": rate.I, "z_rand": rate.z_rand, "z": rate.z.tolist()}

for star in (False, True):
    gi = esda.G_Local(crime, binary(), star=star, transform="b", permutations=DRAWS, seed=1, n_jobs=1)
    out["gi_star" if star else "gi"] = {"Zs": gi.Zs.tolist(), "Gs": gi.Gs.tolist(), "p_sim": gi.p_sim.tolist()}

lg = esda.Geary_Local(connectivity=w(), permutations=DRAWS, seed=1, n_jobs=1).fit(crime)
out["local_geary"] = {"c": lg.localG.tolist(), "p_sim": lg.p_sim.tolist()}

mv = esda.Geary_Local_MV(connectivity=w(), permutations=0).fit([crime, income])
out["local_geary_mv"] = {"c": mv.localG.tolist()}

lbv = esda.Moran_Local_BV(crime, income, w(), permutations=DRAWS, seed=1, n_jobs=1)
out["moran_local_bv"] = {"Is": lbv.Is.tolist(), "q": lbv.q.tolist(), "p_sim": lbv.p_sim.tolist()}

jc = esda.Join_Counts(high, binary(), permutations=0)
out["join_counts"] = {"bb": jc.bb, "bw": jc.bw, "ww": jc.ww}

np.random.seed(1)
ljc = esda.Join_Counts_Local(connectivity=binary(), n_jobs=1).fit(high, permutations=DRAWS)  # fit() ignores the constructor's
out["local_join_count"] = {"LJC": ljc.LJC.tolist(), "p_sim": [None if np.isnan(p) else p for p in ljc.p_sim]}

clc = esda.Join_Counts_Local_BV(connectivity=binary(), permutations=0).fit(high, 1 - high_income, case="CLC")
out["local_join_count_clc"] = clc.LJC.tolist()
bjc = esda.Join_Counts_Local_BV(connectivity=binary(), permutations=0).fit(high, 1 - high, case="BJC")
out["local_join_count_bjc"] = bjc.LJC.tolist()


def plain(x):
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, list):
        return [plain(v) for v in x]
    return float(x) if isinstance(x, (np.floating, np.integer)) else x


Path(__file__).with_name("esda_columbus.json").write_text(json.dumps(plain(out), indent=1) + "\n")
