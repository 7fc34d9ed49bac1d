"""The two cases that are measured: one done online, and one whose originals travel over four legs."""

from dataclasses import dataclass

from bench.bare_case import Outline
from demo.stories import ACCEPTED, APPROVED, ARRIVED_S, CHENGDU, RECEIVED, RESULT_SENT, STORIES, Story

_ONLINE = next(story for story in STORIES if story.item == "YZ-HRSS-001" and not story.does and not story.outage)
_FOUR_LEGS = Story(
    "川渝·异地代收代办·四程寄递",
    "YZ-NHSA-016",
    (CHENGDU,),
    pickup=True,
    delivery=True,
    partner_script=({"await": "papers"}, RECEIVED, ACCEPTED, APPROVED, {**RESULT_SENT, "after_s": ARRIVED_S}),
    legs=("PICKUP", "FORWARD", "BACK", "DELIVERY"),
)


@dataclass(frozen=True)
class Shape:
    """A case of ours, and the bare one beside it.

    `outline` and those of its legs have together the events that ours had when this was written. They stay when ours
    gets fewer: 10 activities, 4 Updates and 3 timers online; 50, 26 and 15 over four legs.
    """

    name: str
    story: Story
    outline: Outline
    first_number: int
    """Applicants of one shape are no one else's."""
    cases: int
    """So many a pass."""
    at_once: int
    """So many are under way together. Papers travel for three quarters of a minute in which nobody computes: where too
    few are under way, it is the journey that is measured. Where there are more than ten couriers reach within their
    hour, which lasts nine seconds here, it is the planning of visits that come late."""


SHAPES = (
    Shape("online", _ONLINE, Outline(before=4, said=4, after=2, timers=3), 0, cases=60, at_once=50),
    Shape(
        "four_legs",
        _FOUR_LEGS,
        Outline(before=4, said=6, after=4, timers=3, legs=4, leg=Outline(before=2, said=5, after=2, timers=3)),
        50_000,
        cases=40,
        at_once=40,
    ),
)
