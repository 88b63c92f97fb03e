"""The words a table prints, in English and Chinese: data, no logic beyond looking them up."""

from __future__ import annotations

import re

from toolkit.errors import InputError
from toolkit.report.tables.words_describe import CHINESE, ENGLISH

__all__ = ["LANGUAGES", "STATS", "Words"]

#: Fit statistics known by key, in printing order, and whether they are printed unless asked otherwise.
STATS: dict[str, bool] = {
    "nobs": True,
    "n_entities": True,
    "n_times": True,
    "r2_overall": True,
    "r2_adj": False,
    "r2_uncentered": True,
    "r2_within": True,
    "r2_between": False,
    "r2_slopes": True,
    "r2_corr": True,
    "r2_quasi": False,
    "r2_pseudo": True,
    "r2_mcfadden": True,
    "sigma2": True,
    "loglik": True,
    "aic": True,
    "bic": False,
}

_ENGLISH = {
    "notes": "Notes:",
    "depvar": "Dependent variable",
    "yes": "Yes",
    "no": "No",
    "and": " and ",
    "comma": ", ",
    "semicolon": "; ",
    "stop": ".",
    "colon": ": ",
    "in": "{what} in {where}",
    "Intercept": "Constant",
    "block:X": "Regressors",
    "block:WX": "Spatial lags of regressors",
    "block:dynamic": "Dynamics",
    "block:spatial": "Spatial parameters",
    "block:variance": "Variance parameters",
    "block:tests": "Tests",
    "impact:direct": "Direct impacts",
    "impact:indirect": "Indirect impacts",
    "impact:total": "Total impacts",
    "part:direct": "Direct",
    "part:indirect": "Indirect",
    "part:total": "Total",
    "horizon:short": "Short run",
    "horizon:long": "Long run",
    "effect:entity": "Entity fixed effects",
    "effect:time": "Time fixed effects",
    "effect:other": "{name} fixed effects",
    "random:entity": "Entity random effects",
    "random:time": "Time random effects",
    "random:other": "{name} random effects",
    "stat:nobs": "Observations",
    "stat:n_entities": "Entities",
    "stat:n_times": "Periods",
    "stat:r2_overall": "𝑅²",
    "stat:r2_adj": "Adjusted 𝑅²",
    "stat:r2_uncentered": "𝑅² (uncentred)",
    "stat:r2_within": "𝑅² (within)",
    "stat:r2_between": "𝑅² (between)",
    "stat:r2_slopes": "𝑅² (overall, slopes only)",
    "stat:r2_corr": "𝑅² (squared correlation)",
    "stat:r2_quasi": "𝑅² (quasi-demeaned)",
    "stat:r2_pseudo": "Pseudo 𝑅²",
    "stat:r2_mcfadden": "McFadden 𝑅²",
    "stat:sigma2": "σ²",
    "stat:loglik": "Log-likelihood",
    "stat:aic": "AIC",
    "stat:bic": "BIC",
    "below:se": "Standard errors in parentheses",
    "below:t": "𝑡 statistics in parentheses",
    "below:p": "𝑝-values in parentheses",
    "below:ci": "{level} confidence intervals in brackets",
    "vcov": "Covariance estimator: {text}",
    "weights": "Spatial weights: {text}",
    "impacts": "Impacts (LeSage and Pace 2009), standard errors: {text}",
    "method:delta": "delta method",
    "method:simulation": "simulation ({draws} draws)",
    "discarded": "{n} draws outside the admissible set were not used",
    "tests": "𝑝-values of tests in brackets",
    "hidden": "Estimated but not shown: {text}",
    "undefined": "—: not defined",
    "inapplicable": "{name} does not apply ({reason})",
    "mixed_criteria": "AIC and BIC as each program defines them; the parameters they count may differ",
    "stars": "{mark}\u00a0𝑝\u00a0<\u00a0{level}",
    "stars:level": "{mark}\u00a0Significant at the {level} percent level.",
    "panel": "Panel {letter}. {heading}",
    "tests:name": "Test",
    "tests:null": "Null hypothesis",
    "tests:statistic": "Statistic",
    "tests:df": "df",
    "tests:p": "𝑝-value",
    "table": "Table",
}

