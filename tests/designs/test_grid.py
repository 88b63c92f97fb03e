"""The grid: every combination, failures kept, the same numbers whatever the workers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import FORMULAS, munnell

import toolkit as tk
from toolkit.errors import InputError


@pytest.fixture(scope="module")
def two():
    panel, w = munnell()
    other = tk.weights.from_matrix((w.sparse.toarray() > 0).astype(float), ids=list(w.ids), normalize="spectral")
    return panel, {"queen": w, "spectral": other}


def test_every_combination_is_estimated(two):
    panel, weights = two
    g = tk.grid(
        "log(gsp) ~ log(pcap)",
        panel,
        weights,
        models=["sar", "sdm"],
        effects=["entity", "twoway"],
        samples={"all": panel.times, "late": list(panel.times)[8:]},
        covariates={"short": [], "long": ["log(pc)", "log(emp)"]},
    )
    glance = g.glance()
    assert len(glance) == 32 and (glance["status"] == "ok").all()
    one = glance.query(
        "model == 'sdm' and weights == 'queen' and effects == 'twoway' and sample == 'all' and covariates == 'long'"
    )
    fit = tk.fit("log(gsp) ~ log(pcap) + log(pc) + log(emp)", panel, weights["queen"], model="sdm", effects="twoway")
    assert one["loglik"].item() == fit.loglik and one["rho"].item() == fit.rho
    stable = g.stability().set_index(["term", "effect"])
    assert stable.loc[("log(pcap)", "indirect"), "fits"] == 32
    row = stable.loc[("log(pcap)", "total")]
    assert row["positive"] + row["negative"] == 1 and row["min"] <= row["median"] <= row["max"]
    assert "32 of 32" in repr(g)


def test_failures_are_kept_with_their_reason(two):
    panel, weights = two
    panel = panel.assign(fixed="pcap * 0 + 1")
    g = tk.grid(
        "log(gsp) ~ log(pcap)", panel, weights["queen"], ["sar"], ["entity"], covariates={"ok": [], "bad": ["fixed"]}
    )
    status = g.glance().set_index("covariates")["status"]
    assert status["ok"] == "ok" and "'fixed'" in status["bad"]
    assert set(g.tidy()["covariates"]) == {"ok"}


def test_regions_as_samples_take_the_weights_with_them(two):
    panel, weights = two
    keep = list(panel.entities)[:20]
    g = tk.grid(FORMULAS["munnell"], panel, weights["queen"], ["sar"], ["entity"], samples={"twenty": keep})
    assert g.glance()["nobs"].item() == 20 * 17


def test_workers_do_not_change_the_numbers(two):
    panel, weights = two
    kw = {"models": ["sar", "sem"], "effects": ["entity"], "progress": False}
    one, other = (tk.grid(FORMULAS["munnell"], panel, weights, n_jobs=n, **kw) for n in (1, 2))
    pd.testing.assert_frame_equal(one.tidy(), other.tidy())


@pytest.mark.slow
def test_it_runs_on_a_dask_cluster(two):
    import joblib
    from dask.distributed import Client, LocalCluster

    panel, weights = two
    kw = {"models": ["sar", "sdm"], "effects": ["entity"], "progress": False}
    here = tk.grid(FORMULAS["munnell"], panel, weights, **kw)
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1")
    with cluster, Client(cluster), joblib.parallel_config(backend="dask"):
        there = tk.grid(FORMULAS["munnell"], panel, weights, n_jobs=-1, **kw)
    pd.testing.assert_frame_equal(here.tidy(), there.tidy())


@pytest.mark.parametrize(
    ("kw", "message"),
    [
        ({"models": "sar"}, "models='sar'"),
        ({"models": ["sar", "best"]}, "'best' is not a model"),
        ({"effects": ["all"]}, "'all' is not a kind"),
        ({"samples": {"west": ["XX"]}}, "neither regions nor periods"),
    ],
)
def test_refusals(two, kw, message):
    panel, weights = two
    with pytest.raises(InputError, match=message):
        tk.grid(FORMULAS["munnell"], panel, weights, **kw)


def test_estimates_are_finite(two):
    panel, weights = two
    g = tk.grid(FORMULAS["munnell"], panel, weights, ["slx", "sdem"], ["entity"])
    assert np.isfinite(g.tidy()["estimate"]).all()
