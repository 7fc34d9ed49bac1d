"""Pages by key, on both databases: each row once, whatever comes meanwhile, however large the page is."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from domain.errors import BadInput
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Role, Scheme
from storage.cases.case_list import (
    CaseFilter,
    Sought,
    case_list,
    count_cases,
    read_cases,
    sought,
    wanted_cases,
)
from storage.cases.rows import CaseRow, HandlingRow
from storage.keyset import Mark, count_up_to, read_page
from storage.officer_queue import officer_list
from storage.tasks.rows import TaskRow
from storage.work_lists import TaskOrder, task_list
from tests.web.many import BEGAN, DECIDED, case_values, fill, handling_values, number, registered_at, task_values

ROWS = 60


def mixed_case(serial):
    """Urgent, without a boundary, closed, in turn; several have the same boundary."""
    closed_at = registered_at(serial) if serial % 3 == 2 else None
    due_at = BEGAN + timedelta(days=serial % 4) if serial % 3 == 0 else None
    status = CaseStatus.APPROVED if serial % 2 else CaseStatus.SUBMITTED
    return case_values(serial, closed_at=closed_at, due_at=due_at, status=status)


def mixed_handling(serial):
    travels = serial % 5 == 0
    return handling_values(serial, **(DECIDED if serial % 2 else {}), result_travels=travels)


def crowd(database, serials):
    fill(database, CaseRow, map(mixed_case, serials))
    fill(database, HandlingRow, map(mixed_handling, serials))
    fill(database, TaskRow, map(task_values, serials))


LISTS = {
    "tasks, new first": (task_list(TaskOrder.NEW), TaskRow.case_no, range(ROWS)),
    "tasks, due first": (task_list(TaskOrder.DUE), TaskRow.case_no, range(ROWS)),
    "tasks of a role": (task_list(TaskOrder.DUE, owner=Role.CLERK), TaskRow.case_no, range(ROWS)),
    "what an officer may decide": (
        officer_list(),
        HandlingRow.handling_no,
        [serial for serial in range(ROWS) if serial % 2 == 0 or serial % 5 == 0],
    ),
    "cases": (case_list(CaseFilter()), CaseRow.case_no, range(ROWS)),
    "cases of a status": (case_list(CaseFilter(status=CaseStatus.APPROVED)), CaseRow.case_no, range(1, ROWS, 2)),
    "cases of a network": (case_list(CaseFilter(scheme=Scheme.QUANYU)), CaseRow.case_no, range(ROWS)),
    "cases of a network with few": (
        case_list(CaseFilter(scheme=Scheme.QUANYU), Sought(few_of_scheme=True)),
        CaseRow.case_no,
        range(ROWS),
    ),
    "cases of an item": (case_list(CaseFilter(q="项7")), CaseRow.case_no, (7, 47)),
    "cases by number": (case_list(CaseFilter(q=number(7))), CaseRow.case_no, (7,)),
    "what is due": (case_list(CaseFilter(due=BEGAN + timedelta(days=1))), CaseRow.case_no, None),
    "cases of a clerk": (case_list(CaseFilter(keeper="clerk")), CaseRow.case_no, range(ROWS)),
    "cases of nobody": (case_list(CaseFilter(keeper="nobody")), CaseRow.case_no, ()),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_row_comes_once_though_others_come_meanwhile(database, name, seed):
    segments, column, expected = LISTS[name]
    chosen, later = random.Random(seed), iter(range(ROWS, 10 * ROWS))
    crowd(database, range(ROWS))
    seen, after = [], None
    while True:
        with database.read() as session:
            page = read_page(session, select(column.label("no")), segments, size=chosen.randint(1, 9), after=after)
        seen += [row.no for row in page.rows]
        if page.next is None:
            break
        after = page.next
        crowd(database, [next(later) for _ in range(chosen.randint(0, 2))])
    before = {number(serial) for serial in range(ROWS)}
    assert len(seen) == len(set(seen))
    if expected is not None:
        assert set(seen) & before == {number(serial) for serial in expected}
    else:
        assert seen


def test_urgent_comes_first_and_closed_last(database):
    crowd(database, range(12))
    with database.read() as session:
        shown = read_cases(session, case_list(CaseFilter()), size=50).rows
    urgent, rest = [line for line in shown if line.due_at], [line for line in shown if not line.due_at]
    assert [line.case_no for line in shown] == [line.case_no for line in urgent + rest]
    assert urgent == sorted(urgent, key=lambda line: (line.due_at, line.case_no))
    open_, closed = [line for line in rest if not line.closed_at], [line for line in rest if line.closed_at]
    assert rest == open_ + closed
    assert [line.case_no for line in closed] == sorted((line.case_no for line in closed), reverse=True)


@pytest.mark.parametrize("wanted", [CaseFilter(), CaseFilter(status=CaseStatus.APPROVED)])
def test_counting_pages_off_and_turning_them_shows_the_same(database, wanted):
    crowd(database, range(30))
    segments, after, skip = case_list(wanted), None, 0
    with database.read() as session:
        while True:
            turned = read_cases(session, segments, size=4, after=after)
            assert read_cases(session, segments, size=4, skip=skip) == turned
            if turned.next is None:
                break
            after, skip = turned.next, skip + 4
        assert read_cases(session, segments, size=4, skip=1000).rows == []


def test_what_has_no_deadline_is_due_since_it_was_opened(database):
    fill(database, CaseRow, iter(case_values(serial) for serial in range(3)))
    deadlines = {0: BEGAN + timedelta(days=3), 1: None, 2: BEGAN + timedelta(days=1)}
    opened = BEGAN + timedelta(days=2)
    tasks = (task_values(serial, opened_at=opened, deadline_at=at) for serial, at in deadlines.items())
    fill(database, TaskRow, tasks)
    with database.read() as session:
        page = read_page(session, select(TaskRow), task_list(TaskOrder.DUE), size=9)
    assert [row.TaskRow.case_no for row in page.rows] == [number(2), number(1), number(0)]


def test_resolved_tasks_come_latest_first_and_open_ones_not_at_all(database):
    fill(database, CaseRow, iter(case_values(serial) for serial in range(4)))
    fill(database, TaskRow, (task_values(n, resolved_at=BEGAN - timedelta(days=n) if n else None) for n in range(4)))
    with database.read() as session:
        page = read_page(session, select(TaskRow), task_list(TaskOrder.NEW, resolved=True, owner=Role.CLERK), size=9)
        other = read_page(session, select(TaskRow), task_list(TaskOrder.NEW, kind=TaskKind.POST_CHECK), size=9)
    assert [row.TaskRow.case_no for row in page.rows] == [number(1), number(2), number(3)]
    assert other.rows == []


def test_counting_stops_at_its_bound(database):
    crowd(database, range(20))
    with database.read() as session:
        assert count_up_to(session, case_list(CaseFilter()), 500) == 20
        assert count_up_to(session, case_list(CaseFilter()), 9) == 9


@pytest.mark.parametrize(
    "mark",
    [
        Mark(segment=7, id=number(1)),
        Mark(segment=-1, id=number(1)),
        Mark(segment=0, id=number(1)),
        Mark(segment=1, at=BEGAN, id=number(1)),
        Mark(segment=1, id="\x00"),
        Mark(segment=0, at=BEGAN.replace(year=1), id=number(1)),
        Mark(segment=0, at=BEGAN.replace(year=9999), id=number(1)),
        Mark(segment=0, at=BEGAN.replace(tzinfo=None), id=number(1)),
    ],
)
def test_a_place_that_nobody_was_given_is_refused(database, mark):
    with database.read() as session, pytest.raises(BadInput, match="翻页"):
        read_page(session, select(CaseRow.case_no), case_list(CaseFilter()), size=5, after=mark)


def test_every_declared_index_is_there(database):
    """SQLite cannot compare indexes on expressions, and rebuilding a table forgets them."""
    catalogue = {"sqlite": "SELECT name FROM sqlite_master", "postgresql": "SELECT indexname FROM pg_indexes"}
    with database.read() as session:
        there = set(session.scalars(text(catalogue[session.get_bind().dialect.name])))
    declared = {index.name for table in CaseRow.metadata.sorted_tables for index in table.indexes}
    assert declared - there == set()


@pytest.mark.parametrize("bound", [1, 7, ROWS, ROWS + 9])
def test_cases_of_a_network_alone_are_counted_by_their_handlings(database, bound):
    crowd(database, range(ROWS))
    second = (handling_values(serial, handling_no=number(ROWS + serial), case_no=number(serial)) for serial in range(9))
    fill(database, HandlingRow, second)
    for asked in (CaseFilter(scheme=Scheme.QUANYU), CaseFilter(scheme=Scheme.QUANYU, status=CaseStatus.APPROVED)):
        with database.read() as session:
            segments = case_list(asked)
            counted = count_cases(session, asked, segments, bound)
            assert counted == count_up_to(session, segments, bound)


SOUGHT = ("项7", "项", "50", "5", "9", "没有", "项%", "")


@pytest.mark.parametrize("few", [0, 5, 2_000])
def test_what_is_sought_is_found_alike_however_it_is_looked_up(database, monkeypatch, few):
    """Beside each answer stands the one for which every case was tested."""
    crowd(database, range(ROWS))
    monkeypatch.setattr("storage.cases.case_list._FEW", few)
    for q in SOUGHT:
        for more in ({}, {"status": CaseStatus.APPROVED}, {"scheme": Scheme.QUANYU}, {"due": BEGAN}):
            asked = CaseFilter(q=q, **more)
            with database.read() as session:
                plain = read_cases(session, case_list(asked), size=ROWS).rows
                assert read_cases(session, wanted_cases(session, asked), size=ROWS).rows == plain


def test_what_stands_in_no_name_is_found_nowhere_without_a_look_at_the_cases(database):
    crowd(database, range(ROWS))
    with database.read() as session:
        known = sought(session, CaseFilter(q="没有"))
        assert known.names == () and not known.numbered


def test_an_item_that_was_renamed_is_found_by_its_new_name(database):
    crowd(database, range(2))
    with database.write() as session:
        session.get_one(CaseRow, number(0)).item_name = "新名称"
    with database.read() as session:
        found = [read_cases(session, wanted_cases(session, CaseFilter(q=q)), size=9).rows for q in ("新名", "项1")]
    assert [[line.case_no for line in lines] for lines in found] == [[number(0)], [number(1)]]
