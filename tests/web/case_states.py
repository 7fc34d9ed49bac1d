"""Cases in the states that a person meets, written as the worker and the networks would have left them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import select

from activities.records import Records
from domain.inbound import EventPayload, InboundMessage, ResultPaper
from domain.messages import DeadlineKind
from domain.recording import CaseChange
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Partner, WireEvent
from domain.wire import after_submit
from storage.cases.rows import CaseEventRow, CaseRow, DeadlineRow, HandlingRow, add_event
from storage.parcels.legs import LegRow
from storage.tasks.rows import open_task
from tests.web.office import case_body

S, D = CaseStatus, DeadlineKind
LONG = "中国石油化工集团重庆市渝中区解放碑步行街加油站便利店管理有限公司"


class CaseFile:
    """One case; `day`s are counted back from now."""

    def __init__(self, office, number, **more):
        self.office = office
        started = office.start(number, **more)
        self._found(started)

    def _found(self, started):
        self.no = started["caseNo"]
        self.handlings = [one["handlingNo"] for one in started["handlings"]]
        with self.office.database.write() as session:
            case = session.get_one(CaseRow, self.no)
            case.time_scale, case.registered_at = 1.0, ago(9)
            session.scalars(select(CaseEventRow).filter_by(case_no=self.no, key="registered")).one().at = ago(9)
            for number in self.handlings:
                row = session.get_one(HandlingRow, number)
                row.progress = after_submit(row.progress)

    @classmethod
    def joint(cls, office, number, item, places):
        """A case of several authorities; `places`: [(region, role)]."""
        made = cls.__new__(cls)
        made.office = office
        body = case_body(office, number, item=item) | {"handlings": [{"region": r, "role": role} for r, role in places]}
        answer = office.call("POST", "/api/v1/cases", "clerk", body)
        assert answer.status_code == 201, answer.text
        made._found(answer.json())
        return made

    def step(self, status, days=0.0, *, kind=None, handling=None, **more):
        """What the workflow writes down."""
        number = handling or self.handlings[0]
        change = CaseChange(
            key=f"{kind or status}-{uuid4().hex[:6]}", case_no=self.no, kind=kind or status, at=ago(days),
            case_status=status, withdrawal_pending=False,
            **{"handling_no": number, "handling_status": status, "on_hold": False} | more,
        )  # fmt: skip
        Records(self.office.database, self.office.app.state.context.inbox, _no_clock, lambda: ago(days)).record(change)
        return self

    def note(self, kind, days=0.0, **data):
        with self.office.database.write() as session:
            at = ago(days)
            more = {"handling_no": self.handlings[0], "data": data}
            key = f"{kind}/{uuid4().hex[:6]}"
            add_event(session, case_no=self.no, key=key, kind=kind, at=at, now=at, actor="workflow", **more)
        return self

    def clock(self, kind, begun, due, responsible="authority", *, stopped=None, handling=None):
        """`begun`, `stopped`: days ago; `due`: days from now."""
        with self.office.database.write() as session:
            session.add(
                DeadlineRow(
                    case_no=self.no, handling_no=handling or self.handlings[0], key=uuid4().hex, kind=kind,
                    start_at=ago(begun), warn_at=ago(-due), due_at=ago(-due), responsible=responsible,
                    stopped_at=None if stopped is None else ago(stopped),
                )
            )  # fmt: skip
        return self

    def says(self, event, seq, days=0.0, *, handling=None, org="成都市锦江区人力资源和社会保障局", **payload):
        said = InboundMessage(
            partner=Partner.SICHUAN,
            message_id=uuid4().hex,
            content=uuid4().hex.encode(),
            handling_no=handling or self.handlings[0],
            partner_no="SC-2026-1",
            event_name=event,
            event=event,
            seq=seq,
            occurred_at=ago(days),
            actor_org=org,
            payload=EventPayload(**payload),
        )
        with self.office.database.write() as session:
            self.office.app.state.context.inbox.take(session, said, raw=b"{}", now=ago(days))
        return self

    def leg(self, leg, stage, days=1.0, *, due=None, handling=None, outcome=None, **more):
        number = handling or self.handlings[0]
        with self.office.database.write() as session:
            row = session.get_one(HandlingRow, number)
            session.add(
                LegRow(
                    leg_id=f"{number}-{leg}-1", case_no=self.no, handling_no=number, leg=leg, region=row.region,
                    stage=stage, ordered_at=ago(days), outcome=outcome, ended_at=ago(0) if outcome else None,
                    deadline_at=None if due is None else ago(-due),
                    **{"tracking_no": "EA054568951CN", "state": {}} | more,
                )
            )  # fmt: skip
        return self

    def task(self, kind, days=0.0, **more):
        with self.office.database.write() as session:
            open_task(session, key=uuid4().hex, kind=kind, case_no=self.no, now=ago(days), **more)
        return self

    def change(self, **columns):
        with self.office.database.write() as session:
            row = session.get_one(CaseRow, self.no)
            for name, value in columns.items():
                setattr(row, name, value)
        return self


def ago(days):
    return datetime.now(UTC) - timedelta(days=days)


def _no_clock(order, *_):
    raise AssertionError(f"no clock is started here: {order.kind}")


def fresh(office, number):
    return CaseFile(office, number)


def accepted(office, number, **more):
    case = CaseFile(office, number, **more)
    case.step(S.COLLECTED, 8.9).clock(D.POSTING, 8.9, -7, "window", stopped=8.4)
    case.step(S.SUBMITTED, 8.4).says(WireEvent.RECEIVED, 1, 7).step(S.RECEIVED, 7)
    case.clock(D.ACCEPTANCE, 7, -2, stopped=5).says(WireEvent.ACCEPTED, 2, 5).step(S.ACCEPTED, 5)
    return case.clock(D.DECISION_PROMISED, 5, 10).clock(D.DECISION_STATUTORY, 5, 20)


def under_way(office, number):
    case = accepted(office, number, delivery=True, pickup=True)
    case.leg("PICKUP", "HALL_CHECKED", 9, outcome="DELIVERED", tracking_no="1272448151316")
    case.note("LEG_BOOKED", 9, leg="PICKUP", legId=f"{case.no}-PICKUP-1")
    case.note("ATTEMPT_FAILED", 8.95, leg="PICKUP", legId=f"{case.no}-PICKUP-1")
    case.note("REDISPATCHED", 8.94, leg="PICKUP", legId=f"{case.no}-PICKUP-1")
    case.note("LEG_DELIVERED", 8.9)
    return case.leg("FORWARD", "IN_TRANSIT", 2, due=1)


def supplement(office, number):
    case = CaseFile(office, number)
    case.step(S.COLLECTED, 6).step(S.SUBMITTED, 5.5).says(WireEvent.RECEIVED, 1, 5).step(S.RECEIVED, 5)
    names = [m["name"] for m in office.call("GET", f"/api/v1/cases/{case.no}", "clerk").json()["materials"]]
    asked = {
        "round": 1,
        "reason": "户口簿复印件不清晰，看不清第二页",
        "materials": (names[0], "居住证明"),
        "deadline_workdays": 5,
    }
    case.says(WireEvent.NEED_SUPPLEMENT, 2, 2, **asked).step(S.SUPPLEMENT_REQUIRED, 2, kind="NEED_SUPPLEMENT")
    return case.clock(D.SUPPLEMENT_REPLY, 2, 3, "applicant")


def joint(office, number):
    case = CaseFile.joint(office, number, "YZ-MPS-009", [("510104", "迁入地"), ("440103", "迁出地")])
    permit, leave, settle = case.handlings
    case.step(S.COLLECTED, 6).step(S.SUBMITTED, 5.5, handling=permit).step(S.APPROVED, 3, handling=permit)
    case.step(S.ACCEPTED, 2, handling=leave).clock(D.DECISION_PROMISED, 2, 6, handling=leave)
    case.step(S.WAITING, 5.5, handling=settle)
    case.change(status=S.ACCEPTED)
    result = {"name": "夫妻投靠户口迁移（准迁）办理结果", "form": "electronic", "sha256": office.uploaded()}
    office.change(permit, lambda row: setattr(row, "result", result | {"document_no": "川锦公迁〔2026〕000013号"}))
    return case.leg("FORWARD", "IN_TRANSIT", 2, due=1, handling=leave)


def late(office, number):
    case = CaseFile(office, number)
    case.step(S.COLLECTED, 14).step(S.SUBMITTED, 13).step(S.RECEIVED, 13).step(S.ACCEPTED, 12)
    case.clock(D.DECISION_PROMISED, 12, -2).clock(D.DECISION_STATUTORY, 12, 8)
    case.task(TaskKind.DEADLINE_MISSED, 2, handling_no=case.no)
    return case.note("DEADLINE_MISSED", 2)


def closed(office, number):
    case = accepted(office, number, delivery=True)
    result = {"name": "失业登记证明", "form": "paper", "document_no": "川锦人社失〔2026〕118号"}
    case.office.change(case.no, lambda row: setattr(row, "result", result))
    case.step(S.APPROVED, 2)
    case.leg("BACK", "HALL_CHECKED", 2, outcome="DELIVERED", state={"stage": "HALL_CHECKED"})
    case.leg("DELIVERY", "DELIVERED", 1, outcome="DELIVERED", tracking_no="1272448151317")
    with office.database.write() as session:
        for row in session.query(DeadlineRow).filter_by(case_no=case.no, stopped_at=None):
            row.stopped_at = ago(2)
    return case.note("CLOSED", 0.1).change(closed_at=ago(0.1), decided_at=ago(2), collected_at=ago(8.9))


def held(office, number):
    """The authority has approved, and says a day later that it refuses."""
    case = accepted(office, number)
    case.says(WireEvent.APPROVED, 3, 2, result=ResultPaper(name="失业登记证明", form="electronic")).step(S.APPROVED, 2)
    case.says(WireEvent.REJECTED, 4, 1, reason="参保地不在本区，应向云岩区申请", legal_basis="《社会保险法》第五十八条")
    data = {"event": "REJECTED", "ours": "APPROVED", "seq": 4, "sender": "sichuan", "messageId": "none"}
    case.task(TaskKind.CONTRADICTION, 1, handling_no=case.no, data=data).note("CONTRADICTION", 1)
    return case.change(on_hold=True)


def rejected(office, number):
    case = accepted(office, number)
    case.says(
        WireEvent.REJECTED,
        3,
        1,
        reason="申请人已在办理地就业，不符合失业登记条件",
        legal_basis="《就业服务与就业管理规定》第六十三条",
    )
    with office.database.write() as session:
        for row in session.query(DeadlineRow).filter_by(case_no=case.no, stopped_at=None):
            row.stopped_at = ago(1)
    return case.step(S.REJECTED, 1).change(decided_at=ago(1), collected_at=ago(8.9))


def long(office, number):
    """Many lines, long names."""
    case = accepted(office, number, item="YZ-VET-010")
    for day in range(54):
        case.note(("PAPER_COUNTED", "MATERIAL_VERIFIED", "FEE_PAID")[day % 3], 5 - day / 12)
    org = "新疆维吾尔自治区伊犁哈萨克自治州察布查尔锡伯自治县人力资源和社会保障局失业保险经办中心"
    case.says(WireEvent.REVIEWING, 3, 1, org=org, reason=LONG * 3, extended_workdays=10)
    return case.step(S.REVIEWING, 1)


STATES = {
    made.__name__: made for made in (fresh, under_way, supplement, joint, late, closed, held, rejected, long, accepted)
}
