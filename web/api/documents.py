"""`/documents`: scans and results by their hash; uploaded while a form is filled in, read by who may read the case."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from domain.terms import Role
from papers.joined import JoinedPages, joined
from storage.cases.document_rights import right_to_read
from storage.cases.result_release import is_withheld
from storage.documents.accesses import accesses_of_case, note_access
from storage.documents.store import MAX_BYTES, Admitted
from storage.documents.uploads import check_quota, held_by, note_upload
from storage.people.users import LoggedIn
from web.answers.bodies import file_body_of, file_of
from web.answers.documents import Readings, Uploaded
from web.foundation.auditing import about
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable, problem
from web.foundation.request_schemas import RequestSchema
from web.security.session import CaseReader, Joiner, Overseer, Uploader
from web.views.cases import find_case
from web.views.sentences import Refused, refusal

router = APIRouter(prefix="/api/v1", tags=["文件"])
_one_by_one = CapacityLimiter(1)  # memory holds one document being sealed, and one set of pages being joined
_looked_at = CapacityLimiter(8)  # a scanner that is slow must not stop those whose file it has seen
_joins = CapacityLimiter(1)

_ANY_FILE = "application/octet-stream"
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The document under its own media type", **file_of(_ANY_FILE)}
}
_POST = (Role.OUTLET, Role.COURIER)
_PROOFS_WAIT = timedelta(days=30)
"""A device may tell its scans weeks after it has sent their photos (storage/parcels/loose_scans.py)."""

_IMAGES = ("image/jpeg", "image/png")
_SHOWN = {
    "image/jpeg": "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
    "image/png": "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
    # In a sandbox browsers refuse to show a PDF at all; their viewer runs nothing of ours.
    "application/pdf": "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
"""Media type → the policy under which a browser shows it; what is not here is only handed over."""

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
CaseNo = Annotated[str | None, Query(alias="caseNo", pattern=r"^[0-9A-Z]{21}$")]
Page = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class JoinRequest(RequestSchema):
    """`POST /documents:join`. `pages`: JPEG and PNG images that the caller has uploaded, in the order of the pages."""

    pages: list[Page] = Field(min_length=1, max_length=60)


@router.put(
    "/documents/{sha256}",
    operation_id="putDocument",
    status_code=201,
    response_class=Response,
    responses={200: {"description": "Kept already"}},
    openapi_extra=file_body_of(_ANY_FILE),
)
async def put(sha256: Sha256, request: Request, person: Uploader, ctx: Ctx) -> Response:
    """Store one document under the SHA-256 of its bytes; again is harmless (200). Its first bytes say its type.

    Refused: 409 DOCUMENT_QUOTA; 413 DOCUMENT_TOO_LARGE (20 MB); 422 DOCUMENT_HASH, DOCUMENT_TYPE, DOCUMENT_INFECTED;
    503 SCANNER_AWAY, DOCUMENTS_AWAY.
    """
    data = await _body(request)
    if data is None:
        return _too_large()
    fresh, _ = await _uploaded(ctx, person, data, sha256)
    return Response(status_code=201 if fresh else 200)


@router.post(
    "/documents",
    operation_id="uploadDocument",
    status_code=201,
    response_model=Uploaded,
    openapi_extra=file_body_of(_ANY_FILE),
)
async def upload(request: Request, person: Uploader, ctx: Ctx) -> Response:
    """Store one document, for a caller that does not know its SHA-256; again is harmless.

    Refused: 409 DOCUMENT_QUOTA; 413 DOCUMENT_TOO_LARGE (20 MB); 422 DOCUMENT_TYPE, DOCUMENT_INFECTED;
    503 SCANNER_AWAY, DOCUMENTS_AWAY.
    """
    data = await _body(request)
    if data is None:
        return _too_large()
    _, answer = await _uploaded(ctx, person, data)
    return JSONResponse(answer, 201)


@router.post("/documents:join", operation_id="joinDocuments", status_code=201, response_model=Uploaded)
async def join(wanted: JoinRequest, joiner: Joiner, ctx: Ctx) -> dict[str, Any]:
    """One PDF of several images, upright as they were taken, a page each.

    Refused: 409 DOCUMENT_QUOTA; 422 DOCUMENT_UNKNOWN (not uploaded by the caller), DOCUMENT_NOT_IMAGE,
    DOCUMENT_TOO_LARGE; 503 SCANNER_AWAY, DOCUMENTS_AWAY.
    """
    made = await anyio.to_thread.run_sync(_joined, ctx, joiner.username, wanted.pages, limiter=_joins)
    _, answer = await _uploaded(ctx, joiner, made.pdf)
    return answer | {"pages": made.count}


def _joined(ctx: Context, joiner: str, pages: list[str]) -> JoinedPages:
    with ctx.database.write() as session:
        held = held_by(session, pages, joiner, ctx.now())
        if not held.issuperset(pages):
            raise Unprocessable("有一页还没有上传，请重新选择", code="DOCUMENT_UNKNOWN", field="pages")
        types = {ctx.documents.find(session, sha256).media_type for sha256 in held}
    if not types <= set(_IMAGES):
        raise Unprocessable("只有 JPEG 和 PNG 图片可以合成一个 PDF", code="DOCUMENT_NOT_IMAGE", field="pages")
    return joined(ctx.documents.read(sha256) for sha256 in pages)


async def _body(request: Request) -> bytes | None:
    """The whole body; None where it is too large, which is not read on."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            return None
    return bytes(data)


