"""What operators see of a network, and replaying what is dead."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from domain.reconciliation import Difference, DifferenceKind, ReconciliationReport
from domain.terms import Partner
from domain.wire import WireState
from partners.standards import CHINA
from storage.cases.rows import HandlingRow
from storage.exchange.exchange_log import EMPTY, ExchangeRow, SecurityEventRow, note_poll
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.exchange.reconciliation_reports import keep_report
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


def test_books_are_compared_on_demand(office):
    handling_no = office.start()["handlings"][0]["handlingNo"]
    with office.database.write() as session:
        session.get_one(HandlingRow, handling_no).wire_state = WireState.SUBMITTED
    today = datetime.now(CHINA).date()
    answer = office.call("POST", f"{BASE}/reconciliations", "operator", {"day": today.isoformat()})
    assert answer.status_code == 200
    report = answer.json()
    assert report["unanswered"] >= 1  # nobody plays Sichuan here
    assert (report["day"], report["clean"]) == (today.isoformat(), False)
    assert report in office.call("GET", f"{BASE}/reconciliations", "auditor").json()["reports"]
    with office.database.read() as session:
        noted = session.scalars(select(SecurityEventRow.detail).filter_by(code="RECONCILIATION")).all()
    assert noted == [f"operator sichuan {today}"]


def test_yesterday_without_a_day_and_no_day_to_come(office):
    path = "/api/v1/partners/southwest/reconciliations"
    answer = office.call("POST", path, "operator", {})
    yesterday = datetime.now(CHINA).date() - timedelta(days=1)
    assert (answer.status_code, answer.json()["day"]) == (200, yesterday.isoformat())
    tomorrow = (yesterday + timedelta(days=2)).isoformat()
    refused = office.call("POST", path, "operator", {"day": tomorrow})
    assert (refused.status_code, refused.json()["code"]) == (422, "DAY")
    assert office.call("POST", path, "supervisor", {}).status_code == 403


def test_polls_that_brought_nothing_are_shown_when_asked_for(office):
    with office.database.write() as session:
        for verdict in ("OK", EMPTY):
            note_poll(
                session,
                ExchangeRow(
                    at=datetime.now(UTC),
                    partner="interprovincial",
                    direction="out",
                    kind="FetchNotices",
                    message_id="1" * 32,
                    verdict=verdict,
                ),
            )
    path = "/api/v1/partners/interprovincial/deliveries"
    shown = office.call("GET", path, "auditor").json()["exchanges"]
    assert [one["verdict"] for one in shown] == ["OK"]
    shown = office.call("GET", f"{path}?polls=true", "auditor").json()["exchanges"]
    assert [one["verdict"] for one in shown] == [EMPTY, "OK"]
