"""The supplement rounds that a case's page has a form for (补正), each with exactly the papers that were named."""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.terms import CaseStatus, WireEvent

BEYOND_THE_LIST = 99
"""The sequence number of a material that the item's list does not have (清单以外的材料)."""


def open_rounds(case: dict[str, Any], materials: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """`[{handlingNo, round, reason, named: [{name, seq}]}]` of the handlings that wait for the applicant.

    `case`: as the interface shows it. `materials`: of its item. `named` is empty where the notice named none.
    """
    waiting = (h for h in case["handlings"] if h["status"] == CaseStatus.SUPPLEMENT_REQUIRED)
    return [_round(handling, case["said"], materials) for handling in waiting]


def _round(
    handling: dict[str, Any], said: Sequence[dict[str, Any]], materials: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    asked = next(_notices(handling, said), None)
    names = (asked["materials"] or []) if asked is not None else []
    known = {material["name"]: material["seq"] for material in materials}
    return {
        "handlingNo": handling["handlingNo"],
        "round": handling["round"],
        "reason": asked["reason"] if asked is not None else None,
        "named": [{"name": name, "seq": known.get(name, BEYOND_THE_LIST)} for name in names],
    }


def _notices(handling: dict[str, Any], said: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Of this handling and round, the newest first."""
    for one in reversed(said):
        ours = one["handlingNo"] == handling["handlingNo"] and one["round"] == handling["round"]
        if ours and one["event"] == WireEvent.NEED_SUPPLEMENT and one["tookEffect"]:
            yield one