def _too_large() -> Response:
    return problem(413, "文件超过 20 MB", code="DOCUMENT_TOO_LARGE")


async def _uploaded(
    ctx: Context, person: LoggedIn, data: bytes, sha256: str | None = None
) -> tuple[bool, dict[str, Any]]:
    """Whether it is new, and the answer."""
    admitted = await anyio.to_thread.run_sync(ctx.documents.admit, data, sha256, limiter=_looked_at)
    return await anyio.to_thread.run_sync(_kept, ctx, person, admitted, limiter=_one_by_one)


def _kept(ctx: Context, person: LoggedIn, admitted: Admitted) -> tuple[bool, dict[str, Any]]:
    now = ctx.now()
    with ctx.database.write() as session:
        quota_bytes = ctx.settings.documents.quota_mb * 1024**2
        check_quota(session, person.username, admitted.sha256, len(admitted.data), quota_bytes)
        fresh = ctx.documents.put(session, admitted, now)
        until = note_upload(
            session, admitted.sha256, person.username, now=now, expires_at=now + _kept_waiting(ctx, person)
        )
        about(admitted.sha256)
    return fresh, _answer(admitted, until)


def _kept_waiting(ctx: Context, person: LoggedIn) -> timedelta:
    return _PROOFS_WAIT if person.role in _POST else timedelta(hours=ctx.settings.documents.draft_hours)


def _answer(admitted: Admitted, until: datetime | None) -> dict[str, Any]:
    return {
        "sha256": admitted.sha256,
        "mediaType": admitted.media_type,
        "size": len(admitted.data),
        "pages": 1 if admitted.media_type in _IMAGES else None,
        "expiresAt": until.isoformat() if until else None,
    }


@router.get("/documents/{sha256}", operation_id="getDocument", response_class=Response, responses=_FILE)
def get(sha256: Sha256, reader: CaseReader, ctx: Ctx, caseNo: CaseNo = None, view: bool = False) -> Response:
    """The document, for who works on its case, or has uploaded it for one; each reading is recorded.

    `caseNo`: the case by whose right it is read; the auditor names one. `view`: a browser shows a picture or a PDF and
    runs nothing of it; without, and of other types, it is an attachment. Refused: 404 DOCUMENT_UNKNOWN; 409
    DEFERRED_OPEN for a result that is withheld until what is owed has come (容缺); 503 DOCUMENTS_AWAY.
    """
    with ctx.database.write() as session:
        right = right_to_read(session, sha256, reader, caseNo)
        if is_withheld(session, sha256):
            raise refusal(Refused.DEFERRED_OPEN)
        media_type = ctx.documents.find(session, sha256).media_type
        note_access(
            session, sha256, reader=reader.username, purpose=right.purpose, case_no=right.case_no, now=ctx.now()
        )
    policy = _SHOWN.get(media_type) if view else None
    how = "inline" if policy else "attachment"
    headers = {"Content-Disposition": f'{how}; filename="{sha256}"', "X-Content-Type-Options": "nosniff"}
    if policy:
        headers["Content-Security-Policy"] = policy
    return Response(ctx.documents.read(sha256), media_type=media_type, headers=headers)


@router.get("/cases/{case_no}/readings", operation_id="listReadings", response_model=Readings, tags=["办件"])
def readings(case_no: str, _overseer: Overseer, ctx: Ctx) -> dict[str, Any]:
    """Who has read the documents of a case, when and as what (查阅留痕). Refused: 404 CASE_UNKNOWN."""
    with ctx.database.read() as session:
        find_case(session, case_no)
        lines = accesses_of_case(session, case_no)
    shown = [
        {"sha256": each.sha256, "reader": each.reader, "purpose": each.purpose, "at": each.at.isoformat()}
        for each in lines
    ]
    return {"readings": shown}
