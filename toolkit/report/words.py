"""The words printed on figures, in English and Chinese."""

from __future__ import annotations

import re

from toolkit.errors import InputError

__all__ = ["phrase", "wrapped"]

_WORDS = {
    "standardised": ("{x}, standardised", "{x}（标准化）"),
    "lag": ("Spatial lag of {x}, standardised", "{x}的空间滞后（标准化）"),
    "lag_short": ("Spatial lag, standardised", "空间滞后（标准化）"),
    "moran": ("Moran's I", "莫兰指数 I"),
    "geary": ("Geary's c", "吉尔里指数 c"),
    "year": ("Year", "年份"),
    "distance": ("Distance between regions, km", "区域间距离（公里）"),
    "order": ("Order of contiguity", "邻接阶数"),
    "pairs": ("Pairs", "对数"),
    "drawn": ("95% of permutations", "95%的随机置换"),
    "significant": ("p < {level:g}", "p < {level:g}"),
    "insignificant": ("p ≥ {level:g}", "p ≥ {level:g}"),
    "band": ("95% range without autocorrelation", "无自相关时的95%区间"),
    "expected": ("Expected value", "期望值"),
    "HH": ("High–High", "高–高"),
    "LL": ("Low–Low", "低–低"),
    "HL": ("High among low", "高–低"),
    "LH": ("Low among high", "低–高"),
    "ns": ("Not significant", "不显著"),
    "island": ("No neighbours", "无邻接"),
    "hot": ("Hot spot", "热点"),
    "cold": ("Cold spot", "冷点"),
    "positive": ("Other positive", "其他正相关"),
    "negative": ("Negative", "负相关"),
    "joined": ("Joined, significant", "显著聚集"),
    "marked": ("Marked, not significant", "已标记、不显著"),
    "absent": ("Not marked", "未标记"),
    "Local Moran's I": ("Local Moran's I", "局部莫兰指数"),
    "Bivariate local Moran's I": ("Bivariate local Moran's I", "双变量局部莫兰指数"),
    "Getis-Ord Gi": ("Getis–Ord Gi", "Getis–Ord Gi"),
    "Getis-Ord Gi*": ("Getis–Ord Gi*", "Getis–Ord Gi*"),
    "Local Geary's c": ("Local Geary's c", "局部吉尔里指数"),
    "Multivariate local Geary's c": ("Multivariate local Geary's c", "多变量局部吉尔里指数"),
    "Local join count": ("Local join count", "局部连接计数"),
    "Bivariate local join count": ("Bivariate local join count", "双变量局部连接计数"),
    "Co-location local join count": ("Co-location local join count", "共位局部连接计数"),
    "no_data": ("No data", "无数据"),
    "growth": ("Mean annual growth, %", "年均增长率（%）"),
    "log_initial": ("Log of {x}, {start}", "{x}的对数（{start}）"),
    "span_start": ("start of span", "各期初"),
    "less_time": (", less year means", "，减年份均值"),
    "less_entity": (", less region means", "，减地区均值"),
    "less_twoway": (", within", "，双向去均值"),
    "effect_coefficient": ("Coefficient", "系数"),
    "effect_direct": ("Direct impact", "直接效应"),
    "effect_indirect": ("Indirect impact", "间接效应"),
    "effect_total": ("Total impact", "总效应"),
    "interval": ("Estimate, {level:g}% confidence interval", "估计值（{level:g}%置信区间）"),
    "intervals": ("Estimate, {low:g}% and {high:g}% confidence intervals", "估计值（{low:g}%与{high:g}%置信区间）"),
    "relative_time": ("Time relative to treatment", "相对处理时点"),
    "relative_time_unit": ("{unit} relative to treatment", "相对处理时点（{unit}）"),
    "effect_interval": ("Effect, {level:g}% confidence interval", "效应（{level:g}%置信区间）"),
    "pre_trend": ("Pre-trends: {statistic}, {p}", "事前趋势联合检验：{statistic}，{p}"),
    "pre_trend_unknown": ("Pre-trends: singular covariance", "事前趋势联合检验：协方差矩阵奇异"),
    "marginal": ("Effect of {x} on {y}, {level:g}% band", "{x}对{y}的边际效应（{level:g}%置信带）"),
    "speed": ("{effect}: {speed} % a year", "{effect}：收敛速度每年{speed}%"),
    "half_life": (", half-life {years} y", "，半衰期{years}年"),
    "speed_undefined": ("{effect}: speed undefined", "{effect}：收敛速度无定义"),
    "measure_sd_log": ("Standard deviation of logs", "对数标准差"),
    "measure_cv": ("Coefficient of variation", "变异系数"),
    "measure_sd": ("Standard deviation", "标准差"),
    "trend": ("Linear trend", "线性趋势"),
    "all_regions": ("All regions", "全部地区"),
    "mean_t": ("Mean of the regions: {t}", "地区均值：{t}"),
    "critical_mean": ("Critical value of the mean, {level}: {t}", "均值的{level}临界值：{t}"),
    "regional_t": ("Dickey-Fuller t of each region ({test})", "各地区的DF检验t值（{test}）"),
    "relative_path": ("Relative to the mean of regions", "相对于地区均值"),
    "club": ("Club {i} ({n} regions)", "俱乐部{i}（{n}个地区）"),
    "no_club": ("In no club ({n} regions)", "不属于任何俱乐部（{n}个地区）"),
    # distribution dynamics
    "relative": ("{x} (mean = 1)", "{x}（均值=1）"),
    "start_class": ("Class in t", "t 期类别"),
    "end_class": ("Class in t + {lag}", "t + {lag} 期类别"),
    "ergodic": ("Ergodic", "遍历分布"),
    "no_ergodic": ("not unique, or not known", "不唯一或不可知"),
    "neighbours_class": ("Neighbours {x}", "邻区 {x}"),
    "density": ("Density", "核密度"),
    "at_t": ("{x}, t", "t 期{x}"),
    "at_later": ("{x}, t + {lag}", "t + {lag} 期{x}"),
    "of_neighbours": ("{x}, average of neighbours, t", "t 期邻区平均{x}"),
    "diagonal": ("45° line", "45°线"),
    "conditional_mean": ("Conditional mean", "条件均值"),
    "conditional_density": ("Conditional density", "条件密度"),
    "density_start": ("Density in t (all pairs)", "t 期密度（全部观测）"),
    "ergodic_density": ("Ergodic density", "遍历密度"),
    "rank": ("Rank", "位次"),
    "part_of_ranking": ("Part {i} of {k}", "第{i}/{k}组"),
    "climbed": ("Largest gains", "上升最多"),
    "fell": ("Largest losses", "下降最多"),
    "highlighted": ("Highlighted", "突出显示"),
    "centre": ("Centre of gravity", "重心"),
    "ellipse": ("Ellipse, {time}", "{time}年标准差椭圆"),
    "unweighted_centre": ("Geometric centre", "几何中心"),
    "path_zoom": ("Path of the centre", "重心轨迹"),
    "weights_of": ("{x} ({n:,} regions)", "{x}（{n:,}个地区）"),
    "links_mutual": ("Mutual links: {n:,}", "双向邻接：{n:,}"),
    "links_one_way": ("One-way links: {n:,}", "单向邻接：{n:,}"),
    "links_strongest": ("Strongest {n:,} of {total:,} drawn", "仅绘最强的{n:,}条（共{total:,}条）"),
    "hub_size": ("Point size: links received", "点的大小：被视为邻区的次数"),
    "neighbours_number": ("Number of neighbours", "邻区数量"),
    "regions_number": ("Regions", "地区数"),
    "km": ("{x:,g} km", "{x:,g} 公里"),
}


def phrase(key: str, lang: str = "en", **values: object) -> str:
    """A phrase in the language of the figure.

    Examples
    --------
    >>> phrase("no_data")
    'No data'
    >>> phrase("km", "zh", x=500)
    '500 公里'
    """
    if lang not in ("en", "zh"):
        raise InputError(f"lang={lang!r} is unknown.", allowed='"en", "zh"')
    return _WORDS[key][lang == "zh"].format(**values)


def wrapped(text: str, inches: float) -> str:
    r"""Text in lines that fit a width at the size of legends; a Chinese character counts as two.

    Examples
    --------
    >>> wrapped("Gross regional product per head", 1.2)
    'Gross regional\nproduct per head'
    """
    most, lines, room = max(8, int(inches * 15)), [], 0
    for word in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", text):
        size = sum(2 if "\u2e80" <= c <= "\uffef" else 1 for c in word.rstrip())
        if lines and size <= room:
            lines[-1] += word
        else:
            lines.append(word)
            room = most
        room -= size + len(word) - len(word.rstrip())
    return "\n".join(line.rstrip() for line in lines)
