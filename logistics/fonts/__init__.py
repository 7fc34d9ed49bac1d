"""The Chinese font of every label and paper (字体): contained here, embedded in each PDF.

Noto Sans SC Regular 2.004 under the SIL Open Font License 1.1 (OFL.txt), cut down: no hinting, no layout tables.
Kept are GBK, all CJK unified ideographs, the rare characters of 通用规范汉字表 and every supplementary ideograph
that the font has: 22,346 characters, traditional ones for residents of Hong Kong, Macau and Taiwan among them,
because a person's name must never print as a box.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT_NAME = "KuayuSans"
"""The name to give to reportlab's setFont after `register()`."""

FONT_PATH = Path(__file__).parent / "NotoSansSC-Regular.ttf"
"""For Pillow and others that load a TrueType file."""


class _Font(TTFont):  # type: ignore[misc]  # reportlab has no types
    """reportlab writes a character beyond the first plane into the text map as five digits, which readers cut to four:
    a name copied from a paper would be another name. ISO 32000-1, 9.10.3 wants UTF-16BE."""

    def addObjects(self, doc: Any) -> None:  # reportlab's name
        super().addObjects(doc)
        for name, stream in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                stream.content = re.sub(r"<([0-9A-F]{5,6})>", _utf16, stream.content)


def _utf16(found: re.Match[str]) -> str:
    return f"<{chr(int(found[1], 16)).encode('utf-16-be').hex().upper()}>"


@cache
def register() -> str:
    """Make the font known to reportlab, once per process; returns its name. Embedded as a subset in each PDF."""
    pdfmetrics.registerFont(_Font(FONT_NAME, str(FONT_PATH)))
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
