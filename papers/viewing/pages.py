"""One way in for all kinds of documents: how many pages there are, and one of them as a picture."""

import io

from PIL import Image, ImageOps

from domain.model import Frozen
from papers.viewing import ofd, pdf
from papers.viewing.faults import no_such_page, unreadable

WIDTHS_PX = (200, 2000)
"""The narrowest and the widest picture that is made."""
_MOST_PIXELS = 80_000_000
_LONGEST_SIDE_PX = 6_000


class Sheets(Frozen):
    """`pages`: how many. `note`: what of the document is not shown, a sentence for people, or ""."""

    pages: int
    note: str = ""


class Picture(Frozen):
    """One page. `media_type`: image/png, image/jpeg or image/svg+xml."""

    data: bytes
    media_type: str


def sheets_of(data: bytes, media_type: str) -> Sheets:
    """How many pages a document has.

    Raises:
        BadInput: it cannot be shown (`DOCUMENT_UNREADABLE`).
    """
    if media_type == "application/pdf":
        return Sheets(pages=pdf.count(data))
    if media_type == "application/ofd":
        with ofd.opened(data) as document:
            return Sheets(pages=len(document.pages), note=document.note)
    if media_type in ("image/jpeg", "image/png"):
        return Sheets(pages=1)
    raise unreadable()


def picture_of(data: bytes, media_type: str, page: int, width_px: int) -> Picture:
    """Page `page`, from 1, about `width_px` wide; a photograph upright as its camera says.

    Raises:
        NotFound: there is no such page (`PAGE_UNKNOWN`).
        BadInput: it cannot be shown (`DOCUMENT_UNREADABLE`).
    """
    width = min(max(width_px, WIDTHS_PX[0]), WIDTHS_PX[1])
    if media_type == "application/pdf":
        return Picture(data=pdf.page(data, page, width), media_type="image/png")
    if media_type == "application/ofd":
        with ofd.opened(data) as document:
            return Picture(data=document.drawn(page), media_type="image/svg+xml")
    if media_type not in ("image/jpeg", "image/png"):
        raise unreadable()
    if page != 1:
        raise no_such_page()
    return _photograph(data, media_type, width)


def _photograph(data: bytes, media_type: str, width: int) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as found:
            if found.width * found.height > _MOST_PIXELS:
                raise unreadable()
            found.draft("RGB", (width, _LONGEST_SIDE_PX))  # a large JPEG is read small at once
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((width, _LONGEST_SIDE_PX))
            into = io.BytesIO()
            if media_type == "image/png":
                upright.save(into, "PNG")
            else:
                upright.convert("RGB").save(into, "JPEG", quality=85)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
        raise unreadable() from fault
    return Picture(data=into.getvalue(), media_type=media_type)
