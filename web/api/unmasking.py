"""`POST /cases/{case_no}/unmask` (查看明文): name, numbers or address of a person, to who has the case."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from sqlalchemy.orm import Session

from domain.dossier import Dossier
from domain.personal import UnmaskField, UnmaskReason, looks_personal
from domain.terms import Role
from storage.cases.rows import CaseRow, handlings_of, read_dossier
from storage.people.users import LoggedIn
from storage.personal.unmaskings import note_unmasking
from web.answers.personal import Unmasked
from web.foundation.auditing import about, because
from web.foundation.context import Ctx
from web.foundation.problems import Forbidden, Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.session import only
from web.security.unmasking import looking
from web.views.cases import find_case
from web.views.erased import refuse_erased

router = APIRouter(prefix="/api/v1", tags=["个人信息"])

SHOWN_S: Final = 60
LOOKERS: Final = (Role.CLERK, Role.OFFICER)
Looker = Annotated[LoggedIn, Depends(only(*LOOKERS))]


class UnmaskRequest(RequestSchema):
    """`fields`: what is to be shown. `words`: beside the reason, needed for OTHER; nothing of a person in it."""

    fields: Annotated[list[UnmaskField], Field(min_length=1, max_length=len(UnmaskField))]
    reason: UnmaskReason
    words: str = Field(default="", max_length=200)


@router.post("/cases/{case_no}/unmask", operation_id="unmask", response_model=Unmasked)
def unmask(case_no: str, wanted: UnmaskRequest, person: Looker, ctx: Ctx, response: Response) -> dict[str, Any]:
    """Values in clear, to the clerk who looks after the case and the officer who has it; each look is written down.

    Refused: 403 NOT_YOURS; 404 CASE_UNKNOWN; 410 PERSONAL_ERASED; 422 REASON, REASON_PERSONAL; 429 UNMASK_LIMIT.
    """
    words = wanted.words.strip()
    if wanted.reason is UnmaskReason.OTHER and len(words) < 2:
        raise Unprocessable("请说明为什么查看", code="REASON", field="words")
    if looks_personal(words):
        raise Unprocessable("说明里请不要写证件号码、电话等个人信息", code="REASON_PERSONAL", field="words")
    fields = list(dict.fromkeys(wanted.fields))
    with looking(ctx, person) as session:
        case = find_case(session, case_no)
        if not may_unmask(session, case, person):
            raise Forbidden("只有这个办件的经办人可以查看明文", code="NOT_YOURS")
        dossier = read_dossier(case, ctx.sealer)
        refuse_erased(dossier)
        note_unmasking(
            session,
            ctx.sealer,
            case_no,
            fields,
            wanted.reason,
            words,
            by=person.username,
            role=person.role,
            now=ctx.now(),
        )
        about(" ".join(fields))
        because(wanted.reason)
    response.headers["Cache-Control"] = "no-store"
    return {"caseNo": case_no, "seconds": SHOWN_S, "values": list(_values(dossier, fields))}


def may_unmask(session: Session, case: CaseRow, person: LoggedIn) -> bool:
    """Whether the case is this person's: the clerk's who registered or keeps it, the officer's who has a handling."""
    if person.role is Role.CLERK:
        return person.username in (case.clerk, case.keeper)
    if person.role is Role.OFFICER:
        return any(handling.held_by == person.username for handling in handlings_of(session, case.case_no))
    return False


def _values(dossier: Dossier, fields: list[UnmaskField]) -> Iterator[dict[str, Any]]:
    who = dossier.applicant
    own = {UnmaskField.NAME: who.name, UnmaskField.ID_NUMBER: who.id_number, UnmaskField.PHONE: who.phone}
    doors = {"取件联系人": dossier.pickup, "收件联系人": dossier.delivery}
    for field in fields:
        if field is UnmaskField.ADDRESS:
            said = [(whose, door.address) for whose, door in doors.items() if door is not None]
        else:
            said = [("申请人", own[field])]
        yield from ({"field": field, "label": field.label, "whose": whose, "value": value} for whose, value in said)
