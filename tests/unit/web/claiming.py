"""Parcels that got lost, came damaged or with less in them, and claims for them over HTTP."""

from datetime import timedelta
from uuid import uuid4

from domain.terms import Role
from storage.parcels.legs import LegRow
from storage.parcels.papers import PaperSightingRow
from tests.unit.web.hall import case_body

NUMBER = "EA054568951CN"
BOOK = {"name": "居民户口簿", "form": "original", "count": 1}
COPY = {"name": "身份证复印件", "form": "copy", "count": 2}


def a_parcel(hall, stage="LOST", leg="FORWARD", case_no=None, **more):
    """A leg of a new case, as its workflow would have left it; its id."""
    case_no = case_no or hall.started(case_body())
    leg_id = f"{case_no}-{leg}-1"
    at = (hall.now - timedelta(days=3)).isoformat()
    lines = [line | {"paper_no": f"{case_no}-P{place}", "pages": 1} for place, line in enumerate((BOOK, COPY), 91)]
    state = {
        "picked_up": {"at": at, "not_after": at},
        "marks": [{"epoch": 1, "stage": "PICKED_UP", "at": at}, {"epoch": 1, "stage": stage, "at": at}],
    }
    row = {
        "leg_id": leg_id, "case_no": case_no, "handling_no": case_no, "leg": leg, "region": "510104",
        "tracking_no": NUMBER, "stage": stage, "ordered_at": hall.now - timedelta(days=4), "manifest": lines,
        "state": state,
    }  # fmt: skip
    with hall.database.write() as session:
        session.add(LegRow(**row | more))
    return leg_id


def case_of(leg_id):
    return leg_id.split("-")[0]


def counted(hall, leg_id, found, place=91, said=1, where="hand_over"):
    """A count of the parcel's paper that nobody has taken back; a scan's stands in the leg's state too."""
    case_no = case_of(leg_id)
    with hall.database.write() as session:
        session.add(
            PaperSightingRow(
                case_no=case_no, paper_no=f"{case_no}-P{place}", event_id=uuid4().hex, leg_id=leg_id, place=where,
                said=said, counted=found, by="hall", at=hall.now, recorded_at=hall.now,
            )
        )  # fmt: skip


def claim(hall, leg_id, *, role=Role.CLERK, key=None, case_no=None, **more):
    body = {"legId": leg_id, "kind": "LOST", "postageFen": 1200, "askedFen": 3600} | more
    headers = {"Idempotency-Key": key or uuid4().hex}
    return hall.as_(role).post(f"/api/v1/cases/{case_no or case_of(leg_id)}/claims", json=body, headers=headers)


def claimed(hall, leg_id, **more):
    answer = claim(hall, leg_id, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def step(hall, shown, name, *, role=Role.CLERK, key=None, **more):
    """`shown`: the claim as it was read."""
    body = {"step": name, "version": shown["version"]} | more
    headers = {"Idempotency-Key": key or uuid4().hex}
    return hall.as_(role).post(f"/api/v1/claims/{shown['claimId']}/steps", json=body, headers=headers)


def stepped(hall, shown, name, **more):
    answer = step(hall, shown, name, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def answered(hall, leg_id, **more):
    """Inquired, and the carrier has answered."""
    shown = stepped(hall, claimed(hall, leg_id, **more), "inquire", inquiryNo="CX2026-01")
    return stepped(hall, shown, "answer", words="查无下落，按丢失处理")


def of_case(hall, case_no, role=Role.CLERK):
    return hall.as_(role).get(f"/api/v1/cases/{case_no}/claims").json()
