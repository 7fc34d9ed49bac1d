"""A joint case as lanes (联办泳道): one per authority, with what it waits for, its clock and its parcel."""

from collections.abc import Sequence
from typing import Any

from domain.terms import CaseStatus
from web.views.authority_names import short_place


def lanes_of(case: dict[str, Any]) -> list[dict[str, Any]]:
    """`[{handling, title, place, after, clock, parcel}]` in their order; [] for a case of one authority.

    `after`: the titles of the lanes whose result it waits for, whether they have it or not. `clock`, `parcel`: the one
    that ends first, the last that was ordered; None where none is. `case`: as `web.views.cases.full` has it.
    """
    handlings = case["handlings"]
    if len(handlings) < 2:
        return []
    titles = {h["handlingNo"]: _title(h, number) for number, h in enumerate(handlings, start=1)}
    return [
        {
            "handling": handling,
            "title": titles[handling["handlingNo"]],
            "place": short_place(handling["region"]),
            "after": [titles[number] for number in handling["after"] if number in titles],
            "clock": _first(case["deadlines"], handling["handlingNo"]),
            "parcel": _first([p for p in reversed(case["parcels"]) if p["endedAt"] is None], handling["handlingNo"]),
            "waits": handling["status"] == CaseStatus.WAITING,
        }
        for handling in handlings
    ]


def _title(handling: dict[str, Any], number: int) -> str:
    return str(handling["step"] or handling["role"] or f"第 {number} 地")


def _first(rows: Sequence[dict[str, Any]], number: str) -> dict[str, Any] | None:
    return next((row for row in rows if row["handlingNo"] == number), None)
