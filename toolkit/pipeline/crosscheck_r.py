"""The R script of a cross-check."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.pipeline.crosscheck import Equation

__all__ = ["r_script"]

#: rows of the stacked panel up to which eigenvalues are computed
_EIGEN = 2000
_SPLM_FIXED = (
    "splm lags data that were demeaned already: with time or two-way effects, or rows of W that do not sum to one, that "
    "is another objective than the likelihood and rho differs in the third decimal"
)
_SPLM_LOGLIK = "the log-likelihood splm prints for error models with fixed effects is not one: do not compare it"
_SPLM_RANDOM = (
    "splm's standard errors of random-effects models are conditional on rho and lambda; ours are joint, and larger"
)
_EXPECTED = (
    "spatialreg's standard errors come from the expected information, ours by default from the Hessian: "
    'compare fit.with_cov("expected")'
)
_SMALL = "lm and plm divide the sum of squares by the degrees of freedom, as our classical covariance does"


def r_script(e: Equation) -> tuple[str, tuple[str, ...]]:
    """The script, and what is known of differences.

    Parameters
    ----------
    e : Equation

    Returns
    -------
    script : str
    notes : tuple of str
    """
    if e.random:
        body, notes = _random(e)
    else:
        body, notes = _stacked(e)
        if e.T > 1 and e.effects != "none" and e.model != "ols":
            more, extra = _splm_fixed(e)
            body, notes = [*body, "", *more], (*notes, *extra)
        elif e.T > 1 and e.effects != "none":
            body += ["", *_plm(e, "within")]
    known = [f"#  - {note}" for note in notes]
    return "\n".join([*_head(e), "# Known differences:", *known, "", *_read(e), "", *body, ""]), notes


def _head(e: Equation) -> list[str]:
    return [
        f"# {e.model.upper()}, effects: {e.effects}. {_comment(e.formula)}",
        f"# {e.N} regions, {e.T} period{'s' * (e.T > 1)}. Run in this folder: Rscript crosscheck.R",
        "# Needs packages " + ("plm and splm" if e.random else "Matrix, spdep and spatialreg") + "; writes r.csv.",
        "#",
    ]


def _comment(text: str) -> str:
    return " ".join(text.split())


def _read(e: Equation) -> list[str]:
    """Lines that read data and weights and make W x."""
    lines = [
        'd <- read.csv("data.csv", colClasses = c(id = "character"))  # by period, then region',
        f"N <- {e.N}; T <- {e.T}",
        "stopifnot(nrow(d) == N * T, all(d$region == rep(1:N, T)))",
    ]
    for m in e.matrices:
        lines += [
            f'{m} <- as.matrix(read.csv("{m}.csv", row.names = 1, check.names = FALSE, colClasses = c(id = "character")))',
            f"stopifnot(all(rownames({m}) == d$id[1:N]), all(colnames({m}) == d$id[1:N]))",
        ]
    if e.lags:
        lines += ["lag_of <- function(W, x) as.vector(W %*% matrix(x, N, T))  # within each period"]
        lines += [f"d${w.name} <- lag_of({w.matrix}, d${w.of})" for w in e.lags]
    return lines


def _formula(e: Equation, *, dummies: bool) -> str:
    parts = [name for _, name in e.regressors] or ["1"]
    if dummies:
        parts += ["factor(region)"] * (e.effects in ("entity", "twoway")) + ["factor(period)"] * (
            e.effects in ("time", "twoway")
        )
    if not e.constant and e.effects in ("none", "random", "mundlak"):
        parts.append("0")
    return f"{e.outcome} ~ {' + '.join(parts)}"


def _kept(e: Equation) -> str:
    """R vector that names, for each coefficient to be written, our term."""
    pairs = [("(Intercept)", "Intercept")] if e.constant and e.effects in ("none", "random", "mundlak") else []
    pairs += [(name, term) for term, name in e.regressors]
    return "c(" + ", ".join(f"`{name}` = {_quoted(term)}" for name, term in pairs) + ")"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _stacked(e: Equation) -> tuple[list[str], tuple[str, ...]]:
    """One regression of N T rows with dummies: the exact likelihood."""
    lines = [f"model <- {_formula(e, dummies=True)}", f"terms <- {_kept(e)}"]
    if not (e.lag or e.error):
        return [
            *lines,
            "fit <- lm(model, d)",
            "s <- summary(fit)$coefficients[names(terms), , drop = FALSE]",
            "out <- data.frame(term = terms, estimate = s[, 1], std_error = s[, 2])",
            *_finish("r.csv", "as.numeric(logLik(fit))"),
        ], (_SMALL,)
    method = "eigen" if e.N * e.T <= _EIGEN else "LU"
    stacked = " (the panel as one cross-section: W in blocks, effects as dummies)" if e.T > 1 else ""
    lines = [
        "suppressPackageStartupMessages({ library(Matrix); library(spdep); library(spatialreg) })",
        f"# weights of the {e.N * e.T} rows{stacked}",
        "rows <- function(W) {",
        "  B <- as.matrix(kronecker(Diagonal(T), W))",
        "  rownames(B) <- colnames(B) <- seq_len(N * T)",
        f'  mat2listw(B, style = "{"W" if e.standardised else "M"}")',
        "}",
        *lines,
    ]
    common = f'd, listw = rows({e.lag or e.error}), method = "{method}", zero.policy = TRUE, tol.solve = 1e-25'
    if e.lag and e.error:
        second = f", listw2 = rows({e.error})" if e.error != e.lag else ""
        lines.append(f"fit <- sacsarlm(model, {common}{second})")
    else:
        lines.append(f"fit <- {'lagsarlm' if e.lag else 'errorsarlm'}(model, {common})")
    lines += [
        "out <- data.frame(term = terms, estimate = fit$coefficients[names(terms)], std_error = fit$rest.se[names(terms)])",
    ]
    if e.lag:
        lines.append(
            'out <- rbind(out, data.frame(term = "rho", estimate = fit$rho, std_error = as.numeric(fit$rho.se)))'
        )
    if e.error:
        lines.append(
            'out <- rbind(out, data.frame(term = "lambda", estimate = fit$lambda, std_error = as.numeric(fit$lambda.se)))'
        )
    return [*lines, *_finish("r.csv", "as.numeric(fit$LL)")], (_EXPECTED,)


def _finish(file: str, loglik: str) -> list[str]:
    lines = [f'out <- rbind(out, data.frame(term = "loglik", estimate = {loglik}, std_error = NA))'] if loglik else []
    return [
        *lines,
        "out[2:3] <- lapply(out[2:3], format, digits = 15, trim = TRUE)",
        f'write.csv(out, "{file}", row.names = FALSE)',
        "print(out, row.names = FALSE)",
    ]


def _plm(e: Equation, model: str) -> list[str]:
    effect = {"entity": "individual", "time": "time", "twoway": "twoways"}.get(e.effects, "individual")
    return [
        "# The same by plm, if it is installed: written to r_plm.csv.",
        'if (requireNamespace("plm", quietly = TRUE)) {',
        f'  fit <- plm::plm({_formula(e, dummies=False)}, d, index = c("region", "period"), model = "{model}", effect = "{effect}")',
        "  s <- summary(fit)$coefficients[names(terms), , drop = FALSE]",
        "  out <- data.frame(term = terms, estimate = s[, 1], std_error = s[, 2])",
        *(f"  {line}" for line in _finish("r_plm.csv", "")),
        "}",
    ]


def _splm_fixed(e: Equation) -> tuple[list[str], tuple[str, ...]]:
    effect = {"entity": "individual", "time": "time", "twoway": "twoways"}[e.effects]
    if not (e.lag or e.error):
        return _plm(e, "within"), ()
    if e.lag != e.error and e.lag and e.error:
        return ["# splm takes one W for W y and one for W u only by listw2=; it is left out here."], ()
    lines = [
        "# The same by splm, if it is installed: written to r_splm.csv. See the known differences above.",
        'if (requireNamespace("splm", quietly = TRUE)) {',
        f'  listw <- spdep::mat2listw({e.lag or e.error}, style = "{"W" if e.standardised else "M"}")',
        f'  fit <- splm::spml({_formula(e, dummies=False)}, d, index = c("region", "period"), listw = listw,',
        f'    model = "within", effect = "{effect}", lag = {"TRUE" if e.lag else "FALSE"}, spatial.error = "{"b" if e.error else "none"}")',
        *_spml_out("r_splm.csv"),
        "}",
    ]
    return lines, (_SPLM_FIXED, *((_SPLM_LOGLIK,) if e.error else ()))


def _spml_out(file: str) -> list[str]:
    """Lines that write an spml fit; its lambda is the coefficient of W y, its rho that of W u."""
    return [
        "  s <- summary(fit)$CoefTable",
        '  ours <- c(terms, lambda = "rho", rho = "lambda")',
        "  s <- s[rownames(s) %in% names(ours), , drop = FALSE]",
        "  out <- data.frame(term = ours[rownames(s)], estimate = s[, 1], std_error = s[, 2])",
        *(f"  {line}" for line in _finish(file, "")),
    ]


def _random(e: Equation) -> tuple[list[str], tuple[str, ...]]:
    formula = _formula(e, dummies=False)
    lines = [f"terms <- {_kept(e)}"]
    if not (e.lag or e.error):
        return [
            *lines,
            f'fit <- plm::plm({formula}, d, index = c("region", "period"), model = "random", random.method = "swar")',
            "s <- summary(fit)$coefficients[names(terms), , drop = FALSE]",
            "out <- data.frame(term = terms, estimate = s[, 1], std_error = s[, 2])",
            *_finish("r.csv", ""),
        ], (
            "plm's random effects are the feasible GLS of Swamy and Arora, as method='gls' here; not maximum likelihood",
        )
    error = "none" if not e.error else "kkp" if e.components == "kkp" else "b"
    return [
        "suppressPackageStartupMessages(library(splm))",
        *lines,
        f'listw <- spdep::mat2listw({e.lag or e.error}, style = "{"W" if e.standardised else "M"}")',
        f'fit <- spml({formula}, d, index = c("region", "period"), listw = listw,',
        f'  model = "random", lag = {"TRUE" if e.lag else "FALSE"}, spatial.error = "{error}")',
        "est <- c(coef(fit), fit$arcoef, fit$errcomp)",
        "var <- c(diag(fit$vcov), diag(as.matrix(fit$vcov.arcoef)), diag(as.matrix(fit$vcov.errcomp)))",
        'ours <- c(terms, lambda = "rho", rho = "lambda", phi = "phi")',
        "keep <- names(est) %in% names(ours)",
        "out <- data.frame(term = ours[names(est)[keep]], estimate = est[keep], std_error = sqrt(var[keep]))",
        *_finish("r.csv", "fit$logLik"),
    ], (_SPLM_RANDOM,)
