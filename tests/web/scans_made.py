"""Scans made for tests: a PDF of several pages, each with its number, and a photograph that lies on its side."""

import io

from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas


def pdf(pages: int = 3) -> bytes:
    """Pages of A4, each with a large number and a black square at its upper left."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=A4)
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica", 120)
        canvas.drawString(220, 400, str(number))
        canvas.rect(20, A4[1] - 120, 100, 100, fill=1)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def photograph(*, upright: bool = False) -> bytes:
    """A JPEG 600 wide and 400 high with a red left half; unless `upright`, the camera says that it lies on its side."""
    picture = Image.new("RGB", (600, 400), "white")
    ImageDraw.Draw(picture).rectangle((0, 0, 299, 399), fill=(200, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 1 if upright else 6  # to be turned by 90 degrees clockwise
    made = io.BytesIO()
    picture.save(made, "JPEG", exif=exif)
    return made.getvalue()


def drawing() -> bytes:
    """A PNG 300 wide and 200 high."""
    made = io.BytesIO()
    Image.new("RGB", (300, 200), (0, 90, 0)).save(made, "PNG")
    return made.getvalue()
