"""Matters: every kind says what it is about, by what it ends and what can be done; every call site names it."""

import ast
from pathlib import Path

import pytest

from domain.matters import (
    MATTERS,
    OWN,
    WAITED_FOR,
    End,
    Named,
    clock_matter,
    ending_by,
    gravest,
    matter_of,
    needs,
    outranks,
)
from domain.remedies import REMEDIES
from domain.tasks import RULES, TaskKind

HOUSE = Path(__file__).parents[3]
K = TaskKind
ALL = Named(key="k", case_no="case", handling_no="handling", leg_id="leg", clock="CLOCK")
_MEMBERS = {
    "key": "key",
    "case": "case_no",
    "handling": "handling_no",
    "owner": "handling_no",
    "leg": "leg_id",
    "clock": "data",
}
"""What a pattern needs → the argument of `open_task` that names it."""


@pytest.mark.parametrize("kind", TaskKind)
def test_every_kind_has_a_rule_and_a_remedy(kind):
    rule = MATTERS[kind]
    assert needs(rule.matter) <= set(_MEMBERS)
    assert matter_of(kind, ALL)
    assert REMEDIES[kind].endswith("。")
    assert len(REMEDIES[kind]) <= 60


@pytest.mark.parametrize("end", sorted(set(End) - {End.SETTLED, End.REPLACED, End.BROUGHT, End.HANDED_OVER}))
def test_every_end_closes_something(end):
    assert ending_by(end)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        (K.PROMISE_AT_RISK, K.PROMISE_BROKEN),
        (K.DEADLINE_WARNING, K.DEADLINE_MISSED),
        (K.DEADLINE_MISSED, K.ESCALATED_DEPARTMENT),
        (K.DEEMED_ACCEPTED, K.ESCALATED_DEPARTMENT),
        (K.ESCALATED_DEPARTMENT, K.ESCALATED_DISTRICT),
        (K.DEADLINE_WARNING, K.DEFERRED_LAPSED),
        (K.BAD_RATING, K.REWORK_OVERDUE),
        (K.CLAIM_DUE, K.CLAIM_OVERDUE),
    ],
)
def test_the_graver_kind_of_one_matter_is_shown(lower, higher):
    assert matter_of(lower, ALL) == matter_of(higher, ALL)
    assert outranks(higher, lower)
    assert not outranks(lower, higher)


def test_kinds_of_one_matter_are_of_one_rank_order():
    """Two kinds of one matter never tie, else which is shown would depend on which came first."""
    ranks = [(rule.matter, rule.rank) for rule in MATTERS.values() if rule.matter != OWN]
    assert len(ranks) == len(set(ranks))


def test_what_cannot_name_its_matter_has_one_of_its_own():
    assert matter_of(K.UNKNOWN_EVENT, Named(key="k", case_no="c")) == "k"
    assert matter_of(K.DEADLINE_MISSED, Named(key="k", case_no="c")) == "k"
    assert matter_of(K.DEADLINE_MISSED, Named(key="k", case_no="c", clock="POSTING")) == "c/clock/POSTING"


def test_an_end_closes_what_it_is_the_end_of_and_nothing_else():
    assert ending_by(End.FILE_CAME) == {K.FILE_MISSING}
    voided = {K.DELIVERY_FAILED, K.DISCREPANCY, K.PAPERS_SHORT, K.PARCEL_DAMAGED, K.PLACE_ADDRESS, K.SAME_PERSON}
    assert ending_by(End.VOIDED) == voided
    assert ending_by(End.CORRECTED) == {K.PLACE_ADDRESS}
    assert ending_by(End.FOUND) == {K.PARCEL_LOST}
    assert ending_by(End.REPLAYED) == {K.UNDELIVERABLE_EVENT}


def test_the_end_of_a_leg_closes_what_was_about_its_way():
    on_the_way = {K.PLACE_ADDRESS, K.PROMISE_AT_RISK, K.PROMISE_BROKEN, K.DELIVERY_FAILED, K.TAKE_OVER}
    assert ending_by(End.LEG_ENDED) == on_the_way | {K.PARCEL_LOST, K.LEG_OVERDUE}
    assert ending_by(End.AT_HOME) == on_the_way | {K.RETURN_REQUIRED, K.PARCEL_FOUND}
    assert ending_by(End.MOVED_ON) == {K.PLACE_ADDRESS, K.DELIVERY_FAILED, K.TAKE_OVER}
    assert ending_by(End.ARRIVED) == {K.LEG_OVERDUE}


def test_the_clocks_of_a_closed_case_are_of_no_matter():
    clocks = {K.DEADLINE_WARNING, K.DEADLINE_MISSED, K.DEEMED_ACCEPTED, K.ESCALATED_DEPARTMENT, K.ESCALATED_DISTRICT}
    assert ending_by(End.CLOCK_STOPPED) == clocks
    assert clocks | {K.CASE_BROKEN, K.DEFERRED_LAPSED, K.COLLECT_AT_HALL} <= ending_by(End.CASE_CLOSED)
    assert ending_by(End.GOES_ON) == {K.CASE_BROKEN}


def test_a_clock_of_a_handling_is_one_matter_whoever_names_it():
    assert clock_matter("h", "POSTING") == "h/clock/POSTING"
    assert matter_of(K.DEADLINE_WARNING, Named(key="k", handling_no="h", clock="POSTING")) == "h/clock/POSTING"


def test_of_several_kinds_the_gravest_is_shown_and_of_equals_the_first():
    assert gravest([K.DEADLINE_WARNING, K.ESCALATED_DISTRICT, K.DEADLINE_MISSED]) is K.ESCALATED_DISTRICT
    assert gravest([K.OLD_BATCH, K.STREAM_STOPPED]) is K.OLD_BATCH
    assert not outranks(K.OLD_BATCH, K.STREAM_STOPPED)


def test_what_a_workflow_waits_for_can_be_decided():
    assert {K.CONTRADICTION, K.COMMAND_REFUSED, K.DEFERRED_LAPSED, K.OLD_BATCH, K.LEG_BROKEN} < WAITED_FOR
    for kind in WAITED_FOR:
        assert len(RULES[kind][2]) > 1


def _calls():
    """Every `open_task(…)` of the product: where, the kinds that it names, its arguments."""
    for path in sorted(HOUSE.glob("*/**/*.py")):
        if path.relative_to(HOUSE).parts[0] in ("tests", ".venv") or path.name == "tasks.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "open_task":
                given = {word.arg: word.value for word in node.keywords}
                yield f"{path.relative_to(HOUSE)}:{node.lineno}", _kinds(given["kind"]), set(given)


def _kinds(value):
    named = [n.attr for n in ast.walk(value) if isinstance(n, ast.Attribute) and n.attr in TaskKind.__members__]
    return [TaskKind(name) for name in named]


def test_every_call_site_names_its_matter():
    calls = list(_calls())
    assert len(calls) > 12
    for where, kinds, given in calls:
        for kind in kinds:
            wanted = {_MEMBERS[name] for name in needs(MATTERS[kind].matter)}
            assert "matter" in given or wanted <= given, (where, kind)


NAMES_WHAT_CAME = {K.UNKNOWN_EVENT, K.REFUSED_EVENT, K.UNDELIVERABLE_EVENT, K.NOT_TAKEN, K.VOIDED_ROW}


def test_every_call_site_about_a_message_says_which():
    for where, kinds, given in _calls():
        if NAMES_WHAT_CAME & set(kinds):
            assert "data" in given, where
