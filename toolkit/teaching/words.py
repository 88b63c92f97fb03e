"""The words of the widgets, in English and Chinese."""

from __future__ import annotations

from toolkit.errors import InputError

__all__ = ["say"]

_WORDS = {
    "response": ("Response to a shock of 100 %", "对100%冲击的响应"),
    "own": ("This region", "本地区"),
    "others": ("All other regions", "其他地区合计"),
    "order": ("Order of neighbours k (ρᵏWᵏ)", "邻接阶数 k（ρᵏWᵏ）"),
    "share": ("Share of the shock", "占冲击的份额"),
    "island": ("No neighbours", "无邻接"),
    "strongest": ("the {shown:,} strongest of {all:,} links", "{all:,} 条联系中最强的 {shown:,} 条"),
    "neighbours": ("Number of neighbours", "邻居数"),
    "regions": ("Regions", "地区数"),
    "z": ("Standardised value", "标准化值"),
    "lag": ("Spatial lag", "空间滞后"),
    "shock_in": ("Shock in", "冲击地区"),
    "year": ("Year", "年份"),
    "kind": ("Neighbours", "邻接方式"),
    "queen": ("share a border or a corner", "共边或共点（queen）"),
    "rook": ("share a border", "共边（rook）"),
    "knn": ("k nearest", "k 近邻"),
    "band": ("within a distance", "距离阈值"),
    "inverse": ("inverse distance", "反距离"),
    "power": ("power", "幂"),
    "here": ("Shock of 1 in {region}, ρ = {rho}", "{region} 受单位冲击，ρ = {rho}"),
    "own_total": ("its own response", "本地区响应"),
    "others_total": ("sum over all others", "其他地区响应合计"),
    "beyond": ("of which beyond order {k}", "其中 {k} 阶以上"),
    "average": ("Average over regions (coefficient 1)", "全部地区平均（系数为1）"),
    "direct": ("direct", "直接"),
    "indirect": ("indirect", "间接"),
    "total": ("total", "总"),
    "links": ("links", "联系数"),
    "few_many": ("neighbours: fewest, mean, most", "邻居数：最少、平均、最多"),
    "alone": ("regions without neighbours", "无邻接地区"),
    "components": ("unconnected parts", "不连通部分"),
    "moran": ("Moran's I", "莫兰指数 I"),
    "expected": ("expected without autocorrelation", "无自相关时的期望"),
    "p_perm": ("p, {n:,} permutations", "p（{n:,} 次置换）"),
    "z_score": ("z (randomisation)", "z（随机化）"),
}


def say(key: str, lang: str = "en", **values: object) -> str:
    """A phrase in the language of the widget.

    Examples
    --------
    >>> say("island"), say("island", "zh")
    ('No neighbours', '无邻接')
    """
    if lang not in ("en", "zh"):
        raise InputError(f"lang={lang!r} is unknown.", allowed='"en", "zh"')
    return _WORDS[key][lang == "zh"].format(**values)
