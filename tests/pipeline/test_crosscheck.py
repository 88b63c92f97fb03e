"""Scripts for R and Stata, and estimates that come back: R's were made by running the very scripts."""

import csv
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from cases import FORMULAS, columbus, golden, munnell, small_panel

import toolkit as tk
from toolkit.errors import DataError, InputError, OutputError

COLUMBUS = "CRIME ~ INC + HOVAL"
R = golden("crosscheck.json")


def fitted(case):
    data, model, effects = case.split("/")
    if data == "columbus":
        panel, W = columbus()
        return tk.fit(COLUMBUS, panel, W, model=model)
    panel, W = munnell()
    return tk.fit(FORMULAS["munnell"], panel, W, model=model, effects=effects)


def write_r(path, estimates):
    rows = [{"term": t, "estimate": b, "std_error": s} for t, (b, s) in estimates.items()]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("case", R)
def test_what_r_found_is_what_we_find(tmp_path, case):
    """Estimates to 1e-3 of a standard error (R's optimiser stops there), the log-likelihood to 1e-6, and the standard
    errors, from the expected information there, to 1e-4."""
    fit = fitted(case)
    found = tk.compare_estimates(fit, write_r(tmp_path / "r.csv", R[case]))
    assert found.agrees(1e-3), found
    loglik = found.tidy().set_index("term").loc["loglik"]
    assert abs(loglik["difference"]) < 1e-6
    spatial = fit.model not in ("ols", "slx")
    same = tk.compare_estimates(fit.with_cov("expected") if spatial else fit, tmp_path / "r.csv").tidy()
    np.testing.assert_allclose(same["std_error_ratio"].dropna(), 1, rtol=1e-4)
    assert set(same["term"]) == {"loglik", *fit.terms} - {"sigma2"}


def test_the_folder_has_what_both_programs_need(tmp_path):
    fit = fitted("munnell/sdm/twoway")
    made = tk.crosscheck(fit, tmp_path / "sdm")
    assert made.files == (
        "W.csv", "W.txt", "crosscheck.R", "crosscheck.do", "data.csv", "data.dta", "ours.csv", "regions.csv", "terms.csv",
    )  # fmt: skip
    data = pd.read_csv(made.folder / "data.csv")
    assert data.shape == (816, 8) and (data["region"].to_numpy().reshape(17, 48) == np.arange(1, 49)).all()
    np.testing.assert_array_equal(data["log_gsp"], fit.design.y.ravel())
    stata = pd.read_stata(made.folder / "data.dta")
    np.testing.assert_array_equal(stata["log_pcap"], data["log_pcap"])
    with pd.io.stata.StataReader(made.folder / "data.dta") as reader:
        assert reader.variable_labels()["log_pcap"] == "log(pcap)"
    W = tk.weights.read(made.folder / "W.csv")
    assert W.ids == fit.weights.ids
    np.testing.assert_array_equal(W.sparse.toarray(), fit.weights.sparse.toarray())
    by_number = tk.weights.read(made.folder / "W.txt")  # the format of Stata's spmatrix export
    assert by_number.ids == tuple(range(1, 49))
    np.testing.assert_array_equal(by_number.sparse.toarray(), fit.weights.sparse.toarray())
    assert "splm lags data that were demeaned" in repr(made)


