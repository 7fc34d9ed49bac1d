"""Items with random forms, files, counts and refusals: their papers, words and messages are where they should be."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.__main__ import stage_of
from demo.client import Caller
from demo.system import running
from tests.e2e.contents import Content, Hall, faults_of, first_of_each
from tests.e2e.everything import Start, all_starts

pytestmark = pytest.mark.e2e

TIME_SCALE = 240.0
AT_ONCE = 32
PATIENCE_S = 120.0
SEED = 14
SOME = 24
"""Of the 624 items, evenly over the list; all of them are tried by `make soak`."""


def _content_is_right(starts: Sequence[Start]) -> str:
    """What is wrong, and how many cases came to which end."""
    with running(TIME_SCALE, print) as system:
        stage = stage_of(system)
        stage.partners.put("/control/default", {"pace_s": 0.2})
        stage.couriers.put("/control/default", {"pace_s": 0.2})
        supervisor = Caller(system.kuayu, "supervisor")
        halls = [Hall(stage, supervisor, Content.of(start, SEED), PATIENCE_S) for start in starts]
        with ThreadPoolExecutor(AT_ONCE) as people:
            all_played = list(people.map(Hall.carry, halls))
        phones = {message["id"]: message for message in stage.couriers.get("/control/phones")["messages"]}
        parcels = {parcel["legId"]: parcel for parcel in stage.couriers.get("/control/parcels")["parcels"]}
        wrong = [f"{p.story.item} {p.case_no} {p.story.title}: {fault}" for p in all_played
                 for fault in faults_of(system.kuayu, stage, p, phones, parcels)]  # fmt: skip
    ends = Counter(str(played.case.get("status")) for played in all_played)
    return "\n".join([f"{len(starts)} cases, {dict(ends)}, {len(wrong)} faults", *wrong])


def test_the_content_of_some_cases_is_where_it_should_be(capsys):
    each = first_of_each(all_starts())
    told = _content_is_right(each[:: len(each) // SOME])
    with capsys.disabled():
        print(f"\n{told}")
    assert " 0 faults" in told, told


@pytest.mark.soak
def test_the_content_of_every_item_is_where_it_should_be(capsys):
    told = _content_is_right(first_of_each(all_starts()))
    with capsys.disabled():
        print(f"\n{told}")
    assert " 0 faults" in told, told
