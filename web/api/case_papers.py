"""Papers of a case at the window: counted when they are brought later, or once more."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import Field

from domain.errors import Conflict, NotFound
from domain.messages import PapersCounted
from domain.naming import CaseUpdate, case_workflow_id
from logistics.holders import HolderKind
from parcels.paper_differences import count_one
from parcels.paper_lists import goes_back
from storage.cases.rows import add_event
from storage.parcels.papers import PaperRow
from storage.pending_updates import is_queued, queue_update
from web.answers.case_papers import PaperTaken
from web.foundation.context import Ctx
from web.foundation.request_schemas import RequestSchema
from web.security.session import Clerk
from web.views.cases import find_case

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

_UNDER_WAY = frozenset({HolderKind.COURIER, HolderKind.OUTLET, HolderKind.CARRIER})


class CountRequest(RequestSchema):
    """`POST /cases/{caseNo}/passports/{paperNo}/counts`. `counted`: pieces that are in the window's hands now."""

    counted: int = Field(ge=0, le=99)


@router.post(
    "/{case_no}/passports/{paper_no}/counts", status_code=202, operation_id="countPaper", response_model=PaperTaken
)
def count_paper(
    case_no: str,
    paper_no: str,
    given: CountRequest,
    clerk: Clerk,
    ctx: Ctx,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=64)],
) -> dict[str, Any]:
    """A paper has been counted at the window (清点): its count and place follow, and a case that waits for it goes on.

    Again with the same key: no second effect. Refused: 404 CASE_UNKNOWN, PAPER_UNKNOWN; 409 PAPER_UNDER_WAY.
    """
    now = ctx.now()
    with ctx.database.write() as session:
        case = find_case(session, case_no)
        paper = session.get(PaperRow, paper_no, with_for_update=True)
        if paper is None or paper.case_no != case.case_no:
            raise NotFound("这个办件没有这份材料", code="PAPER_UNKNOWN")
        update_id = f"{paper_no}-counted-{key}"
        if not is_queued(session, update_id):
            if paper.place in _UNDER_WAY:
                raise Conflict("这份材料还在寄递途中，到大厅后再清点", code="PAPER_UNDER_WAY")
            count_one(session, paper, given.counted, by=clerk.username, key=key, now=now)
            add_event(
                session,
                case_no=case_no,
                key=f"count/{key}",
                kind="PAPER_COUNTED",
                at=now,
                now=now,
                actor=clerk.username,
                data={"paperNo": paper_no, "said": paper.count, "counted": given.counted},
            )
            queue_update(
                session,
                update_id=update_id,
                workflow_id=case_workflow_id(case_no),
                name=CaseUpdate.PAPERS_COUNTED,
                argument=PapersCounted(paper_no=paper_no, papers_kept=_is_kept(paper)),
                now=now,
            )
        answer = {"paperNo": paper_no, "said": paper.count, "counted": paper.there, "differs": paper.differs}
    ctx.notify()
    return answer


def _is_kept(paper: PaperRow) -> bool:
    """Whether it lies in our hall until it is handed over."""
    return paper.there > 0 and paper.place == HolderKind.HALL and goes_back(paper)
