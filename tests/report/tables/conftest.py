"""Hand-made results to print: numbers of no meaning, every feature of a record in use."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from toolkit.contracts import CoefTable, Impacts, ModelRecord, TestResult, TestTable

BASE = ("Intercept", "log(pcap)", "log(pc)", "unemp")


def coefficients(terms, values, errors, blocks=None, df=None) -> CoefTable:
    cov = np.diag(np.square(np.asarray(errors, float)))
    return CoefTable(tuple(terms), np.asarray(values, float), cov, tuple(blocks or ["X"] * len(terms)), df)


def impacts_table(model="sdm", long=False) -> Impacts:
    rows = []
    for horizon in ("short", "long") if long else ("",):
        for term, base in (("log(pcap)", 0.1), ("unemp", -0.02)):
            for effect, factor in (("direct", 1.0), ("indirect", 0.5), ("total", 1.5)):
                value = base * factor * (2 if horizon == "long" else 1)
                row = {"term": term, "effect": effect, "estimate": value, "std_error": 0.04, "statistic": value / 0.04}
                row |= {"p_value": 0.012, "conf_low": value - 0.08, "conf_high": value + 0.08}
                rows.append(row | ({"horizon": horizon} if long else {}))
    method = {"method": "simulation", "draws": 1000, "discarded": 3}
    return Impacts(table=pd.DataFrame(rows), model=model, depvar="log(gsp)", **method)


TESTS = TestTable(
    (
        TestResult.chi2("LM lag", "rho = 0", 32.5, 1),
        TestResult.chi2("LM error", "lambda = 0", 1.25, 1),
        TestResult.chi2("Robust LM lag", "rho = 0", float("nan"), 1, reason="W is not row-standardised"),
    )
)


@pytest.fixture
def ols() -> ModelRecord:
    return ModelRecord(
        name="OLS",
        depvar="log(gsp)",
        coefficients=coefficients(BASE, [1.6433, 0.155, 0.3092, -0.00674], [0.0576, 0.01715, 0.01027, 0.00142], df=811),
        stats={"nobs": 12816, "n_entities": 48, "n_times": 17, "loglik": 826.98, "r2_overall": 0.99259},
        vcov="classical",
        labels={"pcap": "Public capital", "gsp": "Gross product"},
    )


@pytest.fixture
def sdm() -> ModelRecord:
    terms = (*BASE[1:], "W log(pcap)", "W unemp", "rho")
    return ModelRecord(
        name="SDM",
        depvar="log(gsp)",
        coefficients=coefficients(
            terms,
            [-0.0101, 0.1592, -0.00004, -0.0621, -0.0031, 0.3698],
            [0.0254, 0.0256, 0.0000004, 0.0463, 0.0018, 0.0397],
            ["X", "X", "X", "WX", "WX", "spatial"],
        ),
        stats={"nobs": 816, "n_entities": 48, "n_times": 17, "loglik": 1680.62, "sigma2": 0.000919, "r2_within": 0.791},
        fixed_effects=("entity", "time"),
        vcov="observed Hessian",
        weights="queen contiguity, row-standardised",
        tests=TESTS.tests,
        impacts=impacts_table(),
        labels={"pcap": "Public capital", "gsp": "Gross product"},
        notes=("The likelihood has one maximum.",),
    )


@pytest.fixture
def latex_log(tmp_path):
    """Compile a document with pdflatex and give its log; a machine without pdflatex fails the test."""

    def compile_(source: str) -> str:
        if shutil.which("pdflatex") is None:
            pytest.fail("pdflatex is needed: texlive-latex-base, -recommended, -extra and lmodern")
        (tmp_path / "t.tex").write_text(source, encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
        log = (tmp_path / "t.log").read_text(encoding="latin-1")
        assert done.returncode == 0, log[-3000:]
        assert (tmp_path / "t.pdf").stat().st_size > 1000
        return log

    return compile_
