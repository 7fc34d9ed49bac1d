"""Cases as applicants find them on their page: under way, with everything at once, and closed with a result."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from domain.inbound import EventPayload
from domain.messages import DeadlineKind, Responsible
from domain.naming import CaseUpdate
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Leg, ParcelStage, WireEvent
from domain.wire import WireState
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.documents.uploads import bind
from storage.exchange.inbox_row import InboxRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import open_task
from tests.unit.storage.casework import message
from tests.web.office import case_body

NOW = datetime.now(UTC)
JOINT = "YZ-MPS-006"
PLACES = [{"region": "510104", "role": "迁入地"}, {"region": "511602", "role": "迁出地"}]
LONG = "迁入地房屋所有权证或者公有住房租赁合同原件及全部共有人同意落户的书面说明"
S = ParcelStage


def usual(office, number):
    """Accepted, the papers are on their way there."""
    case_no = office.start(number)["caseNo"]
    set_case(office, case_no, CaseStatus.ACCEPTED, **brought_days_ago(2))
    a_clock(office, case_no, DeadlineKind.DECISION_PROMISED, Responsible.AUTHORITY, handling_no=case_no)
    a_leg(office, case_no, Leg.FORWARD, S.IN_TRANSIT, times=[("picked_up", 20)], passed=[(S.IN_TRANSIT, 15)])
    return case_no


def full(office, number):
    """Joint; a supplement is asked for at one place, both parcels have moved, a paper is owed."""
    body = case_body(office, number, item=JOINT) | {"handlings": PLACES}
    case = office.call("POST", "/api/v1/cases", "clerk", body).json()
    case_no, first, second = case["caseNo"], *(h["handlingNo"] for h in case["handlings"][:2])
    set_case(office, case_no, CaseStatus.SUPPLEMENT_REQUIRED, **brought_days_ago(3))
    asked = EventPayload(round=1, reason="材料看不清", materials=(LONG, "结婚证"), deadline_workdays=5)
    said(office, first, WireEvent.NEED_SUPPLEMENT, asked)
    office.change(first, lambda row: setattr(row, "status", CaseStatus.SUPPLEMENT_REQUIRED))
    a_clock(office, case_no, DeadlineKind.SUPPLEMENT_REPLY, Responsible.APPLICANT, handling_no=first)
    a_clock(office, case_no, DeadlineKind.ACCEPTANCE, Responsible.AUTHORITY, 1, handling_no=second)
    there = [("picked_up", 28), ("delivered", 4)]
    a_leg(office, case_no, Leg.FORWARD, S.DELIVERED, times=there, passed=[(S.IN_TRANSIT, 22)], outcome="DELIVERED")
    a_leg(office, case_no, Leg.DELIVERY, S.OUT_FOR_DELIVERY, times=[("picked_up", 2)], passed=[(S.OUT_FOR_DELIVERY, 1)])
    owed = {"seq": 2, "name": "居民户口簿"}
    by = NOW + timedelta(days=9)
    with office.database.write() as session:
        kind = TaskKind.DEFERRED_MATERIAL
        open_task(session, key=f"{case_no}/owed", kind=kind, now=NOW, case_no=case_no, deadline_at=by, data=owed)
    return case_no


def closed(office, number):
    """Approved and over, with an electronic result to fetch."""
    case_no = office.start(number)["caseNo"]
    sha256 = office.uploaded()
    with office.database.write() as session:
        session.get_one(HandlingRow, case_no).result = {"name": "失业登记证明", "form": "electronic", "sha256": sha256}
        bind(session, case_no, [sha256], NOW)
    set_case(office, case_no, CaseStatus.APPROVED, collected_at=NOW, decided_at=NOW, closed_at=NOW)
    return case_no


def brought_days_ago(days):
    """Registered, and an hour later everything was there."""
    at = NOW - timedelta(days=days)
    return {"registered_at": at, "collected_at": at + timedelta(hours=1)}


def set_case(office, case_no, status, **more):
    with office.database.write() as session:
        case = session.get_one(CaseRow, case_no)
        case.status = status
        for name, value in more.items():
            setattr(case, name, value)


def a_clock(office, case_no, kind, who, days=6, handling_no=None):
    due = NOW + timedelta(days=days)
    row = {"case_no": case_no, "handling_no": handling_no, "key": f"{kind}/{handling_no}", "kind": kind}
    times = {"start_at": NOW, "warn_at": due, "due_at": due}
    with office.database.write() as session:
        session.add(DeadlineRow(**row, **times, responsible=who))


def a_leg(office, case_no, leg, stage, *, times=(), passed=(), **more):
    """`times`: (milestone, hours ago); `passed`: (stage on the way, hours ago)."""
    state = {"stage": stage} | {name: {"at": (NOW - timedelta(hours=h)).isoformat()} for name, h in times}
    state["marks"] = [{"epoch": 1, "stage": at, "at": (NOW - timedelta(hours=h)).isoformat()} for at, h in passed]
    row = {"leg_id": f"{case_no}-{leg}-1", "case_no": case_no, "handling_no": case_no, "leg": leg, "region": "510104"}
    sent = {"stage": stage, "state": state, "ordered_at": NOW - timedelta(hours=30)}
    with office.database.write() as session:
        session.add(LegRow(**row, **sent, tracking_no=f"EA0{len(leg)}4568951CN", **more))


def said(office, handling_no, event, payload):
    """What the authority has said, as it lies in the inbox once it took effect."""
    name = f"{event}-{handling_no}"
    office.change(handling_no, lambda row: setattr(row, "wire_state", WireState.SUBMITTED))
    with office.database.write() as session:
        came = message(event, handling_no=handling_no, message_id=name, payload=payload)
        office.app.state.context.inbox.take(session, came, raw=b"{}", now=NOW)
        row = session.scalars(select(InboxRow).filter_by(message_id=name)).one()
        row.update_name = CaseUpdate.AUTHORITY_EVENT
