"""What operators see of a network, and replaying what is dead."""

from datetime import UTC, date, datetime

from sqlalchemy import select

from domain.reconciliation import Difference, DifferenceKind, ReconciliationReport
from domain.terms import Partner
from domain.wire import WireState
from storage.cases import HandlingRow
from storage.inbox import InboxRow, InboxState
from storage.reconciliation import keep_report
from tests.unit.storage.casework import message

BASE = "/api/v1/partners/sichuan"


def dead(office) -> int:
    handling_no = office.start()["handlings"][0]["handlingNo"]
    inbox = office.app.state.context.inbox
    with office.database.write() as session:
        session.get_one(HandlingRow, handling_no).wire_state = WireState.SUBMITTED
    with office.database.write() as session:
        said = message(handling_no=handling_no, message_id=f"evt-{handling_no}")
        inbox.take(session, said, raw=b"{}", now=datetime.now(UTC))
        row = session.scalars(select(InboxRow).filter_by(handling_no=handling_no)).one()
        row.state, row.error = InboxState.DEAD, "NO"
        session.flush()
        return row.id


def test_a_dead_message_is_replayed_by_an_operator_once(office):
    number = dead(office)
    path = f"{BASE}/deliveries/{number}/replay"
    assert office.call("POST", path.replace("sichuan", "southwest"), "operator").status_code == 404
    answer = office.call("POST", path, "operator")
    assert (answer.status_code, answer.json()) == (200, {"id": number, "state": "NEW"})
    again = office.call("POST", path, "operator")
    assert (again.status_code, again.json()["code"]) == (409, "MESSAGE_NOT_DEAD")
    assert office.call("POST", f"{BASE}/deliveries/999999/replay", "operator").status_code == 404
    shown = office.call("GET", f"{BASE}/deliveries", "auditor").json()["inbox"]
    assert [one["state"] for one in shown if one["id"] == number] == ["NEW"]


def test_reports_say_what_is_done_about_each_difference(office):
    one = Difference(subject="5" * 21, kind=DifferenceKind.WE_ARE_AHEAD, ours="2 ACCEPTED", theirs="1 RECEIVED")
    report = ReconciliationReport(
        partner=Partner.SICHUAN, day=date(2026, 11, 22), made_at=datetime.now(UTC), compared=3, differences=(one,)
    )
    with office.database.write() as session:
        keep_report(session, report)
    (shown,) = office.call("GET", f"{BASE}/reconciliations", "supervisor").json()["reports"]
    assert (shown["day"], shown["compared"], shown["clean"]) == ("2026-11-22", 3, False)
    assert shown["differences"][0]["kind"] == "WE_ARE_AHEAD"
    assert shown["differences"][0]["advice"]
    assert office.call("GET", "/api/v1/partners/nobody/reconciliations", "supervisor").status_code == 422
