"""Collecting at the hall: pressed twice it is one hand-over; nothing is handed over while a material is owed."""

from uuid import uuid4

from sqlalchemy import select

from domain.tasks import TaskKind
from domain.terms import CaseStatus
from storage.parcels.legs import LegRow
from storage.pending_updates import UpdateRow
from storage.tasks.rows import open_task
from tests.unit.web.hall import case_body
from tests.unit.web.test_owing import DEFERRABLE, OWED

PATH = "/api/v1/parcels/XA000000001CN/handover"


def waiting(hall, body=None, **more) -> str:
    """A decided case whose result waits at the hall."""
    case_no = hall.started(body, **more)
    hall.record(case_no, CaseStatus.APPROVED)
    with hall.database.write() as session:
        session.add(
            LegRow(
                leg_id=f"{case_no}-BACK-1", case_no=case_no, handling_no=case_no, leg="BACK", region="510104",
                tracking_no="XA000000001CN", stage="DELIVERED", ordered_at=hall.now,
            )
        )  # fmt: skip
    return case_no


def hand_over(hall):
    return hall.as_().post(PATH, json={"signerKind": "self"}, headers={"Idempotency-Key": uuid4().hex})


def told(hall) -> list[str]:
    with hall.database.read() as session:
        return list(session.scalars(select(UpdateRow.name)))


def test_handing_over_twice_is_handing_over_once(hall):
    waiting(hall)
    assert [hand_over(hall).status_code for _ in range(2)] == [202, 202]
    assert told(hall) == ["handed_over"]


def test_what_comes_to_the_hall_later_is_handed_over_too(hall):
    """The case is told of it by the window's task as well as by the parcel, and once each time."""
    case_no = waiting(hall)
    for time in (1, 2):
        with hall.database.write() as session:
            key, kind = f"{case_no}/{TaskKind.COLLECT_AT_HALL}/{time}", TaskKind.COLLECT_AT_HALL
            task = open_task(session, key=key, kind=kind, case_no=case_no, now=hall.now)
        body = {"outcome": "acknowledge", "reason": "本人已领取"}
        resolved = hall.as_().post(f"/api/v1/tasks/{task}/resolve", json=body)
        assert (resolved.status_code, hand_over(hall).status_code) == (200, 202)
        assert told(hall) == ["handed_over"] * time


def test_nothing_is_handed_over_while_a_material_is_owed(hall):
    waiting(hall, case_body(DEFERRABLE, **{f"m{OWED}": "deferred"}))
    answer = hand_over(hall)
    assert (answer.status_code, answer.json()["code"]) == (409, "DEFERRED_OPEN")
    assert told(hall) == []
