"""`/documents/{sha256}`: scans and results, content-addressed."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from storage.documents import MAX_BYTES
from storage.release import is_withheld
from web.context import Ctx
from web.problems import problem
from web.sentences import Refused, refusal
from web.session import Anybody, CaseReader

router = APIRouter(prefix="/api/v1/documents", tags=["文件"])

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.put("/{sha256}", operation_id="putDocument", status_code=201)
async def put(sha256: Sha256, request: Request, _anybody: Anybody, ctx: Ctx) -> Response:
    """Store one document; again is harmless (200). The type is told by the content."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            return problem(413, "文件超过 20 MB", code="DOCUMENT_TOO_LARGE")
    with ctx.database.write() as session:
        fresh = ctx.documents.put(session, sha256, bytes(data), ctx.now())
    return Response(status_code=201 if fresh else 200)


@router.get("/{sha256}", operation_id="getDocument")
def get(sha256: Sha256, _reader: CaseReader, ctx: Ctx) -> Response:
    """The document as an attachment; a browser never runs it. A result that is withheld (容缺) is nobody's yet."""
    with ctx.database.read() as session:
        if is_withheld(session, sha256):
            raise refusal(Refused.DEFERRED_OPEN)
        data, media_type = ctx.documents.get(session, sha256)
    headers = {"Content-Disposition": f'attachment; filename="{sha256}"', "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=media_type, headers=headers)
