"""Several pictures of a paper as one PDF: a page each, upright, and small enough to be sent."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PIL import Image, ImageOps

from domain.errors import BadInput

_LONGEST_SIDE = 2400
"""Pixels; a page of A4 at 200 dots per inch, at which seals and small print stay readable."""
_MOST_PIXELS = 80_000_000  # a phone's largest picture; more is a bomb that would fill the memory
_QUALITY = 82
_DOTS_PER_INCH = 200.0


@dataclass(frozen=True)
class JoinedPages:
    """`count`: pages of the PDF."""

    pdf: bytes
    count: int


def joined(pictures: Iterable[bytes]) -> JoinedPages:
    """The PDF of JPEG and PNG pictures, at least one, in their order; each turned as its camera says (EXIF).

    Raises:
        BadInput: one is not readable as a picture, or larger than any camera makes (`DOCUMENT_NOT_IMAGE`).
    """
    pages = [_small(page) for page in _pages(pictures)]
    first, *others = (Image.open(io.BytesIO(page)) for page in pages)
    into = io.BytesIO()
    first.save(into, "PDF", save_all=True, append_images=others, resolution=_DOTS_PER_INCH, quality=_QUALITY)
    return JoinedPages(into.getvalue(), len(pages))


def _pages(pictures: Iterable[bytes]) -> Iterator[Image.Image]:
    for place, picture in enumerate(pictures, 1):
        try:
            with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG")) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    raise _unreadable(place)
                opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # a large JPEG is read small at once
                yield ImageOps.exif_transpose(opened)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
            raise _unreadable(place) from fault


def _small(page: Image.Image) -> bytes:
    """As a JPEG on white; one page at a time lies unpacked in memory."""
    page.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    if page.has_transparency_data:
        see_through = page.convert("RGBA")
        page = Image.new("RGB", page.size, "white")
        page.paste(see_through, mask=see_through)
    into = io.BytesIO()
    page.convert("RGB").save(into, "JPEG", quality=_QUALITY, optimize=True)
    return into.getvalue()


def _unreadable(place: int) -> BadInput:
    return BadInput(f"第 {place} 页不是可以读取的图片，请重新拍照或扫描", code="DOCUMENT_NOT_IMAGE", field="pages")
