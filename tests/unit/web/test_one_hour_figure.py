"""The one-hour promise is one figure: dashboard, quarter and outlets say the same of the same legs."""

from collections import Counter
from itertools import cycle, islice

import pytest

from domain.terms import Role
from logistics.promise_model import PromiseVerdict
from storage.parcels.legs import LegRow

MANY = tuple(islice(cycle(PromiseVerdict), 30))
SEEN = (PromiseVerdict.KEPT,) * 20 + (PromiseVerdict.BREACHED,) * 3 + (PromiseVerdict.CANCELLED,)
"""20 of 23 kept and one cancelled: said as 0.8696 here and 0.8333 there."""


PROMISE = {
    "provisional": False,
    "verified": True,
    "stopped_at": "2026-11-23T03:00:00+00:00",
    "raw_minutes": 1.0,
    "adjusted_minutes": 1.0,
    "excused": {},
}


@pytest.mark.parametrize("verdicts", [MANY, SEEN, (), (PromiseVerdict.CANCELLED,), (PromiseVerdict.BREACHED,)])
def test_three_pages_one_figure(hall, verdicts):
    case_no = hall.started()
    with hall.database.write() as session:
        for number, verdict in enumerate(verdicts):
            session.add(
                LegRow(
                    leg_id=f"{case_no}-DELIVERY-{number}", case_no=case_no, handling_no=case_no, leg="DELIVERY",
                    region="500103", stage="ASSIGNED", ordered_at=hall.now,
                    promise=PROMISE | {"verdict": verdict},
                )
            )  # fmt: skip
    desk = hall.as_(Role.SUPERVISOR)
    door = desk.get("/api/v1/dashboard").json()["door"]
    quarter = next(f for f in desk.get("/api/v1/reports/2026Q4").json()["figures"] if f["name"] == "oneHour")
    outlets = next(f for f in desk.get("/api/v1/outlets/report").json()["legs"] if f["leg"] == "DELIVERY")
    assert door["share"] == quarter["value"] == outlets["keptShare"]
    assert door["kept"] + door["broken"] == quarter["of"] == outlets["judged"]
    counted = Counter(verdicts)
    if counted[PromiseVerdict.BREACHED] and not counted[PromiseVerdict.KEPT]:
        assert door["share"] == 0
    if verdicts == SEEN:
        assert door["share"] == 0.8696
