"""Withdrawing a consent (撤回同意): what it stops, what follows from it, and the line that says so."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.courier_dispatch import lock_dispatch
from activities.withdrawn_visits import call_off_visits
from domain.dossier import Dossier
from domain.personal import Consented, RequestKind
from domain.terms import Leg
from logistics.consent_wording import DoorStanding, follows
from logistics.leg_changes import ChangeObstacle
from storage.cases.rows import CaseRow, add_event, read_dossier, write_dossier
from storage.parcels.legs import LegRow
from storage.personal.person_requests import PersonRequestRow, withdrawn
from web.foundation.context import Context
from web.views.cases import find_case
from web.views.erased import refuse_erased
from web.views.leg_changes import desk_of

_NO_MESSAGES: Final = "以后不再发短信，进展请在本页查询。"


class Withdrawal(NamedTuple):
    """`withdrawn`: everything of the case for which consent was withdrawn. `said`: what follows."""

    withdrawn: frozenset[Consented]
    said: str


def consents_given(ctx: Context, case_no: str) -> dict[Consented, str]:
    """What the applicant of a case may withdraw, and what would follow."""
    with ctx.database.read() as session:
        case = find_case(session, case_no)
        dossier = read_dossier(case, ctx.sealer)
        given = still_given(dossier, withdrawn(session, case_no))
        return {about: what_follows(session, ctx, case, dossier, about) for about in given}


def still_given(dossier: Dossier, gone: frozenset[Consented]) -> list[Consented]:
    """What rests on a consent in this case; `gone`: what was withdrawn, and given anew of messages."""
    rests = {
        Consented.MESSAGES: dossier.consent.messages,
        Consented.DELIVERY: Consented.DELIVERY not in gone and (dossier.pickup or dossier.delivery) is not None,
    }
    return [about for about, given in rests.items() if given]


def what_follows(session: Session, ctx: Context, case: CaseRow, dossier: Dossier, about: Consented) -> str:
    """What follows if this consent is withdrawn now, in sentences."""
    return _NO_MESSAGES if about is Consented.MESSAGES else follows(_doors(session, ctx, case, dossier))


def _doors(
    session: Session, ctx: Context, case: CaseRow, dossier: Dossier
) -> Iterator[tuple[Leg, DoorStanding, str | None]]:
    """How each visit stands that is under way or to come."""
    desk, legs = desk_of(ctx), list(session.scalars(select(LegRow).filter_by(case_no=case.case_no)))
    to_come = {
        Leg.PICKUP: dossier.pickup is not None and case.collected_at is None,
        Leg.DELIVERY: dossier.delivery is not None,
    }
    for kind, wanted in to_come.items():
        ordered = [leg for leg in legs if leg.leg == kind]
        for leg in (one for one in ordered if one.ended_at is None):
            obstacle = desk.obstacle_to_calling_off(session, leg)
            if obstacle in (None, ChangeObstacle.PAPERS_HELD):
                standing = DoorStanding.CALLED_OFF if obstacle is None else DoorStanding.CARRIED
                yield kind, standing, desk.last_day(session, leg)
        if wanted and not ordered and case.closed_at is None:
            yield kind, DoorStanding.TO_COME, None


def withdraw_consent(
    session: Session, ctx: Context, case_no: str, about: Consented, *, channel: str, by: str
) -> Withdrawal:
    """Withdraw it in the caller's writing transaction, with nothing of the case locked yet; again without effect.

    Short messages stop with what is not sent yet. Nobody comes to a door any more: what nobody has in hand is called
    off, so that papers are awaited at the window and a result waits at the hall. `channel`: `window` or `track`.

    Raises:
        NotFound: no such case (`CASE_UNKNOWN`).
        Gone: the data of this case were erased.
    """
    if about is Consented.DELIVERY:
        lock_dispatch(session)  # before the case, as whoever plans a visit
    case = find_case(session, case_no)
    session.refresh(case, with_for_update=True)
    dossier = read_dossier(case, ctx.sealer)
    refuse_erased(dossier)
    known = withdrawn(session, case_no)
    said = what_follows(session, ctx, case, dossier, about)
    if about in known and not (about is Consented.MESSAGES and dossier.consent.messages):
        return Withdrawal(known, said)
    now = ctx.now()
    if about is Consented.MESSAGES:
        consent = dossier.consent.model_copy(update={"messages": False})
        write_dossier(case, ctx.sealer, dossier.model_copy(update={"consent": consent}))
    session.add(
        PersonRequestRow(
            case_no=case_no,
            kind=RequestKind.CONSENT_WITHDRAWN,
            what=about,
            reason="",
            channel=channel,
            by=by,
            text_version=dossier.consent.version[:32],
            at=now,
        )
    )
    key = f"CONSENT_WITHDRAWN/{about}/{now.isoformat()}"
    data = {"about": about.value, "channel": channel}
    add_event(session, case_no=case_no, key=key, kind="CONSENT_WITHDRAWN", at=now, now=now, actor=by, data=data)
    if about is Consented.DELIVERY:
        call_off_visits(session, desk_of(ctx), case_no, by)
    return Withdrawal(known | {about}, said)
