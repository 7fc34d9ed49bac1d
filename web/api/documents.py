"""`/documents/{sha256}`: scans and results, content-addressed."""

from typing import Annotated, Any

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Path, Request, Response

from storage.cases.result_release import is_withheld
from storage.documents.accesses import Purpose, note_access
from storage.documents.store import MAX_BYTES
from web.answers.bodies import file_body_of, file_of
from web.foundation.context import Context, Ctx
from web.foundation.problems import problem
from web.security.session import Anybody, CaseReader
from web.views.sentences import Refused, refusal

router = APIRouter(prefix="/api/v1/documents", tags=["文件"])
_one_by_one = CapacityLimiter(1)  # the same document twice at once becomes one row, and memory holds one being sealed

_ANY_FILE = "application/octet-stream"
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The document under its own media type", **file_of(_ANY_FILE)}
}

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.put(
    "/{sha256}",
    operation_id="putDocument",
    status_code=201,
    response_class=Response,
    responses={200: {"description": "Kept already"}},
    openapi_extra=file_body_of(_ANY_FILE),
)
async def put(sha256: Sha256, request: Request, _anybody: Anybody, ctx: Ctx) -> Response:
    """Store one document under the SHA-256 of its bytes; again is harmless (200). Its first bytes say its type.

    Refused: 413 DOCUMENT_TOO_LARGE (20 MB); 422 DOCUMENT_HASH, DOCUMENT_TYPE.
    """
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            return problem(413, "文件超过 20 MB", code="DOCUMENT_TOO_LARGE")
    fresh = await anyio.to_thread.run_sync(_kept, ctx, sha256, bytes(data), limiter=_one_by_one)
    return Response(status_code=201 if fresh else 200)


def _kept(ctx: Context, sha256: str, data: bytes) -> bool:
    with ctx.database.write() as session:
        return ctx.documents.put(session, sha256, data, ctx.now())


@router.get("/{sha256}", operation_id="getDocument", response_class=Response, responses=_FILE)
def get(sha256: Sha256, reader: CaseReader, ctx: Ctx) -> Response:
    """The document as an attachment; a browser never runs it. Each reading is recorded.

    Refused: 404 DOCUMENT_UNKNOWN; 409 DEFERRED_OPEN for a result that is withheld until what is owed has come (容缺).
    """
    with ctx.database.write() as session:
        if is_withheld(session, sha256):
            raise refusal(Refused.DEFERRED_OPEN)
        data, media_type = ctx.documents.get(session, sha256)
        note_access(session, sha256, reader=reader.username, purpose=Purpose.CASE, now=ctx.now())
    headers = {"Content-Disposition": f'attachment; filename="{sha256}"', "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=media_type, headers=headers)
