"""What a network's desk has to show: callbacks over HTTP, right and wrong, commands, clocks on either side."""

import json
import time
from datetime import timedelta

from domain.messages import DeadlineKind, Responsible
from domain.outbound import Rendered
from domain.terms import CaseStatus, CommandKind, Partner
from domain.wire import WireState
from storage.exchange.exchange_log import ExchangeRow
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.exchange.outbox import CommandRow, CommandState, command_place, store_rendered
from tests.web.track_cases import NOW, a_clock, set_case

NAME, ID, PHONE = "欧阳静", "11010519491231002X", "13800001234"


def called(office, handling_no, number, event="RECEIVED", **other):
    """A callback of the played network's, as it signs; the answer's code. `other`: headers that are wrong."""
    from tests.unit.exchange.sichuan_callbacks import content, headers  # which is only there with its adapter

    said = content(event, number, event_id=f"evt_{number:08d}", caseNo=handling_no)
    body = json.dumps(said, ensure_ascii=False).encode()
    signed = dict(headers(body, said["eventId"], **{"X-CY-Timestamp": str(int(time.time()))} | other))
    answer = office.client.post("/callbacks/sichuan", content=body, headers=signed)
    return answer.json()["code"]


def at_work(office, number, *, days=6, **more):
    """A case that a network has; its clocks end in so many days."""
    case_no = office.start(number, **more)["caseNo"]
    office.change(case_no, lambda row: setattr(row, "wire_state", WireState.SUBMITTED))
    office.change(case_no, lambda row: setattr(row, "status", CaseStatus.SUBMITTED))
    set_case(office, case_no, CaseStatus.SUBMITTED, collected_at=NOW)
    a_clock(office, case_no, DeadlineKind.ACCEPTANCE, Responsible.AUTHORITY, days, handling_no=case_no)
    a_clock(office, case_no, DeadlineKind.POSTING, Responsible.WINDOW, days + 1, handling_no=case_no)
    return case_no


def sent(office, case_no, *verdicts):
    """A submission of ours with one line per attempt, the last verdict its state."""
    person = {"type": "personal", "name": NAME, "idType": "居民身份证", "idNumber": ID, "phone": PHONE}
    body = json.dumps({"caseNo": case_no, "applicant": person, "submittedAt": "2026-11-23"}, ensure_ascii=False)
    key = f"{case_no}-submit-0"
    rendered = Rendered(
        partner=Partner.SICHUAN,
        key=key,
        kind=CommandKind.SUBMIT,
        handling_no=case_no,
        content=body.encode(),
        meta={},
    )
    with office.database.write() as session:
        store_rendered(session, office.app.state.context.sealer, rendered, NOW - timedelta(hours=1))
        row = session.get_one(CommandRow, key)
        row.attempts, row.state = len(verdicts), CommandState.SENT if verdicts[-1] == "OK" else CommandState.REFUSED
        for verdict in verdicts:
            line = {"partner": Partner.SICHUAN, "direction": "out", "kind": "submit", "message_id": key, "at": NOW}
            measured = {"size": len(body), "verdict": verdict, "duration_ms": 87, "body": command_place(key)}
            session.add(ExchangeRow(**line, **measured, handling_no=case_no, sha256="ab" * 32))


def dead(office, message_id):
    with office.database.write() as session:
        row = session.query(InboxRow).filter_by(message_id=message_id).one()
        row.state, row.error = InboxState.DEAD, "NOT_FOUND"
