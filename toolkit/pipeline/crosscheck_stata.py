"""The Stata script of a cross-check: by the manuals of Stata 15 and xsmle 1.4; it has not been run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.pipeline.crosscheck import Equation

__all__ = ["stata_script"]

#: rows of the stacked panel up to which its dense block-diagonal matrix is made
_MOST_ROWS = 4000
_NOT_RUN = "crosscheck.do follows the manuals of Stata 15 and xsmle 1.4 and has not been run by the toolkit's makers: there was no Stata"
_LEE_YU = (
    "spxtregress, fe estimates after the transformation of Lee and Yu (2010), our bias_correction='transformation', and has "
    "no time effects of its own: it is not used here"
)
_XSMLE = "xsmle without leeyu is maximum likelihood of transformed data; with type(..., leeyu) it is our bias_correction='transformation'"
_XSMLE_ERRORS = "xsmle's default standard errors come from the observed information, as ours do"
_TOO_MANY = "the stacked regression is left out: its matrix would have more than {0} rows"
_RANDOM = "spxtregress, re is maximum likelihood with joint standard errors; sarpanel is our components='kkp'"


def stata_script(e: Equation) -> tuple[str, tuple[str, ...]]:
    """The script, and what is known of differences.

    Parameters
    ----------
    e : Equation

    Returns
    -------
    script : str
    notes : tuple of str
    """
    body, notes = _random(e) if e.random else _fixed(e)
    head = [
        f"* {e.model.upper()}, effects: {e.effects}. {' '.join(e.formula.split())}",
        f"* {e.N} regions, {e.T} period{'s' * (e.T > 1)}. In this folder: do crosscheck.do",
        "* It follows the manuals of Stata 15 and of xsmle 1.4 and HAS NOT BEEN RUN by the toolkit's makers (no Stata there):",
        "* if a line fails, the estimates of the lines before it stand. Writes stata.csv"
        + (", stata_xsmle.csv." if _by_xsmle(e) else "."),
        "*",
        "* Known differences:",
        *(f"*  - {note}" for note in notes[1:] or ("none",)),
    ]
    return "\n".join([*head, "", *_start(e), *body, ""]), notes


def _start(e: Equation) -> list[str]:
    lines = [
        "version 15",
        "clear all",
        "set more off",
        "",
        "* writes names, estimates and standard errors of the last model to a file",
        "program define write_estimates",
        "    args target",
        "    tempname b V handle",
        "    matrix `b' = e(b)",
        "    matrix `V' = e(V)",
        "    local names : colfullnames `b'",
        "    file open `handle' using \"`target'\", write text replace",
        '    file write `handle\' "name,estimate,std_error" _n',
        "    local j = 0",
        "    foreach name of local names {",
        "        local ++j",
        "        file write `handle' `\"`name'\"' \",\" %21.0g (`b'[1,`j']) \",\" %21.0g (sqrt(`V'[`j',`j'])) _n",
        "    }",
        '    if e(ll) < . file write `handle\' "loglik," %21.0g (e(ll)) ",." _n',
        "    file close `handle'",
        "end",
        "",
    ]
    for m in e.matrices:
        lines += [
            f'spmatrix import {m} using "{m}.txt", replace',
            f"spmatrix matafromsp {m} {m}_id = {m}  // the same matrix in Mata",
        ]
    lines += ['use "data.dta", clear', "sort period region", "assert _N == " + str(e.N * e.T)]
    if e.lags:
        lines += ["", "* W x within each period: one column a period, then stacked again", "mata:"]
        lines += [
            f'st_store(., st_addvar("double", "{w.name}"), vec({w.matrix} * rowshape(st_data(., "{w.of}"), {e.T})\'))'
            for w in e.lags
        ]
        lines += ["end"]
    return [*lines, ""]


def _regressors(e: Equation) -> str:
    return " ".join(name for _, name in e.regressors)


def _fixed(e: Equation) -> tuple[list[str], tuple[str, ...]]:
    lines, notes = _stacked(e)
    if e.T > 1 and e.effects != "none" and (e.lag or e.error):
        notes = (*notes, _LEE_YU)
    if _by_xsmle(e):
        lines += ["", *_xsmle(e)]
        notes = (*notes, _XSMLE, _XSMLE_ERRORS)
    return lines, (_NOT_RUN, *notes)


def _stacked(e: Equation) -> tuple[list[str], tuple[str, ...]]:
    """One regression of N T rows, the effects as dummies, W in blocks: the exact likelihood."""
    x = _regressors(e)
    dummies = " i.region" * (e.effects in ("entity", "twoway")) + " i.period" * (e.effects in ("time", "twoway"))
    constant = "" if e.constant or dummies else " noconstant"
    if not (e.lag or e.error):
        option = f",{constant}" if constant else ""
        return [f"regress {e.outcome} {x}{dummies}{option}", 'write_estimates "stata.csv"'], ()
    if e.N * e.T > _MOST_ROWS:
        return [f"* {_TOO_MANY.format(_MOST_ROWS)}."], (_TOO_MANY.format(_MOST_ROWS),)
    options = [f"dvarlag({e.lag}B)"] * bool(e.lag) + [f"errorlag({e.error}B)"] * bool(e.error)
    lines = ["* the panel as one cross-section" if e.T > 1 else "* the cross-section"]
    for m in dict.fromkeys(m for m in (e.lag, e.error) if m):
        lines += [
            "mata:",
            f"{m}_stack = I({e.T}) # {m}",
            f"{m}_row = 1::{e.N * e.T}",
            "end",
            f"spmatrix spfrommata {m}B = {m}_stack {m}_row, normalize(none) replace",
        ]
    lines += [
        "generate long row = _n",
        "spset row",
        f"spregress {e.outcome} {x}{dummies}, ml {' '.join(options)}{constant}",
        'write_estimates "stata.csv"',
    ]
    return lines, ()


def _by_xsmle(e: Equation) -> bool:
    """Whether xsmle estimates it: fixed effects, W y or W u, one matrix for each."""
    return e.T > 1 and not e.random and e.effects != "none" and bool(e.lag or e.error)


def _xsmle(e: Equation) -> list[str]:
    """The same by xsmle; W x is among the regressors, so that every model of the family can be said."""
    model = "sac" if e.lag and e.error else "sar" if e.lag else "sem"
    kind = {"entity": "ind", "time": "time", "twoway": "both"}[e.effects]
    matrices = [f"wmat({e.lag}S)"] * bool(e.lag) + [f"emat({e.error}S)"] * bool(e.error)
    lines = [
        "* The same by xsmle (net install: help net; search xsmle), if it is installed",
        "capture which xsmle",
        "if _rc == 0 {",
    ]
    for m in dict.fromkeys(m for m in (e.lag, e.error) if m):
        lines += [f'    mata: st_matrix("{m}S", {m})']
    return [
        *lines,
        "    sort region period",
        "    xtset region period",
        f"    xsmle {e.outcome} {_regressors(e)}, fe model({model}) type({kind}) {' '.join(matrices)} noeffects nolog",
        '    write_estimates "stata_xsmle.csv"',
        "}",
    ]


def _random(e: Equation) -> tuple[list[str], tuple[str, ...]]:
    x = _regressors(e)
    if not (e.lag or e.error):
        lines = ["xtset region period", f"xtreg {e.outcome} {x}, re", 'write_estimates "stata.csv"']
        return lines, (_NOT_RUN, "xtreg, re is the feasible GLS of Swamy and Arora, as method='gls' here")
    options = [f"dvarlag({e.lag})"] * bool(e.lag) + [f"errorlag({e.error})"] * bool(e.error)
    options += ["sarpanel"] * (e.components == "kkp")
    return [
        "xtset region period",
        "spset region",
        f"spxtregress {e.outcome} {x}, re {' '.join(options)}{'' if e.constant else ' noconstant'}",
        'write_estimates "stata.csv"',
    ], (_NOT_RUN, _RANDOM)
