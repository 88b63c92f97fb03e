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
