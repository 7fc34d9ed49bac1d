"""The Chinese font of every label and paper (字体): contained here, embedded in each PDF.

Noto Sans SC Regular 2.004 under the SIL Open Font License 1.1 (OFL.txt), cut down: no hinting, no layout tables.
Kept are GBK, all CJK unified ideographs, the rare characters of 通用规范汉字表 and every supplementary ideograph
that the font has: 22,346 characters, traditional ones for residents of Hong Kong, Macau and Taiwan among them,
because a person's name must never print as a box.
"""

from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT_NAME = "KuayuSans"
"""The name to give to reportlab's setFont after `register()`."""

FONT_PATH = Path(__file__).parent / "NotoSansSC-Regular.ttf"
"""For Pillow and others that load a TrueType file."""


@cache
def register() -> str:
    """Make the font known to reportlab, once per process; returns its name. Embedded as a subset in each PDF."""
    pdfmetrics.registerFont(TTFont(FONT_NAME, str(FONT_PATH)))
    return FONT_NAME


def width(text: str, size: float) -> float:
    """How wide the text is at that size, in the size's unit."""
    return float(pdfmetrics.stringWidth(text, register(), size))


def missing(text: str) -> str:
    """The characters of a text that the font can't draw, each once, in order; "" when all are there."""
    known = _characters()
    return "".join(dict.fromkeys(char for char in text if ord(char) not in known and not char.isspace()))


@cache
def _characters() -> frozenset[int]:
    font = pdfmetrics.getFont(register())
    return frozenset(font.face.charToGlyph)
