"""Claims as rows, on both databases: one open of a leg, words sealed, lists by their limit, and who is told when."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from domain.claims import Bearer, Behalf, ClaimKind, ClaimPaper, ClaimState, ClaimStep, MailService, ReissueStatus
from domain.tasks import TaskKind
from domain.terms import MaterialForm
from parcels.claim_watch import watch_claims
from parcels.claims import Opening, Taken, open_claim, take_step
from storage.cases.rows import CaseEventRow, CaseRow
from storage.keyset import read_page
from storage.parcels.claims import ClaimEventRow, ClaimRow, claim_list, claims_of, events_of, lock_claim, open_claims
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow
from tests.unit.storage.casework import CASE, NOW, SEALER, register

LEG = f"{CASE}-FORWARD-1"
BOOK = ClaimPaper(
    key=f"{CASE}-P1", name="户口簿", form=MaterialForm.ORIGINAL, count=1, issuer="户籍地派出所", how="补领",
    bearer=Bearer.CARRIER, status=ReissueStatus.PLANNED,
)  # fmt: skip
SAID = "下周孩子报名要用户口簿"


def a_leg(database, leg_id=LEG):
    with database.write() as session:
        session.add(
            LegRow(
                leg_id=leg_id, case_no=CASE, handling_no=CASE, leg="FORWARD", region="510104", stage="LOST",
                ordered_at=NOW, state={}, manifest=[],
            )
        )  # fmt: skip


@pytest.fixture(autouse=True)
def case(database):
    register(database)
    a_leg(database)


def opening(**more):
    sums = {"insured_fen": None, "value_fen": None, "loss_fen": None, "postage_fen": 1200, "asked_fen": 3600}
    what = {"kind": ClaimKind.LOST, "service": MailService.REGISTERED, "behalf": Behalf.APPLICANT}
    how = {"posted_at": NOW - timedelta(days=3), "whole": True, "gross": False}
    given = {"papers": (BOOK,), "documents": (), "facts": (), "statement": SAID, **sums, **what, **how}
    return Opening(**given | more)


def opened(database, leg_id=LEG, at=NOW, **more):
    with database.write() as session:
        case, leg = session.get_one(CaseRow, CASE), session.get_one(LegRow, leg_id)
        return open_claim(session, SEALER, case, leg, opening(**more), by="wang", now=at).claim_id


def step(database, claim_id, taken, at=NOW, by="wang"):
    with database.write() as session:
        row = lock_claim(session, claim_id)
        case, leg = session.get_one(CaseRow, CASE), session.get_one(LegRow, row.leg_id)
        take_step(session, SEALER, case, leg, row, taken, by=by, now=at)


def read(database, claim_id):
    with database.read() as session:
        return session.get_one(ClaimRow, claim_id)


def tasks(database):
    with database.read() as session:
        return [
            (t.kind, t.owner, t.resolved_at is None) for t in session.scalars(select(TaskRow).order_by(TaskRow.key))
        ]


def test_a_claim_is_kept_with_its_words_sealed_to_it(database):
    claim_id = opened(database)
    assert claim_id == f"{CASE}-C1"
    row = read(database, claim_id)
    assert (row.state, row.version, row.asked_fen, row.named) == ("OPENED", 1, 3600, (BOOK,))
    assert SAID.encode() not in row.statement
    assert row.said(SEALER) == SAID
    with pytest.raises(Exception, match=""):
        SEALER.open(row.statement, f"claim/{CASE}-C2")
    with database.read() as session:
        (line,) = session.scalars(select(CaseEventRow).filter_by(kind="CLAIM_OPENED"))
        assert (line.actor, line.data) == ("wang", {"claimId": claim_id, "leg": "FORWARD", "legId": LEG})


def test_of_one_leg_one_claim_is_open(database):
    first = opened(database)
    with pytest.raises(IntegrityError):
        opened(database)
    step(database, first, Taken(step=ClaimStep.WITHDRAW, words="找到了"))
    assert opened(database) == f"{CASE}-C2"
    with database.read() as session:
        assert [row.state for row in claims_of(session, CASE)] == ["WITHDRAWN", "OPENED"]


def test_every_step_is_added_and_the_claim_moves_on(database):
    claim_id = opened(database)
    step(database, claim_id, Taken(step=ClaimStep.INQUIRE, inquiry_no="CX2026-01", remote=True))
    row = read(database, claim_id)
    assert (row.state, row.version, row.remote) == ("INQUIRY", 2, True)
    assert row.due_at - NOW > timedelta(days=59)
    step(database, claim_id, Taken(step=ClaimStep.ANSWER, words="查无下落"))
    step(database, claim_id, Taken(step=ClaimStep.ACCEPT, fen=3000), by="li")
    done = {"paper": BOOK.key, "status": ReissueStatus.DONE, "issuer": "上清寺派出所"}
    step(database, claim_id, Taken(step=ClaimStep.REISSUE, **done))
    step(database, claim_id, Taken(step=ClaimStep.SETTLE, receipt_no="FK-01"))
    row = read(database, claim_id)
    assert (row.state, row.accepted_fen, row.due_at, row.look_at, row.closed_at) == ("SETTLED", 3000, None, None, NOW)
    assert (row.named[0].status, row.named[0].issuer) == (ReissueStatus.DONE, "上清寺派出所")
    with database.read() as session:
        events = events_of(session, [claim_id])[claim_id]
        assert [(e.number, e.step, e.state, e.actor) for e in events] == [
            (1, "open", "OPENED", "wang"),
            (2, "inquire", "INQUIRY", "wang"),
            (3, "answer", "ANSWERED", "wang"),
            (4, "accept", "ACCEPTED", "li"),
            (5, "reissue", "ACCEPTED", "wang"),
            (6, "settle", "SETTLED", "wang"),
        ]
        assert events[1].data == {"inquiryNo": "CX2026-01", "remote": True}
        assert [e.said(SEALER) for e in events][2] == "查无下落"
        assert session.query(ClaimEventRow).count() == 6


def test_the_year_ends_a_limit_that_would_reach_beyond_it(database):
    claim_id = opened(database, posted_at=NOW - timedelta(days=364))
    assert read(database, claim_id).due_at < NOW + timedelta(days=2)
    watch_claims(database, NOW)
    assert tasks(database) == [(TaskKind.CLAIM_DUE, "clerk", True)]  # at once


def test_the_clerk_is_told_before_the_end_and_the_supervisor_after_it(database):
    claim_id = opened(database)
    watch_claims(database, NOW)
    assert tasks(database) == []
    soon = read(database, claim_id).look_at
    for _ in range(2):
        watch_claims(database, soon)
    assert tasks(database) == [(TaskKind.CLAIM_DUE, "clerk", True)]
    late = read(database, claim_id).due_at + timedelta(seconds=1)
    for _ in range(2):
        watch_claims(database, late)
    assert tasks(database) == [(TaskKind.CLAIM_OVERDUE, "supervisor", True)]
    with database.read() as session:
        task = session.scalars(select(TaskRow)).one()
        assert (task.deadline_at, task.data["claimId"], task.data["party"]) == (
            read(database, claim_id).due_at, claim_id, "window",
        )  # fmt: skip
    step(database, claim_id, Taken(step=ClaimStep.INQUIRE, inquiry_no="CX2026-01"), at=late)
    assert tasks(database) == [(TaskKind.CLAIM_OVERDUE, "supervisor", False)]
    watch_claims(database, read(database, claim_id).look_at)
    assert (TaskKind.CLAIM_DUE, "clerk", True) in tasks(database)  # of the carrier's thirty days


def test_who_has_gone_on_is_not_told(database):
    claim_id = opened(database)
    soon = read(database, claim_id).look_at
    step(database, claim_id, Taken(step=ClaimStep.INQUIRE, inquiry_no="CX2026-01"))
    watch_claims(database, soon)
    assert tasks(database) == []


def numbers(database, segments, **more):
    with database.read() as session:
        page = read_page(session, select(ClaimRow), segments, size=more.get("size", 9), after=more.get("after"))
        return [row.ClaimRow.number for row in page.rows], page.next


def test_lists_begin_with_what_ends_first_and_turn_by_key(database):
    for serial in (2, 3, 4):
        a_leg(database, f"{CASE}-FORWARD-{serial}")
    _, second, third, fourth = (
        opened(database, f"{CASE}-FORWARD-{serial}", at=NOW + timedelta(days=5 - serial)) for serial in (1, 2, 3, 4)
    )
    step(database, fourth, Taken(step=ClaimStep.WITHDRAW, words="找到了"))
    step(database, second, Taken(step=ClaimStep.INQUIRE, inquiry_no="CX2026-01"))
    assert numbers(database, claim_list()) == ([3, 1, 2, 4], None)
    assert numbers(database, open_claims())[0] == [3, 1, 2]
    page, mark = numbers(database, claim_list(), size=2)
    assert (page, numbers(database, claim_list(), size=2, after=mark)[0]) == ([3, 1], [2, 4])
    assert numbers(database, claim_list(ClaimState.INQUIRY))[0] == [2]
    assert numbers(database, claim_list(ClaimState.WITHDRAWN))[0] == [4]
    assert numbers(database, claim_list(due=read(database, third).due_at))[0] == [3]
