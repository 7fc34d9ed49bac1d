"""Acting for the applicant (帮代办): on what, whether it holds today, and who acted in each step.

Without an authorisation (授权委托书 or its like) nobody may act for another (民法典第一百六十五条): a case cannot be
started, brought further or collected that way, and the sentence says what would do.
"""

import hmac
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from catalog.workdays import local_day
from domain.dossier import Authorisation, Dossier
from domain.errors import NotFound
from domain.outbound import Person
from domain.terms import SignerKind
from logistics.masking import mask_name
from runtime.components import agent_key
from storage.cases import CaseRow, add_event, read_dossier, write_dossier
from storage.documents import DocumentRow
from web.context import Context, Ctx
from web.problems import Unprocessable
from web.session import Clerk
from web.shapes import AgentShape, PersonShape

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

_FIELD = "agent.authorisation"
_NEEDED = "代办需要授权：请提供授权委托书、公证委托书、监护关系证明或单位介绍信，窗口查验原件或上传扫描件。"
_OVER = "代办授权已过期，请申请人本人办理，或重新授权。"


def check_authorisation(session: Session, agent: AgentShape | None, now: datetime) -> None:
    """Raises Unprocessable where there is an agent and no authorisation that holds today and was seen."""
    if agent is None:
        return
    given = agent.authorisation
    if given is None or not (given.original_seen or given.document_sha256):
        raise Unprocessable(_NEEDED, code="AGENT_UNAUTHORISED", field=_FIELD)
    if given.until is not None and given.until < local_day(now):
        raise Unprocessable(_OVER, code="AUTHORISATION_OVER", field=f"{_FIELD}.until")
    if given.document_sha256 is not None and session.get(DocumentRow, given.document_sha256) is None:
        raise Unprocessable("授权材料的扫描件还没有上传", code="DOCUMENT_UNKNOWN", field=f"{_FIELD}.documentSha256")


def authorisation_of(agent: AgentShape | None) -> Authorisation | None:
    """What the dossier keeps of it."""
    if agent is None or agent.authorisation is None:
        return None
    return Authorisation(**agent.authorisation.model_dump())


def agent_id(ctx: Context, agent: Person | PersonShape) -> str:
    """The same for one person in every case, and nobody's number: what the history may carry."""
    said = f"{agent.id_type}|{agent.id_number}".encode()
    return "A" + hmac.digest(agent_key(ctx.settings), said, "sha256").hex()[:12].upper()


def acting(ctx: Context, dossier: Dossier, *, by_self: bool, now: datetime) -> dict[str, str]:
    """Who takes this step (代办留痕), for the history: the agent of the case, unless the applicant came in person.

    Raises:
        Unprocessable: the agent's authorisation holds no more.
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
    """Who takes the result at the counter: the applicant, or the agent whose authorisation holds.

    Raises:
        Unprocessable: there is no such agent.
    """
    if signer is not SignerKind.AGENT:
        return {}
    acts = acting(ctx, read_dossier(case, ctx.sealer), by_self=False, now=ctx.now())
    if not acts:
        raise Unprocessable(_NEEDED, code="AGENT_UNAUTHORISED", field=_FIELD)
    return acts


def shown(ctx: Context, dossier: Dossier) -> dict[str, Any] | None:
    """The agent as people see it: masked, with what it rests on."""
    if dossier.agent is None:
        return None
    held = dossier.authorisation
    return {
        "id": agent_id(ctx, dossier.agent),
        "name": mask_name(dossier.agent.name),
        "authorisation": None
        if held is None
        else {
            "kind": held.kind,
            "until": held.until.isoformat() if held.until else None,
            "documentSha256": held.document_sha256,
            "originalSeen": held.original_seen,
        },
    }


@router.put("/{case_no}/agent", operation_id="putAgent")
def put_agent(case_no: str, agent: AgentShape, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """Name an agent, or renew an authorisation, while the case runs."""
    now = ctx.now()
    with ctx.database.write() as session:
        check_authorisation(session, agent, now)
        case = session.get(CaseRow, case_no, with_for_update=True)
        if case is None:
            raise NotFound("没有这个办件", code="CASE_UNKNOWN")
        dossier = read_dossier(case, ctx.sealer)
        if agent.id_number == dossier.applicant.id_number:
            raise Unprocessable("代办人不能是申请人本人", code="AGENT", field="agent")
        person = Person(**agent.model_dump(include=set(Person.model_fields)))
        changed = dossier.model_copy(update={"agent": person, "authorisation": authorisation_of(agent)})
        write_dossier(case, ctx.sealer, changed)
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
