"""What the figures ask of documents stands beside them: set with them, and by the migration for rows of before."""

import json

from alembic import command

from catalog.items import load
from storage.cases.rows import CaseRow
from storage.migrating import _config, migrate
from storage.parcels.legs import LegRow
from tests.unit.storage.casework import CASE, NOW, register

ITEM = load().items[0]
OF_CASE = ("item_kind", "statutory_days", "promised_days", "result_form", "rated_score", "rated_side", "rated_rework")


def told(database):
    with database.read() as session:
        case = session.get_one(CaseRow, CASE)
        verdicts = {leg.leg_id[-1]: leg.verdict for leg in session.query(LegRow)}
        return tuple(getattr(case, name) for name in OF_CASE), verdicts


def leg(place, promise):
    return LegRow(leg_id=f"{CASE}-PICKUP-{place}", case_no=CASE, handling_no=CASE, leg="PICKUP", region="500103",
                  stage="ORDERED", ordered_at=NOW, promise=promise)  # fmt: skip


def test_members_are_set_with_their_documents_and_by_the_migration_alike(database):
    register(database)
    with database.write() as session:
        case = session.get_one(CaseRow, CASE)
        case.item = ITEM.snapshot("v").model_dump(mode="json")
        case.rating = {"score": 1, "side": "post"}
        session.add_all([leg(1, {"verdict": "ON_TRACK"}), leg(2, {"promised": False}), leg(3, None)])
    with database.write() as session:
        case = session.get_one(CaseRow, CASE)
        case.rating = {**case.rating, "rework": "reworked"}
        session.get_one(LegRow, f"{CASE}-PICKUP-1").promise = {"verdict": "KEPT"}
    of_item = (ITEM.kind, ITEM.statutory_days, ITEM.promised_days, ITEM.result_form)
    expected = (*of_item, 1, "post", "reworked"), {"1": "KEPT", "2": None, "3": None}
    assert told(database) == expected
    command.downgrade(_config(database.engine), "0014")
    migrate(database.engine)
    assert told(database) == expected


def test_a_case_without_a_rating_has_none(database):
    register(database)
    with database.write() as session:
        session.get_one(CaseRow, CASE).rating = None
    command.downgrade(_config(database.engine), "0014")
    migrate(database.engine)
    assert told(database)[0][4:] == (None, None, None)


OF_PROMISE = ("verdict", "provisional", "stopped", "verified", "raw_minutes", "adjusted_minutes")
STATE = {"verdict": "BREACHED", "provisional": False, "verified": True, "raw_minutes": 70.5, "adjusted_minutes": 61.25}


def of_promises(database):
    with database.read() as session:
        legs = session.query(LegRow).order_by(LegRow.leg_id)
        return [(*(getattr(leg, name) for name in OF_PROMISE), leg.excused and json.loads(leg.excused)) for leg in legs]


def test_a_promise_is_told_by_columns_with_it_and_by_the_migration_alike(database):
    register(database)
    stopped = STATE | {"stopped_at": "2026-11-23T08:00:00Z", "excused": {"APPLICANT": 9.25}}
    with database.write() as session:
        session.add_all([leg(1, stopped), leg(2, STATE | {"stopped_at": None, "excused": {}}), leg(3, None)])
    expected = [
        ("BREACHED", False, True, True, 70.5, 61.25, {"APPLICANT": 9.25}),
        ("BREACHED", False, False, True, 70.5, 61.25, None),
        (None,) * 7,
    ]
    assert of_promises(database) == expected
    command.downgrade(_config(database.engine), "0015")
    migrate(database.engine)
    assert of_promises(database) == expected