_CHINESE = {
    "notes": "注：",
    "depvar": "被解释变量",
    "yes": "是",
    "no": "否",
    "and": "、",
    "comma": "，",
    "semicolon": "；",
    "stop": "。",
    "colon": "：",
    "in": "{where}列为{what}",
    "Intercept": "常数项",
    "block:X": "解释变量",
    "block:WX": "解释变量的空间滞后",
    "block:dynamic": "动态项",
    "block:spatial": "空间参数",
    "block:variance": "方差参数",
    "block:tests": "检验",
    "impact:direct": "直接效应",
    "impact:indirect": "间接效应",
    "impact:total": "总效应",
    "part:direct": "直接效应",
    "part:indirect": "间接效应",
    "part:total": "总效应",
    "horizon:short": "短期",
    "horizon:long": "长期",
    "effect:entity": "个体固定效应",
    "effect:time": "时间固定效应",
    "effect:other": "{name}固定效应",
    "random:entity": "个体随机效应",
    "random:time": "时间随机效应",
    "random:other": "{name}随机效应",
    "stat:nobs": "观测值",
    "stat:n_entities": "个体数",
    "stat:n_times": "时期数",
    "stat:r2_overall": "𝑅²",
    "stat:r2_adj": "调整后 𝑅²",
    "stat:r2_uncentered": "非中心化 𝑅²",
    "stat:r2_within": "组内 𝑅²",
    "stat:r2_between": "组间 𝑅²",
    "stat:r2_slopes": "总体 𝑅²（不含效应）",
    "stat:r2_corr": "相关系数平方",
    "stat:r2_quasi": "准去均值 𝑅²",
    "stat:r2_pseudo": "伪 𝑅²",
    "stat:r2_mcfadden": "McFadden 𝑅²",
    "stat:sigma2": "σ²",
    "stat:loglik": "对数似然值",
    "stat:aic": "AIC",
    "stat:bic": "BIC",
    "below:se": "括号内为标准误",
    "below:t": "括号内为 𝑡 值",
    "below:p": "括号内为 𝑝 值",
    "below:ci": "方括号内为 {level} 置信区间",
    "vcov": "协方差估计：{text}",
    "weights": "空间权重矩阵：{text}",
    "impacts": "效应分解依据 LeSage 和 Pace（2009），标准误：{text}",
    "method:delta": "delta 方法",
    "method:simulation": "模拟（{draws} 次抽样）",
    "discarded": "{n} 次抽样落在可行域之外，未使用",
    "tests": "检验的方括号内为 𝑝 值",
    "hidden": "已估计但未列出：{text}",
    "undefined": "—：无定义",
    "inapplicable": "{name} 不适用（{reason}）",
    "mixed_criteria": "AIC 与 BIC 按各软件的定义，所计参数个数可能不同",
    "stars": "{mark}\u00a0𝑝\u00a0<\u00a0{level}",
    "stars:level": "{mark}表示在{level}%的水平上显著",
    "panel": "{letter}. {heading}",
    "tests:name": "检验",
    "tests:null": "原假设",
    "tests:statistic": "统计量",
    "tests:df": "自由度",
    "tests:p": "𝑝 值",
    "table": "表",
    # covariance estimators by their English names
    "classical": "经典",
    "observed Hessian": "观测 Hessian 矩阵",
    "expected information": "期望信息矩阵",
    "heteroskedasticity-robust": "异方差稳健",
    "clustered": "聚类稳健",
    "observed Hessian, joint": "观测 Hessian 矩阵（联合）",
    "heteroskedasticity-robust (HC1)": "异方差稳健（HC1）",
    "clustered by region": "聚类到地区",
    "clustered by period": "聚类到时期",
    "clustered by region and period": "聚类到地区与时期",
    "Kelejian-Prucha GMM, robust to heteroskedasticity": "Kelejian-Prucha GMM（异方差稳健）",
}

#: Phrases in descriptions of weights -> Chinese.
_WEIGHTS = (
    (r"\bqueen contiguity\b", "后（queen）邻接"),
    (r"\brook contiguity\b", "车（rook）邻接"),
    (r"\b(\d+) nearest neighbours\b", r"最近 \1 个邻居"),
    (r"([\w ]+?) linked to ([\w ]+)", r"\1 与 \2 相连"),
    (r"\brow-standardised\b", "行标准化"),
    (r"\bspectral normalisation\b", "谱标准化"),
    (r"\bmin-max normalisation\b", "最小最大标准化"),
    (r"\bnot normalised\b", "未标准化"),
    (r"\brows sum to one\b", "各行之和为一"),
    (r"\beconomic distance in\b", "经济距离："),
    (r"\s*,\s*", "，"),
    (r"\s*;\s*", "；"),
)

LANGUAGES = {"en": _ENGLISH | ENGLISH, "zh": _CHINESE | CHINESE}


class Words:
    """The words of one language.

    Examples
    --------
    >>> Words("zh")["stat:nobs"]
    '观测值'
    >>> Words("en").join(["(1)", "(2)", "(3)"])
    '(1), (2) and (3)'
    """

    def __init__(self, lang: str):
        if lang not in LANGUAGES:
            raise InputError(f"lang={lang!r} is not a language of tables.", allowed=", ".join(LANGUAGES))
        self.lang = lang
        self._words = LANGUAGES[lang]

    def __getitem__(self, key: str) -> str:
        return self._words[key]

    def weights(self, text: str) -> str:
        """A description of spatial weights: in Chinese the phrases that are known, the rest as it is.

        Examples
        --------
        >>> Words("zh").weights("queen contiguity, Hainan linked to Guangdong, row-standardised")
        '后（queen）邻接，Hainan 与 Guangdong 相连，行标准化'
        """
        if self.lang != "zh":
            return text
        for pattern, words in _WEIGHTS:
            text = re.sub(pattern, words, text)
        return text

    def get(self, key: str, default: str) -> str:
        """The word for `key`, or `default` where this language has none."""
        return self._words.get(key, default)

    def join(self, items: list[str]) -> str:
        """Several items in running text."""
        glue = "、" if self.lang == "zh" else ", "
        return (
            glue.join(items) if len(items) < 2 or self.lang == "zh" else glue.join(items[:-1]) + self["and"] + items[-1]
        )

    def sentences(self, parts: list[str]) -> str:
        """Several statements as sentences."""
        space = "" if self.lang == "zh" else " "
        return space.join(p if p.endswith((".", "。")) else p + self["stop"] for p in parts)
