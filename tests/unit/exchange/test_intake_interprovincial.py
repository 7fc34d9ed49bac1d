"""What becomes of interprovincial notices: judged, committed, confirmed; and what is not confirmed."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from domain.errors import PartnerUnavailable, PartnerUntrusted
from domain.inbound import IntakeOutcome
from domain.terms import WireEvent
from domain.wire import Verdict, WireState
from storage.exchange.exchange_log import ExchangeBodyRow, ExchangeRow
from tests.unit.exchange.interprovincial_office import (
    FOREIGN,
    HANDLING,
    NOW,
    TO_COME,
    Office,
    elements,
    open_office,
    page,
)
from tests.unit.exchange.standing import standing

RESULT = "<JGMC>公证书</JGMC><JGXS>electronic</JGXS><WSBH>1</WSBH><SHA256></SHA256>"
REFUSAL = "<YY>不符</YY><FLYJ>第三十八条</FLYJ>"
LINE = [("s1", "01", ""), ("s2", "02", ""), ("s3", "05", ""), ("s4", "08", RESULT)]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def test_a_page_is_judged_in_sequence_and_confirmed(office: Office):
    shuffled = [(sid, elements(HANDLING, place, zt, more)) for place, (sid, zt, more) in enumerate(LINE, 1)][::-1]
    report = office.poll(*shuffled)
    assert (report.fetched, report.confirmed, report.refused, report.fault) == (4, 4, 0, "")
    assert office.verdicts() == ["APPLIED"] * 4
    assert office.progress().decision is WireEvent.APPROVED
    assert not office.poll().came


def test_a_broken_confirmation_leads_to_a_duplicate_that_is_confirmed(office: Office):
    office.gateway.confirm_breaks = True
    first = office.poll(("s1", elements(HANDLING, 1, "01")))
    assert first.fault == "ANSWER_LOST"
    assert office.progress().state is WireState.RECEIVED
    office.gateway.confirm_breaks = False
    again = office.poll(("s1", elements(HANDLING, 1, "01")))
    assert (again.confirmed, office.gateway.confirmed) == (1, ["s1"])
    assert office.verdicts() == ["APPLIED", "DUPLICATE"]
    assert office.inbox_rows() == 1


def test_early_ones_are_parked_and_confirmed_and_heal(office: Office):
    office.poll(("s2", elements(HANDLING, 2, "02")))
    assert office.gateway.confirmed == ["s2"]
    assert office.progress().last_seq == 0
    office.poll(("s1", elements(HANDLING, 1, "01")))
    assert (office.progress().last_seq, office.progress().state) == (2, WireState.UNDER_REVIEW)


def test_a_query_over_a_gap_answers_with_a_notice_that_is_parked_here(office: Office):
    office.poll(("s2", elements(HANDLING, 2, "02")), ("s4", elements(HANDLING, 4, "05")))
    assert office.query("s4", elements(HANDLING, 4, "05")).verdict is Verdict.APPLIED
    assert (office.progress().last_seq, office.progress().state) == (4, WireState.UNDER_REVIEW)
    office.poll(("s4", elements(HANDLING, 4, "05")), ("s1", elements(HANDLING, 1, "01")))
    assert office.gateway.confirmed == ["s2", "s4", "s1", "s4"]
    assert office.verdicts()[2:] == ["LATE", "DUPLICATE"]
    assert office.inbox_rows() == 3
    assert office.security_events() == []


def test_a_query_whose_notice_comes_later_is_that_notice(office: Office):
    office.poll(("s2", elements(HANDLING, 2, "02")))
    office.query("s3", elements(HANDLING, 3, "05"))
    assert office.poll(("s3", elements(HANDLING, 3, "05"))).confirmed == 1
    assert office.verdicts()[-1] == "DUPLICATE"
    assert office.progress().last_seq == 3


def test_a_query_with_other_words_under_a_parked_sid_keeps_the_first(office: Office):
    office.poll(("s2", elements(HANDLING, 2, "02")))
    office.query("s2", elements(HANDLING, 2, "03", REFUSAL))
    assert office.progress().state is WireState.UNDER_REVIEW
    assert office.security_events() == ["MESSAGE_ID_REUSED"]


def test_a_query_under_a_sid_that_took_effect_says_nothing_new(office: Office):
    office.poll(("s1", elements(HANDLING, 1, "01")), ("s3", elements(HANDLING, 3, "05")))
    assert office.query("s1", elements(HANDLING, 3, "08", RESULT)).outcome is IntakeOutcome.CONFLICT
    assert (office.progress().last_seq, office.progress().decision) == (1, None)
    assert office.security_events() == ["MESSAGE_ID_REUSED"]


def test_a_notice_that_the_table_refuses_is_confirmed_recorded_and_uses_its_place(office: Office):
    office.poll(("s1", elements(HANDLING, 1, "07")))
    assert office.verdicts() == ["REFUSED"]
    assert office.gateway.confirmed == ["s1"]
    assert office.progress().last_seq == 1
    assert office.progress().state is WireState.SUBMITTED
    assert office.tasks() == ["REFUSED_EVENT"]
    office.poll(("s2", elements(HANDLING, 2, "01")))
    assert office.progress().state is WireState.RECEIVED


def test_an_unknown_status_is_recorded_confirmed_and_raises_a_task(office: Office):
    office.poll(("s1", elements(HANDLING, 1, "77")))
    assert (office.verdicts(), office.gateway.confirmed) == (["UNKNOWN_EVENT"], ["s1"])
    assert office.tasks() == ["UNKNOWN_EVENT"]


def test_a_contradiction_is_confirmed_and_changes_nothing(office: Office):
    office.poll(("s1", elements(HANDLING, 1, "03", REFUSAL)), ("s2", elements(HANDLING, 2, "11")))
    assert office.verdicts() == ["APPLIED", "CONTRADICTION"]
    assert office.progress().decision is WireEvent.NOT_ACCEPTED
    assert office.gateway.confirmed == ["s1", "s2"]


def test_a_case_to_come_is_parked_confirmed_and_taken_up(office: Office):
    office.poll(("s1", elements(TO_COME, 1, "01")))
    assert (office.verdicts(), office.gateway.confirmed) == (["TO_COME"], ["s1"])
    office.add_case(TO_COME)
    assert office.progress(TO_COME).state is WireState.RECEIVED


@pytest.mark.parametrize(
    ("sid", "inside", "event"),
    [
        pytest.param("s9", elements(HANDLING, 0, "01"), "NOTICE_UNREADABLE", id="XH 0"),
        pytest.param("s9", elements(HANDLING, -1, "01"), "NOTICE_UNREADABLE", id="XH negative"),
        pytest.param("s9", elements(HANDLING, 2**63, "01"), "NOTICE_UNREADABLE", id="XH too large"),
        pytest.param("s9", elements(HANDLING, 1, "1"), "NOTICE_UNREADABLE", id="ZT out of form"),
        pytest.param("s9", elements(HANDLING, 1, "０１"), "NOTICE_UNREADABLE", id="full-width digits"),
        pytest.param("s9", elements(HANDLING, 1, "08"), "NOTICE_UNREADABLE", id="approval without result"),
        pytest.param("s9", elements(HANDLING, 1, "10"), "NOTICE_UNREADABLE", id="result without number"),
        pytest.param("s9", elements(HANDLING, 1, "01", "<XH>1</XH>"), "NOTICE_UNREADABLE", id="XH twice"),
        pytest.param("", elements(HANDLING, 1, "01"), "NOTICE_UNREADABLE", id="no sid"),
        pytest.param("s" * 200, elements(HANDLING, 1, "01"), "NOTICE_UNREADABLE", id="sid too long"),
        pytest.param(
            "s9", elements(HANDLING, 1, "10", f"<YJHM>{'9' * 65}</YJHM>"), "NOTICE_UNREADABLE", id="YJHM long"
        ),
        pytest.param(
            "s9",
            elements(HANDLING, 1, "01").replace("20261123160000", "20261123240000"),
            "NOTICE_UNREADABLE",
            id="24 o'clock",
        ),
        pytest.param(
            "s9",
            elements(HANDLING, 1, "04", "<LC>1</LC><YY>缺</YY><CLMC>甲</CLMC><XGR>9999</XGR>"),
            "NOTICE_UNREADABLE",
            id="9999 working days",
        ),
        pytest.param(
            "s9",
            elements(HANDLING, 1, "04", "<LC>1</LC><YY>缺</YY><CLMC>甲</CLMC><XGR>5天</XGR>"),
            "NOTICE_UNREADABLE",
            id="5天",
        ),
    ],
)
def test_what_cannot_be_taken_is_not_confirmed_and_leaves_one_security_event(office, sid, inside, event):
    before = standing(office.database, HANDLING, FOREIGN)
    assert office.poll((sid, inside)).refused == 1
    assert standing(office.database, HANDLING, FOREIGN) == before
    assert office.security_events() == [event]
    report = office.poll((sid, inside), ("good", elements(HANDLING, 1, "01")))
    assert office.security_events() == [event]  # it comes again for ever: said once
    assert office.verdicts() == ["UNREADABLE", "APPLIED"]
    assert report.refused == 1
    assert office.gateway.confirmed == ["good"]  # one bad record does not hold up the others
    assert office.inbox_rows() == 1
    assert office.progress().last_seq == 1


@pytest.mark.parametrize(
    ("inside", "event"),
    [
        pytest.param(elements(FOREIGN, 1, "01"), "FOREIGN_HANDLING", id="another partner's case"),
        pytest.param(elements("500103202611230000010", 1, "01"), "UNKNOWN_HANDLING", id="bad check digit"),
        pytest.param(elements("../../etc", 1, "01"), "UNKNOWN_HANDLING", id="no number at all"),
        pytest.param(
            elements(HANDLING, 1, "01").replace("000001</YWXTBH>", "000009</YWXTBH>"),
            "NOTICE_NOT_OURS",
            id="YWXTBH of another handling",
        ),
    ],
)
def test_what_cannot_be_ours_is_confirmed_and_recorded_once(office, inside, event):
    """Also when our confirmation is lost and it comes again and again."""
    before = standing(office.database, HANDLING, FOREIGN)
    office.gateway.confirm_breaks = True
    for _ in range(3):
        assert office.poll(("s9", inside)).refused == 1
    office.gateway.confirm_breaks = False
    report = office.poll(("s9", inside), ("good", elements(HANDLING, 1, "01")))
    assert (report.refused, report.confirmed) == (1, 2)
    assert set(office.gateway.confirmed) == {"s9", "good"}
    assert office.security_events() == [event]
    assert len(office.verdicts()) == 2
    assert office.inbox_rows() == 1
    assert standing(office.database, FOREIGN)[FOREIGN] == before[FOREIGN]


def test_a_reused_sid_with_other_content_is_refused(office: Office):
    office.poll(("s1", elements(HANDLING, 1, "01")))
    office.gateway.confirmed.clear()
    for _ in range(3):
        assert office.poll(("s1", elements(HANDLING, 1, "02"))).refused == 1
    assert office.security_events() == ["MESSAGE_ID_REUSED"]
    assert office.verdicts() == ["APPLIED", "CONFLICT"]
    assert office.gateway.confirmed == []
    assert office.progress().state is WireState.RECEIVED


def test_a_reused_sid_of_a_parked_notice_keeps_its_answer_and_first_content(office: Office):
    office.poll(("s2", elements(HANDLING, 2, "02")))
    office.poll(("s2", elements(HANDLING, 2, "03", REFUSAL)))
    assert office.gateway.confirmed == ["s2", "s2"]
    office.poll(("s1", elements(HANDLING, 1, "01")))
    assert office.progress().state is WireState.UNDER_REVIEW


def test_an_answer_that_is_not_believed_is_a_security_event(office: Office):
    office.gateway.fetch_breaks = PartnerUntrusted("未按约定加印", code="WRONG_SEAL")
    assert office.poll().fault == "WRONG_SEAL"
    assert office.security_events() == ["UNTRUSTED_ANSWER"]
    office.gateway.fetch_breaks = PartnerUnavailable("暂时不可用", code="HTTP502")
    assert office.poll().fault == "HTTP502"
    assert office.security_events() == ["UNTRUSTED_ANSWER"]


def test_an_idle_gateway_is_asked_less_often(office: Office):
    def asked(seconds: int) -> bool:
        office.clock[0] = NOW + timedelta(seconds=seconds)
        before = office.gateway.asked
        office.intake.poll_if_due()
        return office.gateway.asked > before

    assert asked(0)
    assert not asked(60)  # nothing came: twice as long
    assert asked(180)
    office.gateway.pages.append(page(("s1", elements(HANDLING, 1, "01"))))
    assert asked(600)
    assert asked(601)  # something came: the next tick asks


def test_every_call_and_every_notice_has_a_line(office: Office):
    office.poll(
        ("s1", elements(HANDLING, 1, "01")),
        ("s2", elements(FOREIGN, 1, "01")),
        ("s3", "<AJBH>1</AJBH>"),
    )
    office.poll()
    with office.database.read() as session:
        lines = list(session.scalars(select(ExchangeRow).order_by(ExchangeRow.id)))
        kept = set(session.scalars(select(ExchangeBodyRow.place)))
    assert [(one.direction, one.kind, one.verdict) for one in lines] == [
        ("out", "FetchNotices", "OK"),
        ("in", "RECEIVED", "APPLIED"),
        ("in", "RECEIVED", "UNKNOWN_HANDLING"),
        ("in", "notice", "UNREADABLE"),
        ("out", "ConfirmNotices", "OK"),
        ("out", "FetchNotices", "EMPTY"),
    ]
    assert lines[1].body == "inbox/interprovincial/s1"
    assert {lines[2].body, lines[3].body} == kept
    for month in range(6):
        office.clock[0] = NOW + timedelta(days=30 * month)
        office.poll()
    with office.database.read() as session:
        empty = session.scalar(select(func.count()).select_from(ExchangeRow).filter_by(verdict="EMPTY"))
    assert empty == 1
