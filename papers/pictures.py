"""The sheets of a paper as pictures, for a page that prints them by itself: no viewer has to be in the browser."""

import threading
from io import BytesIO
from typing import Final

import pypdfium2

DPI: Final = 406
"""Twice a roll printer (203 dpi): its bars stay whole dots, and small letters are clear on a laser printer."""
_ONE_AT_A_TIME = threading.Lock()  # the library keeps state of its own


def sheets_of(pdf: bytes) -> int:
    """How many sheets a PDF has."""
    with _ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return len(document)
        finally:
            document.close()


def picture_of(pdf: bytes, sheet: int) -> bytes:
    """One sheet as the bytes of a PNG in grey; `sheet` counts from 0.

    Raises:
        IndexError: there is no such sheet.
    """
    with _ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(pdf)
        try:
            if not 0 <= sheet < len(document):
                raise IndexError(sheet)
            drawn = document[sheet].render(scale=DPI / 72, grayscale=True).to_pil()
        finally:
            document.close()
    out = BytesIO()
    drawn.save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()
