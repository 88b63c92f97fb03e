"""One look for every figure: sizes, fonts, colours, and how a figure is saved.

Figures are made without pyplot, so nothing is kept open and no display is needed.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

import matplotlib
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from toolkit.errors import InputError, OutputError
from toolkit.report.files import check_target, write_atomic

__all__ = [
    "CLUSTER_STYLE",
    "FORMATS",
    "INK",
    "LINES",
    "NO_DATA",
    "WIDTHS",
    "PaperFigure",
    "fonts",
    "new_figure",
    "save",
]

#: Widths of one and two journal columns, in inches.
WIDTHS = {"one": 3.4, "two": 7.0}

#: Formats a figure is saved in, by suffix.
FORMATS = (".pdf", ".png", ".svg")

#: Text and lines; secondary text; quiet lines.
INK, GREY, PALE = "#1a1a1a", "#595959", "#bdbdbd"

#: Colour, marker and dash of up to seven lines; told apart without colour.
LINES = (
    ("#0b4f8a", "o", "-"),
    ("#c1570a", "s", (0, (5, 1.5))),
    ("#3b7d23", "^", (0, (1, 1))),
    ("#7b3294", "D", (0, (5, 1, 1, 1))),
    ("#1a1a1a", "v", (0, (3, 1, 1, 1, 1, 1))),
    ("#8c6d31", "P", (0, (8, 2))),
    ("#4a9aa8", "X", (0, (2, 2))),
)

#: Fill and hatch of a region without data.
NO_DATA = {"facecolor": "#ffffff", "hatch": "//////", "edgecolor": "#a6a6a6"}

#: Clusters of local statistics: red and blue as readers know them, told apart in grey print by lightness (HH dark, LL middle)
#: and by hatching (HL, LH), and safe for red-green blindness.
CLUSTER_STYLE = {
    "HH": {"facecolor": "#a50f15", "hatch": None},
    "LL": {"facecolor": "#4f9bd0", "hatch": None},
    "HL": {"facecolor": "#fcb7a0", "hatch": "//////"},
    "LH": {"facecolor": "#d3e6f5", "hatch": "......"},
    "hot": {"facecolor": "#a50f15", "hatch": None},
    "cold": {"facecolor": "#4f9bd0", "hatch": None},
    "positive": {"facecolor": "#fdd49e", "hatch": "------"},
    "negative": {"facecolor": "#8073ac", "hatch": "\\\\\\\\\\\\"},
    "joined": {"facecolor": "#a50f15", "hatch": None},
    "marked": {"facecolor": "#fcb7a0", "hatch": None},
    "ns": {"facecolor": "#f2f2f2", "hatch": None},
    "absent": {"facecolor": "#ffffff", "hatch": None},
    "island": {"facecolor": "#ffffff", "hatch": "xxxx"},
}

#: Chinese faces in order of preference; the first one installed is used.
_CJK = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Arial Unicode MS",
)

_STYLE = {
    "font.size": 7.5,
    "axes.titlesize": 7.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "patch.linewidth": 0.4,
    "hatch.linewidth": 0.5,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    "savefig.facecolor": "white",
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "regional-toolkit",
    "path.simplify": True,
}


class PaperFigure(Figure):
    """A matplotlib figure that keeps its look when drawn or saved later, by anyone.

    It can be saved by `save` (atomic, refuses to overwrite), shown in a notebook, or changed like
    any matplotlib figure through ``fig.axes``.
    """

    def __init__(self, *args: object, look: dict[str, object] | None = None, **kwargs: object):
        self._look = dict(look or {})
        super().__init__(*args, **kwargs)

    def styled(self) -> AbstractContextManager[None]:
        """Context in which axes and texts take the look of this figure."""
        return matplotlib.rc_context(self._look)

    def draw(self, renderer):
        self._dress_texts()
        with self.styled():
            return super().draw(renderer)

    def savefig(self, fname, **kwargs):
        self._dress_texts()
        with self.styled():
            super().savefig(fname, **kwargs)
        # constrained layout moves maps of fixed aspect a little at every draw: keep what the first file shows
        self.set_layout_engine("none")

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False, dpi: int = 300) -> Path:
        """Write the figure; see `toolkit.report.figure.save`."""
        return save(self, path, overwrite=overwrite, dpi=dpi)

    def _dress_texts(self) -> None:
        """Give texts added outside `styled` the font families of the figure, Chinese among them."""
        families = self._look.get("font.family")
        for text in self.findobj(Text) if families else ():
            if text.get_fontfamily() == ["sans-serif"]:
                text.set_fontfamily(families)

    def _repr_png_(self) -> bytes:
        return _render(self, ".png", 150)


def new_figure(width: str | float = "one", height: float | None = None, *, lang: str = "en") -> PaperFigure:
    """An empty figure in the look of the toolkit.

    Parameters
    ----------
    width : {"one", "two"} or float
        One or two journal columns (3.4 and 7 inches), or inches.
    height : float, optional
        Inches; 0.75 of the width by default.
    lang : {"en", "zh"}
        ``zh`` needs a Chinese font and says so when there is none.

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> new_figure("two").get_size_inches().tolist()
    [7.0, 5.25]
    """
    inches = inches_of(width)
    look = {**_STYLE, "font.family": fonts(lang)}
    size = (inches, 0.75 * inches if height is None else height)
    with matplotlib.rc_context(look):
        figure = PaperFigure(figsize=size, layout="constrained", look=look)
    FigureCanvasAgg(figure)
    return figure


def inches_of(width: str | float) -> float:
    """Inches of a width given by name or number."""
    if isinstance(width, str) and width in WIDTHS:
        return WIDTHS[width]
    if isinstance(width, (int, float)) and not isinstance(width, bool) and 1 <= width <= 40:
        return float(width)
    raise InputError(f"width={width!r} is not a width.", allowed='"one", "two", or 1 to 40 inches')


def save(figure: Figure, path: str | os.PathLike[str], *, overwrite: bool = False, dpi: int = 300) -> Path:
    """Write a figure as .pdf, .png or .svg, whole or not at all, with the same bytes each time.

    Parameters
    ----------
    figure : matplotlib Figure
    path : path
        The suffix chooses the format.
    overwrite : bool
        False refuses an existing file.
    dpi : int
        Resolution of .png, and of raster parts elsewhere.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        Unknown suffix, existing file, missing folder, or a character no installed font can draw.

    Examples
    --------
    >>> import tempfile
    >>> save(new_figure(), tempfile.mkdtemp() + "/empty.pdf").suffix
    '.pdf'
    """
    target = check_target(path, suffixes=FORMATS, overwrite=overwrite)
    return write_atomic(target, _render(figure, target.suffix.lower(), dpi), overwrite=overwrite)


def fonts(lang: str = "en") -> list[str]:
    """Font families to try in turn; a Chinese one is among them where one is installed.

    Raises
    ------
    InputError
        An unknown language.
    OutputError
        ``lang="zh"`` and no Chinese font is installed.

    Examples
    --------
    >>> fonts()[0]
    'DejaVu Sans'
    """
    if lang not in ("en", "zh"):
        raise InputError(f"lang={lang!r} is unknown.", allowed='"en", "zh"')
    chinese = _chinese_font()
    if lang == "zh" and chinese is None:
        raise OutputError(
            'lang="zh" needs a Chinese font, and none was found.',
            allowed=", ".join(_CJK),
            fix="install one (Debian, Ubuntu: fonts-noto-cjk) and start Python again",
        )
    return ["DejaVu Sans", *([chinese] if chinese else [])]


@cache
def _chinese_font() -> str | None:
    for _ in range(2):
        known = {f.name for f in font_manager.fontManager.ttflist}
        for name in _CJK:
            if name in known:
                return name
        # fonts installed after matplotlib wrote its list of fonts
        for file in font_manager.findSystemFonts():
            if any(key in Path(file).name for key in ("CJK", "SourceHanSans", "wqy", "msyh", "simhei", "PingFang")):
                font_manager.fontManager.addfont(file)
    return None


def _render(figure: Figure, suffix: str, dpi: int) -> bytes:
    """The bytes of a figure, without dates and version marks."""
    metadata = {
        ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
        ".svg": {"Date": None, "Creator": None},
        ".png": {"Software": None},
    }[suffix]
    out = io.BytesIO()
    with warnings.catch_warnings(), matplotlib.rc_context(_STYLE):
        warnings.filterwarnings("error", message="Glyph .* missing")
        warnings.filterwarnings("error", message="constrained_layout not applied")
        try:
            figure.savefig(out, format=suffix[1:], dpi=dpi, metadata=metadata)
        except UserWarning as warning:
            raise _not_drawn(figure, str(warning)) from None
    return out.getvalue()


def _not_drawn(figure: Figure, warning: str) -> OutputError:
    """The error for what matplotlib only warns of: a character without a glyph, a page without room."""
    code = re.match(r"Glyph (\d+)", warning)
    if code:
        character = chr(int(code[1]))
        return OutputError(
            f"The character {character!r} (U+{ord(character):04X}) has no glyph in the installed fonts: {warning}",
            fix="install a font that has it (Chinese on Debian, Ubuntu: fonts-noto-cjk), or change the label",
        )
    wide, tall = figure.get_size_inches()
    return OutputError(
        f"Labels leave no room for the figure at {wide:.1f} by {tall:.1f} inches.",
        fix='make it wider (width="two"), or its labels shorter',
    )
