"""Pictures as a scanner or a phone makes them, for tests of what is uploaded."""

import io

from PIL import Image

_ORIENTATION = 0x0112
TURNED_LEFT = 6
"""EXIF: the camera was held upright; whoever shows it turns it a quarter."""


def picture(width=40, height=30, colour="red", kind="JPEG", orientation=None) -> bytes:
    made = Image.new("RGBA" if kind == "PNG" else "RGB", (width, height), colour)
    exif = Image.Exif()
    if orientation is not None:
        exif[_ORIENTATION] = orientation
    into = io.BytesIO()
    made.save(into, kind, exif=exif)
    return into.getvalue()


def bomb(height: int) -> bytes:
    """A small file of 10,000 pixels by `height`."""
    into = io.BytesIO()
    Image.new("1", (10_000, height)).save(into, "PNG")
    return into.getvalue()
