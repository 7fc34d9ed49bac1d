"""`/documents/{sha256}/pages`: documents page by page as pictures, for looking at them beside a decision."""

import threading
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from papers.viewing import Picture, picture_of, sheets_of
from storage.cases.document_rights import right_to_read
from storage.cases.result_release import is_withheld
from storage.documents.accesses import is_reading, note_access
from storage.people.users import LoggedIn
from web.answers.bodies import file_of
from web.answers.documents import DocumentPages
from web.api.documents import CaseNo, Sha256
from web.foundation.context import Context, Ctx
from web.foundation.picture_cache import PictureCache
from web.security.session import CaseReader
from web.views.sentences import Refused, refusal

router = APIRouter(prefix="/api/v1/documents", tags=["文件"])

_ONE_READING = timedelta(minutes=10)
"""Pages that somebody turns within this time are one reading."""
_drawing = threading.BoundedSemaphore(2)  # each may take a core and much memory
_pictures = PictureCache(64 * 1024**2)
_SHOWN = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"

PageNo = Annotated[int, Path(ge=1, le=9999)]
Width = Annotated[int, Query(ge=200, le=2000, description="pixels")]


@router.get("/{sha256}/pages", operation_id="listDocumentPages", response_model=DocumentPages)
def pages(sha256: Sha256, reader: CaseReader, ctx: Ctx, caseNo: CaseNo = None) -> dict[str, Any]:
    """How many pages the document has; the reading is recorded.

    `note`: what of it is not shown. Refused: as `getDocument`; 422 DOCUMENT_UNREADABLE.
    """
    media_type = _granted(ctx, sha256, reader, caseNo)
    with _drawing:
        sheets = sheets_of(ctx.documents.read(sha256), media_type)
    return {"sha256": sha256, "mediaType": media_type, "pages": sheets.pages, "note": sheets.note}


@router.get(
    "/{sha256}/pages/{page}",
    operation_id="getDocumentPage",
    response_class=Response,
    responses={200: {"description": "The page", **file_of("image/png", "image/jpeg", "image/svg+xml")}},
)
def picture(
    sha256: Sha256, page: PageNo, reader: CaseReader, ctx: Ctx, caseNo: CaseNo = None, width: Width = 1200
) -> Response:
    """One page as a picture; of an OFD as SVG, which is to be shown as an image. The reading is recorded.

    Refused: as `getDocument`; 404 PAGE_UNKNOWN; 422 DOCUMENT_UNREADABLE.
    """
    media_type = _granted(ctx, sha256, reader, caseNo)
    made = _pictures.of((sha256, page, width), lambda: _drawn(ctx, sha256, media_type, page, width))
    return Response(made.data, media_type=made.media_type, headers={"Content-Security-Policy": _SHOWN})


def _drawn(ctx: Context, sha256: str, media_type: str, page: int, width: int) -> Picture:
    with _drawing:
        return picture_of(ctx.documents.read(sha256), media_type, page, width)


def _granted(ctx: Context, sha256: str, reader: LoggedIn, case_no: str | None) -> str:
    """The document's media type, once the reader's right is looked up and the reading is on record."""
    now = ctx.now()
    with ctx.database.read() as session:
        right = right_to_read(session, sha256, reader, case_no)
        if is_withheld(session, sha256):
            raise refusal(Refused.DEFERRED_OPEN)
        media_type = ctx.documents.find(session, sha256).media_type
        since = now - _ONE_READING
        recorded = is_reading(session, sha256, reader=reader.username, since=since, case_no=right.case_no)
    if not recorded:
        with ctx.database.write() as session:
            note_access(session, sha256, reader=reader.username, purpose=right.purpose, case_no=right.case_no, now=now)
    return media_type