@pytest.mark.parametrize(
    ("case", "r", "stata"),
    [
        ("columbus/ols/none", ["lm(model, d)"], ["regress crime inc hoval"]),
        ("columbus/slx/none", ["lag_of(W, d$inc)", "lm(model, d)"], ["rowshape(st_data(., \"inc\"), 1)", "regress crime inc hoval w_inc w_hoval"]),
        ("columbus/sar/none", ["lagsarlm("], ["ml dvarlag(WB)"]),
        ("columbus/sem/none", ["errorsarlm("], ["ml errorlag(WB)"]),
        ("columbus/gns/none", ["sacsarlm(", "w_hoval"], ["ml dvarlag(WB) errorlag(WB)"]),
        ("munnell/ols/twoway", ["factor(region) + factor(period)", 'effect = "twoways"'], ["i.region i.period"]),
        ("munnell/sar/entity", ['effect = "individual", lag = TRUE, spatial.error = "none"'], ["fe model(sar) type(ind) wmat(WS)"]),
        ("munnell/sem/time", ['effect = "time", lag = FALSE, spatial.error = "b"'], ["fe model(sem) type(time) emat(WS)"]),
        ("munnell/sac/twoway", ["sacsarlm("], ["fe model(sac) type(both) wmat(WS) emat(WS)"]),
        ("munnell/sar/random", ['model = "random", lag = TRUE'], ["spxtregress", "re dvarlag(W)"]),
        ("munnell/ols/random", ['random.method = "swar"'], ["xtreg log_gsp"]),
        ("munnell/sem/mundlak", ["spml("], ["re errorlag(W)"]),
    ],
)  # fmt: skip
def test_the_commands_are_those_of_the_model(tmp_path, case, r, stata):
    made = tk.crosscheck(fitted(case), tmp_path / "x")
    script, do = ((made.folder / name).read_text() for name in ("crosscheck.R", "crosscheck.do"))
    for part in r:
        assert part in script
    for part in stata:
        assert part in do
    assert "HAS NOT BEEN RUN" in do
    assert script.count("{") == script.count("}") and script.count("(") == script.count(")")
    assert len(re.findall(r"^mata:$", do, re.M)) + 1 == len(re.findall(r"^end$", do, re.M))  # the program ends too


def test_kkp_and_weights_of_their_own_are_written(tmp_path):
    panel, W = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, W, model="sem", effects="random", components="kkp")
    made = tk.crosscheck(fit, tmp_path / "kkp")
    assert 'spatial.error = "kkp"' in (made.folder / "crosscheck.R").read_text()
    assert "sarpanel" in (made.folder / "crosscheck.do").read_text()
    near = tk.weights.knn(panel, k=4)
    fit = tk.fit(FORMULAS["munnell"], panel, W, model="gns", W_durbin=near, W_error=near, effects="entity")
    made = tk.crosscheck(fit, tmp_path / "three")
    assert {"W.csv", "W_durbin.csv", "W_error.csv"} <= set(made.files)
    assert "listw2 = rows(W_error)" in (made.folder / "crosscheck.R").read_text()


