"""The words printed on figures, in English and Chinese."""

from __future__ import annotations

from toolkit.errors import InputError

__all__ = ["phrase"]

_WORDS = {
    "standardised": ("{x}, standardised", "{x}（标准化）"),
    "lag": ("Spatial lag of {x}, standardised", "{x}的空间滞后（标准化）"),
    "lag_short": ("Spatial lag, standardised", "空间滞后（标准化）"),
    "moran": ("Moran's I", "莫兰指数 I"),
    "year": ("Year", "年份"),
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
    "no_data": ("No data", "无数据"),
    # distribution dynamics
    "relative": ("{x} (mean = 1)", "{x}（均值=1）"),
    "start_class": ("Class in t", "t 期类别"),
    "end_class": ("Class in t + {lag}", "t + {lag} 期类别"),
    "ergodic": ("Ergodic", "遍历分布"),
    "no_ergodic": ("not unique, or not known", "不唯一或不可知"),
    "neighbours_class": ("Neighbours {x}", "邻区 {x}"),
    "all_regions": ("All regions", "全部地区"),
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
    "climbed": ("Largest gains", "上升最多"),
    "fell": ("Largest losses", "下降最多"),
    "highlighted": ("Highlighted", "突出显示"),
    "centre": ("Centre of gravity", "重心"),
    "ellipse": ("Ellipse, {time}", "{time}年标准差椭圆"),
    "unweighted_centre": ("Geometric centre", "几何中心"),
    "path_zoom": ("Path of the centre", "重心轨迹"),
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
