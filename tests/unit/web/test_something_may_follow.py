"""What SQL finds for an officer is exactly that of which the wire table says that something may follow."""

from itertools import product

import pytest
from sqlalchemy import select

from domain.terms import Partner, WireEvent
from domain.wire import WireState
from storage.cases.rows import CaseRow, HandlingRow
from storage.keyset import read_page
from storage.officer_queue import officer_list
from tests.web.many import case_values, fill, handling_values
from web.views.handlings import events_now

DECISIONS = (None, WireEvent.APPROVED, WireEvent.REJECTED)
COMBINATIONS = list(product(WireState, DECISIONS, (0, 1), *[(False, True)] * 3, (None, Partner.SICHUAN)))


@pytest.fixture
def handlings(hall):
    """One handling per combination of what decides about it."""
    names = ("wire_state", "decision", "round", "withdrawal_asked", "result_travels", "originals_travel", "partner")
    fill(hall.database, CaseRow, (case_values(serial) for serial in range(len(COMBINATIONS))))
    made = (handling_values(serial, **dict(zip(names, each, strict=True))) for serial, each in enumerate(COMBINATIONS))
    fill(hall.database, HandlingRow, made)
    return hall.database


def test_sql_and_the_wire_table_say_the_same(handlings):
    with handlings.read() as session:
        every = list(session.scalars(select(HandlingRow).where(HandlingRow.partner.is_(None))))
        page = read_page(session, select(HandlingRow), officer_list(), size=len(COMBINATIONS))
        undecided = read_page(session, select(HandlingRow), officer_list(undecided_only=True), size=len(COMBINATIONS))
    may_go_on = {row.handling_no for row in every if events_now(row)}
    assert {row.HandlingRow.handling_no for row in page.rows} == may_go_on
    assert 0 < len(may_go_on) < len(every)
    still_open = {row.handling_no for row in every if events_now(row) and row.decision is None}
    assert [row.HandlingRow.handling_no for row in undecided.rows] == sorted(still_open)
    assert [row.HandlingRow.handling_no for row in page.rows][: len(still_open)] == sorted(still_open)
