"""Acting for the applicant (帮代办): on what, whether it holds today, and who acted in each step.

Without an authorisation (授权委托书 or its like) nobody may act for another (民法典第一百六十五条): a case cannot be
started, brought further or collected that way, and the sentence says what would do.
"""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from catalog.workdays import local_day
from domain.dossier import Authorisation, Dossier
from domain.errors import NotFound
from domain.outbound import Person
from domain.terms import SignerKind
from storage.cases.rows import CaseRow, add_event, read_dossier, write_dossier
from storage.documents.uploads import bind
from web.answers.cases import AgentNamed
from web.api.material_files import check_file
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import AgentRequest
from web.security.session import Clerk
from web.views.agents import agent_id, shown
from web.views.erased import refuse_erased

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

_FIELD = "agent.authorisation"
_NEEDED = "代办需要授权：请提供授权委托书、公证委托书、监护关系证明或单位介绍信，窗口查验原件或上传扫描件。"
_OVER = "代办授权已过期，请申请人本人办理，或重新授权。"


def check_authorisation(
    session: Session,
    agent: AgentRequest | None,
    clerk: str,
    now: datetime,
    case_no: str | None = None,
    *,
    lock: bool = True,
) -> list[str]:
    """Check what an agent rests on; nothing to check without one (民法典第一百六十五条).

    Returns the name of its scan, to be bound to the case; [] without one.

    Raises:
        Unprocessable: nothing that was seen or scanned (`AGENT_UNAUTHORISED`), over (`AUTHORISATION_OVER`), or its
            scan was not uploaded by `clerk` (`DOCUMENT_UNKNOWN`).
    """
    if agent is None:
        return []
    given = agent.authorisation
    if given is None or not (given.original_seen or given.document_sha256):
        raise Unprocessable(_NEEDED, code="AGENT_UNAUTHORISED", field=_FIELD)
    if given.until is not None and given.until < local_day(now):
        raise Unprocessable(_OVER, code="AUTHORISATION_OVER", field=f"{_FIELD}.until")
    field = f"{_FIELD}.documentSha256"
    scan = given.document_sha256
    return check_file(session, scan, "授权材料的扫描件", field, uploader=clerk, now=now, case_no=case_no, lock=lock)


def authorisation_of(agent: AgentRequest | None) -> Authorisation | None:
    """The authorisation as the dossier keeps it; None without agent or authorisation."""
    if agent is None or agent.authorisation is None:
        return None
    return Authorisation(**agent.authorisation.model_dump())


def acting(ctx: Context, dossier: Dossier, *, by_self: bool, now: datetime) -> dict[str, str]:
    """Who takes this step (代办留痕), for the history's `data`: {"agentId": …}, or {} for the applicant in person.

    Raises:
        Unprocessable: the agent has no authorisation (`AGENT_UNAUTHORISED`) that holds today (`AUTHORISATION_OVER`).
    """
    if by_self or dossier.agent is None:
        return {}
    held = dossier.authorisation
    if held is None:
        raise Unprocessable(_NEEDED, code="AGENT_UNAUTHORISED", field=_FIELD)
    if held.until is not None and held.until < local_day(now):
        raise Unprocessable(_OVER, code="AUTHORISATION_OVER", field=f"{_FIELD}.until")
    return {"agentId": agent_id(ctx, dossier.agent)}


def acting_signer(ctx: Context, case: CaseRow, signer: SignerKind) -> dict[str, str]:
    """Who takes the result at the counter, as `acting` gives it: {} for the applicant.

    Raises:
        Unprocessable: an agent, and the case names none or the authorisation does not hold.
    """
    if signer is not SignerKind.AGENT:
        return {}
    acts = acting(ctx, read_dossier(case, ctx.sealer), by_self=False, now=ctx.now())
    if not acts:
        raise Unprocessable(_NEEDED, code="AGENT_UNAUTHORISED", field=_FIELD)
    return acts


@router.put("/{case_no}/agent", operation_id="putAgent", response_model=AgentNamed)
def put_agent(case_no: str, agent: AgentRequest, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """Name an agent (帮代办人), or renew an authorisation, while the case runs.

    Refused: 404 CASE_UNKNOWN; 422 AGENT (the applicant), AGENT_UNAUTHORISED, AUTHORISATION_OVER, DOCUMENT_UNKNOWN;
    410 PERSONAL_ERASED.
    """
    now = ctx.now()
    with ctx.database.write() as session:
        case = session.get(CaseRow, case_no, with_for_update=True)
        if case is None:
            raise NotFound("没有这个办件", code="CASE_UNKNOWN")
        files = check_authorisation(session, agent, clerk.username, now, case_no)
        dossier = read_dossier(case, ctx.sealer)
        refuse_erased(dossier)
        if agent.id_number == dossier.applicant.id_number:
            raise Unprocessable("代办人不能是申请人本人", code="AGENT", field="agent")
        person = Person(**agent.model_dump(include=set(Person.model_fields)))
        changed = dossier.model_copy(update={"agent": person, "authorisation": authorisation_of(agent)})
        write_dossier(case, ctx.sealer, changed)
        bind(session, case_no, files, now)
        add_event(
            session,
            case_no=case_no,
            key=f"agent/{now.isoformat()}",
            kind="AGENT_AUTHORISED",
            at=now,
            now=now,
            actor=clerk.username,
            data={"agentId": agent_id(ctx, agent)},
        )
        return {"caseNo": case_no, "agent": shown(ctx, changed)}
