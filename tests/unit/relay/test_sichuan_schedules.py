"""Whatever the network does to a handling's callbacks, our truth about it ends the same."""

import itertools
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.identifiers import make_case_number
from tests.unit.relay.sichuan_callbacks import SichuanOffice, callback, content, open_sichuan_office
from tests.unit.relay.sichuan_refusals import RESULT

WAY = [
    ("RECEIVED", {}),
    ("ACCEPTED", {}),
    ("REVIEWING", {}),
    ("ARCHIVED", {}),
    ("APPROVED", {"result": RESULT}),
    ("RESULT_SENT", {"trackingNo": "EB000717618CN"}),
]
serials = itertools.count(1)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_sichuan_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.database.close()


def play(office: SichuanOffice, order: list[int], lost: list[bool], known_after: int) -> None:
    """Send the callbacks in this order, some twice; after a lost answer the sender sends again at the end."""
    number = make_case_number("500103", date(2026, 11, 22), next(serials))
    said = [
        content(event, seq, f"evt_{number}_{seq}", caseNo=number, payload=payload)
        for seq, (event, payload) in enumerate(WAY, start=1)
    ]
    open_ones, unknown_here = dict.fromkeys(order), True
    for place, index in enumerate(order):
        if place == known_after:
            office.add_case(number)
            unknown_here = False
        status, body = office.send(callback(said[index]))
        assert (status, body["code"]) == ((404, "CY4041") if unknown_here else (200, "0000"))
        if status == 200 and not lost[place % len(lost)]:
            open_ones.pop(index, None)
    if unknown_here:
        office.add_case(number)
    for index in open_ones:
        assert office.send(callback(said[index]))[0] == 200
    truth = office.truth(number)
    assert (truth.state, truth.decision, truth.last_seq) == ("RESULT_SENT", "APPROVED", len(WAY))


schedules = given(
    order=st.permutations(range(len(WAY))).flatmap(
        lambda once: st.lists(st.sampled_from(once), max_size=3).map(lambda more: [*once, *more])
    ),
    lost=st.lists(st.booleans(), min_size=1, max_size=9),
    known_after=st.sampled_from([0, 0, 0, 1, 3, 99]),
)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@schedules
@settings(unhurried, max_examples=500)
def test_any_schedule_ends_alike(office, order, lost, known_after):
    play(office, order, lost, known_after)


@pytest.mark.soak
@schedules
@settings(unhurried, max_examples=5000)
def test_any_of_many_schedules_ends_alike(office, order, lost, known_after):
    play(office, order, lost, known_after)
