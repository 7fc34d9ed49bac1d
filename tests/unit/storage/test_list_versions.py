"""Versions of the district's lists: all kept, the newest in force, a new calendar told to every open case."""

from datetime import timedelta

from sqlalchemy import select

from catalog.agreement_list import plan_agreements, seeded
from catalog.items import load
from catalog.model import Catalogue
from catalog.notices import load_notice
from catalog.workdays import bundled_calendar
from storage.cases.rows import CaseRow
from storage.catalogue import (
    InForce,
    ListKind,
    ListVersionRow,
    apply_agreements,
    apply_calendar,
    apply_items,
    newest,
    read_agreements,
    read_calendar,
    read_items,
    usage_counts,
)
from storage.pending_updates import UpdateRow
from tests.unit.catalog.test_notices import NOTICE_2027
from tests.unit.storage.casework import CASE, NOW, TO_COME, register


def _renamed() -> Catalogue:
    first, *rest = load().items
    changed = first.model_copy(update={"name": first.name + "（新）"})
    aliases = tuple(
        a.model_copy(update={"item_name": changed.name}) if a.item_code == first.code else a for a in load().aliases
    )
    return Catalogue(version="other", items=(changed, *rest), aliases=aliases)


def test_without_a_version_the_bundled_lists_are_in_force(database):
    with database.read() as session:
        assert read_items(newest(session, ListKind.ITEMS)) is load()
        assert read_agreements(newest(session, ListKind.AGREEMENTS)) is seeded()
        assert read_calendar(newest(session, ListKind.CALENDAR)) is bundled_calendar()


def test_an_applied_list_is_in_force_at_once_and_earlier_ones_are_kept(database):
    in_force = InForce(database, ListKind.ITEMS, read_items)
    assert in_force() is load()
    with database.write() as session:
        apply_items(session, _renamed(), by="supervisor", now=NOW)
    assert in_force().items[0].name.endswith("（新）")
    assert in_force() is in_force()
    with database.write() as session:
        apply_items(session, load(), by="supervisor", now=NOW)
    assert in_force().items == load().items
    with database.read() as session:
        kept = session.scalars(select(ListVersionRow).order_by(ListVersionRow.id)).all()
        assert [row.applied_by for row in kept] == ["supervisor", "supervisor"]
        assert read_items(kept[0]).items[0].name.endswith("（新）")


def test_agreements_come_back_as_applied(database):
    plan = plan_agreements(
        seeded(),
        "a.csv",
        b"scheme,region,scope,modes,contact,postal_address,valid_from,"
        b"valid_to,delegated,confirmed\nchuanyu,511602,*,*,,,,,,yes\n",
        load().by_code,
    )
    with database.write() as session:
        apply_agreements(session, plan.version, plan.csv, by="supervisor", now=NOW)
    with database.read() as session:
        assert read_agreements(newest(session, ListKind.AGREEMENTS)).recorded == 1


def test_a_new_calendar_is_told_to_every_open_case_once_per_version(database):
    register(database)
    register(database, TO_COME)
    with database.write() as session:
        session.get_one(CaseRow, TO_COME).closed_at = NOW
    calendar = load_notice(bundled_calendar(), "2027.csv", NOTICE_2027)
    with database.write() as session:
        assert apply_calendar(session, calendar, by="supervisor", now=NOW) == 1
    with database.write() as session:
        apply_calendar(session, bundled_calendar(), by="supervisor", now=NOW)
    with database.read() as session:
        told = session.scalars(select(UpdateRow).order_by(UpdateRow.id)).all()
        assert [(u.workflow_id, u.name) for u in told] == [(f"case-{CASE}", "calendar_changed")] * 2
        assert [u.argument["version"] for u in told] == [calendar.version, bundled_calendar().version]
        assert read_calendar(newest(session, ListKind.CALENDAR)).version == bundled_calendar().version


def test_only_the_last_ninety_days_are_counted_as_usage(database):
    register(database)
    register(database, TO_COME)
    with database.write() as session:
        session.get_one(CaseRow, TO_COME).registered_at = NOW - timedelta(days=91)
    with database.read() as session:
        assert usage_counts(session, NOW) == {"YZ-1": 1.0}
