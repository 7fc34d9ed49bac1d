"""Outcomes on which two people agree: each with its reason, none that gives something up forgotten."""

import pytest

from domain.messages import TaskOutcome
from domain.tasks import RULES, TaskKind
from domain.two_people import TWO_PEOPLE, outcomes_of_two

O = TaskOutcome  # noqa: E741
ALONE = {
    *(O.RESUME, O.WAIT, O.RESEND, O.REDELIVER, O.REDISPATCH, O.ACKNOWLEDGE, O.CHECK_AGAIN),  # nothing is given up
    *(O.REWORKED, O.EXPLAINED, O.CHECKED_TRUE, O.KEPT, O.LOOKED, O.RECOUNTED, O.BRING_LATER),
    *(O.GIVE_UP, O.SETTLED),  # the applicant's own word; nobody's
}
"""What one person decides alone."""


def test_of_every_outcome_it_is_decided_if_one_person_is_enough():
    assert {outcome for _, outcome in TWO_PEOPLE} == set(O) - ALONE


@pytest.mark.parametrize("kind", TaskKind)
def test_it_is_so_of_every_kind_that_offers_it(kind):
    assert outcomes_of_two(kind) == tuple(outcome for outcome in RULES[kind][2] if outcome not in ALONE)


@pytest.mark.parametrize("entry", TWO_PEOPLE, ids=str)
def test_each_is_offered_and_says_why(entry):
    kind, outcome = entry
    assert outcome in RULES[kind][2]
    assert 6 <= len(TWO_PEOPLE[entry]) <= 30
    assert not TWO_PEOPLE[entry].endswith("。")
