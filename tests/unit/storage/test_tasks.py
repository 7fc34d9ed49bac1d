"""One open task per matter, on both databases: lines, a graver kind, what closes itself, what opens again."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from domain.matters import End
from domain.messages import TaskOutcome
from domain.tasks import TaskKind, task_id
from domain.terms import Role
from storage.tasks.rows import TaskRow, lines_of, open_task, settle_kinds, settle_matter, settle_task, task_of
from tests.unit.storage.casework import CASE, NOW, later

K = TaskKind
LEG = f"{CASE}-DELIVERY-1"


def say(database, kind, what, hours=0, **more):
    """Open a task of the leg, as the projections do."""
    with database.write() as session:
        named = {"case_no": CASE, "handling_no": CASE, "leg_id": LEG} | more
        return open_task(session, key=f"{LEG}/{kind}/{what}", kind=kind, now=later(hours=hours), **named)


def settle(database, kind, what, end=End.VOIDED):
    with database.write() as session:
        settle_task(session, f"{LEG}/{kind}/{what}", later(hours=9), end)


def resolve(database):
    with database.write() as session:
        for task in session.scalars(select(TaskRow).filter_by(resolved_at=None)):
            task.resolved_at, task.outcome, task.resolved_by = later(hours=5), TaskOutcome.ACKNOWLEDGE, "somebody"


def standing(database):
    """(kind, owner, the kinds of its lines) of what waits."""
    with database.read() as session:
        rows = list(session.scalars(select(TaskRow).filter_by(resolved_at=None).order_by(TaskRow.opened_at)))
        lines = lines_of(session, [row.id for row in rows])
        return [(row.kind, row.owner, [line.kind for line in lines[row.id]]) for row in rows]


def test_two_failures_of_one_leg_are_one_task_with_two_lines(database):
    first = say(database, K.DELIVERY_FAILED, "scan-1", data={"a": 1})
    assert say(database, K.DELIVERY_FAILED, "2", 1, data={"b": 2}) == first
    assert standing(database) == [(K.DELIVERY_FAILED, Role.OUTLET, [K.DELIVERY_FAILED] * 2)]
    with database.read() as session:
        lines = lines_of(session, [first])[first]
    assert [(line.at, line.data) for line in lines] == [(NOW, {"a": 1}), (later(hours=1), {"b": 2})]


def test_a_risk_becomes_broken_and_a_risk_after_it_does_not_make_it_less(database):
    say(database, K.PROMISE_AT_RISK, "promise")
    say(database, K.PROMISE_BROKEN, "promise", 1)
    assert standing(database) == [(K.PROMISE_BROKEN, Role.SUPERVISOR, [K.PROMISE_AT_RISK, K.PROMISE_BROKEN])]
    say(database, K.PROMISE_AT_RISK, "again", 2)
    assert [kind for kind, *_ in standing(database)] == [K.PROMISE_BROKEN]


def test_a_graver_kind_goes_to_its_own_owner(database):
    for kind in (K.DEADLINE_WARNING, K.DEADLINE_MISSED):
        say(database, kind, "ACCEPTANCE-x", leg_id=None, data={"clock": "ACCEPTANCE"})
    say(database, K.DEADLINE_WARNING, "POSTING-x", 1, leg_id=None, data={"clock": "POSTING"})
    assert standing(database) == [
        (K.DEADLINE_MISSED, Role.SUPERVISOR, [K.DEADLINE_WARNING, K.DEADLINE_MISSED]),
        (K.DEADLINE_WARNING, Role.CLERK, [K.DEADLINE_WARNING]),
    ]


def test_a_line_that_is_taken_back_leaves_the_other_and_its_kind(database):
    say(database, K.PROMISE_AT_RISK, "promise")
    say(database, K.PROMISE_BROKEN, "promise", 1)
    settle(database, K.PROMISE_BROKEN, "promise", End.PROMISE_GOOD)
    assert [kind for kind, *_ in standing(database)] == [K.PROMISE_AT_RISK]
    settle(database, K.PROMISE_AT_RISK, "promise", End.PROMISE_GOOD)
    assert standing(database) == []
    with database.read() as session:
        [task] = session.scalars(select(TaskRow))
    assert (task.outcome, task.reason, task.resolved_by) == (TaskOutcome.SETTLED, End.PROMISE_GOOD, "workflow")


def test_what_a_person_has_resolved_stays_resolved_and_news_of_it_opens_anew(database):
    first = say(database, K.DELIVERY_FAILED, "scan-1")
    merged = say(database, K.DELIVERY_FAILED, "scan-2", 1)
    resolve(database)
    settle(database, K.DELIVERY_FAILED, "scan-1")  # too late: it is theirs
    assert say(database, K.DELIVERY_FAILED, "scan-1", 6) == say(database, K.DELIVERY_FAILED, "scan-2", 6) == merged
    assert standing(database) == []
    assert say(database, K.DELIVERY_FAILED, "scan-3", 7) == task_id(f"{LEG}/DELIVERY_FAILED/scan-3") != first
    assert len(standing(database)) == 1


def test_what_had_closed_itself_opens_again_when_it_is_so_again(database):
    say(database, K.PROMISE_AT_RISK, "promise")
    for hour in (1, 2):
        settle(database, K.PROMISE_AT_RISK, "promise", End.PROMISE_GOOD)
        assert standing(database) == []
        say(database, K.PROMISE_AT_RISK, "promise", hour)
        say(database, K.PROMISE_AT_RISK, "promise", hour)
        assert standing(database) == [(K.PROMISE_AT_RISK, Role.SUPERVISOR, [K.PROMISE_AT_RISK])]
    with database.read() as session:
        assert len(session.scalars(select(TaskRow)).all()) == 3  # each with its own beginning and end


def test_of_two_who_say_it_at_once_one_opens_it(database):
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda n: say(database, K.TAKE_OVER, f"{n % 4}"), range(16)))
    assert len(ids) == 1
    assert standing(database) == [(K.TAKE_OVER, Role.OUTLET, [K.TAKE_OVER] * 4)]


def test_what_a_workflow_waits_for_keeps_its_own_id(database):
    clock = {"leg_id": None, "data": {"clock": "DEFERRED_MATERIAL"}}
    say(database, K.DEADLINE_WARNING, "DEFERRED_MATERIAL-x", **clock)
    lapsed = say(database, K.DEFERRED_LAPSED, "1", 1, **clock)
    assert lapsed == task_id(f"{LEG}/DEFERRED_LAPSED/1")
    assert standing(database) == [(K.DEFERRED_LAPSED, Role.SUPERVISOR, [K.DEADLINE_WARNING, K.DEFERRED_LAPSED])]
    with database.read() as session:
        warned = session.get_one(TaskRow, task_id(f"{LEG}/DEADLINE_WARNING/DEFERRED_MATERIAL-x"))
    assert (warned.outcome, warned.reason) == (TaskOutcome.SETTLED, End.REPLACED)
    assert say(database, K.DEFERRED_LAPSED, "2", 2, **clock) != lapsed  # each is asked for under its id
    settle(database, K.DEFERRED_LAPSED, "2", End.SETTLED)
    settle(database, K.DEFERRED_LAPSED, "1", End.SETTLED)
    assert standing(database) == []


def test_two_contradictions_of_one_handling_are_two_matters(database):
    for message in ("m1", "m2"):
        assert say(database, K.CONTRADICTION, message, leg_id=None) == task_id(f"{LEG}/CONTRADICTION/{message}")
    assert len(standing(database)) == 2


def test_a_matter_and_kinds_can_be_settled_as_a_whole(database):
    say(database, K.DELIVERY_FAILED, "1")
    say(database, K.DELIVERY_FAILED, "2")
    say(database, K.DISCREPANCY, "1")
    with database.write() as session:
        settle_matter(session, f"{LEG}/attempt", NOW, End.AT_HOME)
        settle_matter(session, f"{LEG}/nothing", NOW, End.AT_HOME)
    assert [kind for kind, *_ in standing(database)] == [K.DISCREPANCY]
    with database.write() as session, pytest.raises(TypeError, match="whose"):
        settle_kinds(session, {K.DISCREPANCY}, NOW, End.VOIDED)
    with database.write() as session:
        settle_kinds(session, {K.DISCREPANCY}, NOW, End.VOIDED, leg_id=LEG)
    assert standing(database) == []


def test_a_task_is_found_by_any_of_its_keys(database):
    opened = say(database, K.DELIVERY_FAILED, "1")
    say(database, K.DELIVERY_FAILED, "2")
    with database.read() as session:
        assert {task_of(session, f"{LEG}/DELIVERY_FAILED/{n}").id for n in (1, 2)} == {opened}
        assert task_of(session, "unknown") is None
