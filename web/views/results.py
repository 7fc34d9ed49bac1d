"""Electronic results (电子结果): which of a case there are to fetch, and the file as it is given out."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from fastapi.responses import Response
from sqlalchemy.orm import Session

from domain.errors import NotFound
from storage.cases.deferred_materials import still_owed
from storage.cases.electronic_results import available_since, file_of
from storage.cases.rows import HandlingRow, handlings_of
from storage.documents.store import DocumentRow
from web.foundation.context import Context
from web.views.sentences import Refused, refusal

_ENDINGS: Final = {
    "application/pdf": "pdf",
    "application/ofd": "ofd",
    "image/jpeg": "jpg",
    "image/png": "png",
}


def results_shown(session: Session, handlings: Sequence[HandlingRow], *, withheld: bool) -> list[dict[str, Any]]:
    """The electronic results that lie here, as JSON, one per handling at most; none while they are `withheld`."""
    shown = []
    for handling in handlings if not withheld else ():
        kept = session.get(DocumentRow, file_of(handling) or "")
        if kept is not None:
            since = available_since(session, handling)
            shown.append(
                {
                    "handlingNo": handling.handling_no,
                    "name": (handling.result or {}).get("name") or "办理结果",
                    "mediaType": kept.media_type,
                    "size": kept.size,
                    "availableAt": since.isoformat() if since is not None else None,
                }
            )
    return shown


def results_of(session: Session, case_no: str) -> list[dict[str, Any]]:
    """`results_shown` of a case, as the hall may read them now."""
    return results_shown(session, handlings_of(session, case_no), withheld=bool(still_owed(session, case_no)))


def no_result() -> NotFound:
    """The error for a result that there is not, or not yet (`RESULT_UNKNOWN`)."""
    return NotFound("还没有可以领取的电子结果", code="RESULT_UNKNOWN")


class ResultFile(NamedTuple):
    """A result that may be given out; `name`: of the file, for who saves it."""

    sha256: str
    media_type: str
    name: str


def result_file(session: Session, handling: HandlingRow) -> ResultFile:
    """What a handling's result gives out now.

    Raises:
        NotFound: there is none, or it is not here yet (`RESULT_UNKNOWN`).
        Conflict: it is withheld until what is owed has come (`DEFERRED_OPEN`).
    """
    sha256 = file_of(handling)
    kept = session.get(DocumentRow, sha256) if sha256 is not None else None
    if sha256 is None or kept is None:
        raise no_result()
    if still_owed(session, handling.case_no):
        raise refusal(Refused.DEFERRED_OPEN)
    return ResultFile(sha256, kept.media_type, f"{handling.handling_no}.{_ENDINGS.get(kept.media_type, 'bin')}")


def handed(ctx: Context, file: ResultFile) -> Response:
    """The file as an attachment that no browser runs; read outside of any transaction.

    Raises:
        NotFound: the store has lost it (`DOCUMENT_LOST`).
        ServiceUnavailable: the store is away (`DOCUMENTS_AWAY`).
    """
    headers = {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(ctx.documents.read(file.sha256), media_type=file.media_type, headers=headers)