def test_names_are_those_every_program_takes(tmp_path):
    panel, W = small_panel(1)[:2]
    names = dict(zip(panel.variables, ["产出", "人口密度", "投资"], strict=False))
    frame = panel.frame.rename(columns=names)
    panel = tk.Panel(frame, panel.entity, panel.time)
    y, *x = list(names.values())
    made = tk.crosscheck(tk.fit(f"{y} ~ {' + '.join(x)}", panel, W, model="sdm"), tmp_path / "zh")
    header = (made.folder / "data.csv").read_text().splitlines()[0]
    assert header == "region,id,period,y," + ",".join(f"x{k + 1}" for k in range(len(x)))
    assert "人口密度" in (made.folder / "terms.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "sar", "effects": "twoway", "dynamic": "y(t-1)"}, "dynamic='y(t-1)'"),
        (
            {"model": "sar", "effects": "twoway", "bias_correction": "transformation"},
            "bias_correction='transformation'",
        ),
        ({"model": "sar", "method": "gs2sls"}, "method='gs2sls'"),
        ({"model": "sar", "effects": "random", "serial": True}, "serial=True"),
    ],
)
def test_models_others_do_not_estimate_so_are_refused(tmp_path, options, said):
    panel, W = munnell()
    fit = tk.fit("log(gsp) ~ log(pcap) + unemp", panel, W, **options)
    with pytest.raises(InputError, match=re.escape(said)):
        tk.crosscheck(fit, tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_a_folder_is_replaced_only_if_it_is_ours(tmp_path):
    fit = fitted("columbus/ols/none")
    tk.crosscheck(fit, tmp_path / "x")
    with pytest.raises(OutputError, match="overwrite=True"):
        tk.crosscheck(fit, tmp_path / "x")
    tk.crosscheck(fit, tmp_path / "x", overwrite=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("words")
    with pytest.raises(OutputError, match="not a folder of a cross-check"):
        tk.crosscheck(fit, tmp_path / "mine", overwrite=True)
    with pytest.raises(OutputError, match="no folder"):
        tk.crosscheck(fit, tmp_path / "a" / "b")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine", "x"]


STATA = """name,estimate,std_error
log_gsp:log_pcap,  -.03528 ,  .0253
log_gsp:unemp,-.003,.001
log_gsp:2.region,.5,.1
log_gsp:1b.period,0,0
log_gsp:_cons,2,.3
WB:log_gsp,.197,.025
/:var(e.log_gsp),.001,.0001
loglik,1659.5,.
"""


def test_names_of_stata_are_understood(tmp_path):
    made = tk.crosscheck(fitted("munnell/sar/twoway"), tmp_path / "x")
    (made.folder / "stata.csv").write_text(STATA)
    found = tk.compare_estimates(fitted("munnell/sar/twoway"), made.folder / "stata.csv")
    assert list(found.tidy()["term"]) == ["log(pcap)", "unemp", "rho", "loglik"]
    assert found.only_ours == ("log(pc)", "log(emp)") and found.only_theirs == ("Intercept",)
    assert not found.agrees(10) and "Only with us: log(pc), log(emp)" in repr(found)
    xsmle = "name,estimate,std_error\nMain:log_pcap,1,1\nWx:log_pcap,2,1\nSpatial:rho,.3,.1\nVariance:sigma2_e,1,1\n"
    (made.folder / "stata_xsmle.csv").write_text(xsmle)
    found = tk.compare_estimates(fitted("munnell/sdm/twoway"), made.folder / "stata_xsmle.csv")
    assert list(found.tidy()["term"]) == ["log(pcap)", "W log(pcap)", "rho"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "There is no file"),
        ("", "not a file of estimates"),
        ("a,b\n1,2\n", "not a file of estimates"),
        ("term,estimate,std_error\nINC,1;2,3\n", "'1;2' (INC) is not a number"),
        ("term,estimate,std_error\nwages,1,2\n", "share no term"),
    ],
)
def test_files_that_are_not_estimates_are_refused(tmp_path, content, said):
    if content is not None:
        (tmp_path / "r.csv").write_text(content)
    with pytest.raises(DataError, match=re.escape(said)):
        tk.compare_estimates(fitted("columbus/ols/none"), tmp_path / "r.csv")


def test_terms_can_be_named_by_the_user(tmp_path):
    (tmp_path / "r.csv").write_text("term,estimate,std_error\nincome,-1.6,.33\n")
    fit = fitted("columbus/ols/none")
    assert list(tk.compare_estimates(fit, tmp_path / "r.csv", terms={"income": "INC"}).tidy()["term"]) == ["INC"]


@pytest.mark.acceptance
@pytest.mark.skipif(
    shutil.which("Rscript") is None, reason="R is not installed: the values it gave are in tests/golden"
)
def test_the_script_runs_in_r(tmp_path):
    fit = fitted("columbus/sdm/none")
    made = tk.crosscheck(fit, tmp_path / "x")
    subprocess.run(["Rscript", "crosscheck.R"], cwd=made.folder, check=True, capture_output=True)
    with open(made.folder / "r.csv", newline="") as file:
        assert next(csv.reader(file)) == ["term", "estimate", "std_error"]
    assert tk.compare_estimates(fit, made.folder / "r.csv").agrees(1e-3)
