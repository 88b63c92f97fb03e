"""Tables compiled as a reader would: every preset, Chinese, every special character, wide and long."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.contracts import CoefTable, ModelRecord
from toolkit.errors import ToolkitWarning
from toolkit.report.tables.render.symbols import spans

pytestmark = pytest.mark.acceptance

SPECIAL = r"""R&D 50% a_b #1 $x$ {c} ~d ^e \f "g" 'h' <i> |j| [k] *l* `m` @n; α β ρ λ σ² − – — … ≤ ≥ × ± → ∞ ½"""
CHINESE = "人均地区生产总值（万元，2000年不变价）、“全要素生产率”——《年鉴》"


def record(name: str = "SDM", label: str = "Public capital", **changes) -> ModelRecord:
    terms, blocks = ("x", "log(z)", "W x", "rho"), ("X", "X", "WX", "spatial")
    table = CoefTable(terms, np.array([1.5, -0.25, 0.00003, 0.4]), np.diag([0.01, 0.02, 1e-10, 0.01]), blocks)
    made = ModelRecord(
        name=name, depvar="y", coefficients=table, stats={"nobs": 1240, "loglik": -1234.5, "sigma2": 0.00123},
        fixed_effects=("entity",), vcov="observed Hessian", weights="queen contiguity, row-standardised",
        labels={"x": label},
    )  # fmt: skip
    return replace(made, **changes)


def tables() -> dict[str, object]:
    pair = [record("OLS"), record()]
    frame = pd.DataFrame({SPECIAL: [0.5, -1.25]}, index=[SPECIAL, "plain"])
    panel = tk.load("china").between(2015, 2019)
    return {
        "plain": tk.table(pair, caption="Public capital", label="tab:plain"),
        "special": tk.table([record(label=SPECIAL), record()], caption=SPECIAL, notes=SPECIAL),
        "special_frame": tk.table(frame, caption="c"),
        "wide": tk.table([record(f"Model {i}") for i in range(12)], caption="Wide"),
        "too_wide": tk.table([record(f"Model {i}") for i in range(30)], caption="Too wide"),
        "aer": tk.table(pair, journal="aer", caption="Public capital", label="tab:aer"),
        "regional-studies": tk.table(pair, journal="regional-studies", caption="Public capital"),
        "three-line": tk.table(pair, journal="three-line", caption="公共资本与产出", labels={"x": CHINESE}),
        "chinese": tk.table(pair, lang="zh", caption=CHINESE, labels={"x": SPECIAL}, notes=CHINESE, label="tab:zh"),
        "chinese_label": tk.table(pair, labels={"x": CHINESE}, caption="Mixed"),
        "chinese_wide": tk.table([record(f"模型{i}") for i in range(12)], journal="three-line", caption="宽表"),
        "transitions": tk.table(tk.markov(panel, "gdp / pop"), caption="Transitions"),
        "transitions_zh": tk.table(tk.markov(panel, "gdp / pop"), journal="three-line", caption="转移概率"),
        "describe": tk.describe_table(panel, ["gdp", "pop", "urban_share"], caption="Description"),
        "describe_zh": tk.describe_table(panel, ["gdp", "pop"], by="blocks", journal="three-line", caption="描述统计"),
        "balance": tk.balance_table(panel, "coast", ["gdp", "pop"], journal="aer", caption="Balance"),
        "correlation": tk.correlation_table(panel, ["gdp", "pop", "emp"], caption="Correlations"),
        "decomposition": tk.table(tk.dagum(panel, "gdp / pop", "blocks"), journal="three-line", caption="基尼系数分解"),
    }  # fmt: skip


NAMES = [
    "plain", "special", "special_frame", "wide", "too_wide", "aer", "regional-studies", "three-line", "chinese",
    "chinese_label", "chinese_wide", "transitions", "transitions_zh", "describe", "describe_zh", "balance",
    "correlation", "decomposition",
]  # fmt: skip


@pytest.fixture(scope="module")
def made():
    found = tables()
    assert list(found) == NAMES
    return found


def compile_(source: str, folder) -> str:
    """The log of the engine that the first line names."""
    engine = re.match(r"% !TEX program = (\w+)\n", source)[1]
    assert shutil.which(engine), f"{engine} is needed: texlive-latex-extra lmodern, texlive-xetex texlive-lang-chinese"
    (folder / "t.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"],
        cwd=folder, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    log = (folder / "t.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-3000:]
    return log


@pytest.mark.parametrize("name", NAMES)
def test_latex_compiles_with_every_character_and_within_the_page(made, name, tmp_path):
    table = made[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ToolkitWarning)
        source = table.to_latex(standalone=True)
    chinese = re.search("[\u4e00-\u9fff]", source) is not None
    assert source.startswith(f"% !TEX program = {'xelatex' if chinese else 'pdflatex'}\n")
    log = compile_(source, tmp_path)
    assert "Missing character" not in log, re.findall("Missing character.*", log)
    assert "Overfull \\hbox" not in log and "Float too large" not in log
    words = subprocess.run(["pdftotext", "-layout", "t.pdf", "-"], cwd=tmp_path, capture_output=True, text=True).stdout
    for text in (table.caption, table.rows[0].cells[-1].text):
        plain = re.sub(r"\W", "", text.replace("−", ""))
        assert not plain.isalnum() or name.startswith("special") or plain in re.sub(r"\W", "", words), text


@pytest.mark.parametrize("name", ["special", "chinese", "wide"])
def test_a_piece_compiles_in_a_document_with_the_packages_it_names(made, name, tmp_path):
    piece = made[name].save(tmp_path / "piece.tex").read_text(encoding="utf-8")
    needs = re.match(r"% Needs (\\usepackage\{[a-z,]+\})", piece)[1]
    chinese = "xelatex and ctex" in piece.splitlines()[0]
    head = (
        "% !TEX program = xelatex\n\\documentclass[UTF8]{ctexart}\n"
        if chinese
        else "% !TEX program = pdflatex\n\\documentclass{article}\n"
        "\\usepackage[T1]{fontenc}\\usepackage[utf8]{inputenc}\\usepackage{lmodern}\n"
    )
    body = f"{needs}\n\\usepackage[a4paper,margin=2.5cm]{{geometry}}\n\\begin{{document}}\n\\input{{piece}}\n\\end{{document}}\n"
    log = compile_(head + body, tmp_path)
    assert "Missing character" not in log and "Overfull \\hbox" not in log


@pytest.mark.parametrize("name", NAMES)
def test_word_files_open_again_with_every_character(made, name, tmp_path):
    import docx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ToolkitWarning)
        opened = docx.Document(str(made[name].save(tmp_path / "t.docx")))
    assert made[name].caption in opened.paragraphs[0].text
    printed = "".join("".join(row.cells[0].text.split()) for row in opened.tables[0].rows)  # long labels take two rows
    for row in made[name].rows:
        assert "".join("".join(piece for piece, _ in spans(row.label)).split()) in printed, row.label
