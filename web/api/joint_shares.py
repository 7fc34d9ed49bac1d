"""From the places that a clerk names to one handling for each step of the item (多地联办).

Wrong combinations are refused at their field.
"""

from collections.abc import Sequence
from typing import NamedTuple

from catalog.joint import JointRole, JointStep
from catalog.model import ServiceItem
from catalog.routing import Route
from domain.messages import HandlingPlan
from domain.terms import Leg, Mode
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import HandlingRequest


class Share(NamedTuple):
    """One handling to be. `step` None: the only one at its place, beside the others. `role`: as the clerk named it."""

    route: Route
    role: str | None
    step: JointStep | None = None


def shares_of(item: ServiceItem, places: Sequence[HandlingRequest], routes: Sequence[Route]) -> list[Share]:
    """One share for each step of the item at the place with its role, in the order of the steps.

    An item without order has one at each place. `routes`: of the places, in their order.

    Raises:
        Unprocessable: REGION_TWICE, ROLE_UNKNOWN, ROLE_NEEDED, ROLE_TWICE, ROLE_MISSING.
    """
    _check_regions(routes)
    asked = item.roles if any(route.mode is Mode.JOINT for route in routes) else ()
    _check_roles(asked, places)
    if not asked:
        return [Share(route, None) for route in routes]
    at = {place.role: route for place, route in zip(places, routes, strict=True)}
    return [Share(at[step.role], step.role, step) for step in item.order]


def plans_of(shares: Sequence[Share], numbers: Sequence[str]) -> tuple[HandlingPlan, ...]:
    """The plans of a case, each with the numbers of those that must be approved before it begins."""
    number_of = {share.step.name: number for share, number in zip(shares, numbers, strict=True) if share.step}
    return tuple(
        HandlingPlan(
            handling_no=number,
            region=share.route.region,
            role=share.role,
            scheme=share.route.scheme,
            partner=share.route.partner,
            mode=share.route.mode,
            originals_travel=Leg.FORWARD in share.route.legs,
            result_travels=Leg.BACK in share.route.legs,
            step=share.step.name if share.step else None,
            after=tuple(number_of[name] for name in share.step.after) if share.step else (),
        )
        for share, number in zip(shares, numbers, strict=True)
    )


def _check_regions(routes: Sequence[Route]) -> None:
    taken: set[str] = set()
    for place, route in enumerate(routes):
        if route.region in taken:
            told = "这个办理地已经选过，同一地只能选一次，请改选"
            raise Unprocessable(told, code="REGION_TWICE", field=f"handlings.{place}.region")
        taken.add(route.region)


def _check_roles(asked: Sequence[JointRole], places: Sequence[HandlingRequest]) -> None:
    """Every role once, and no other."""
    taken: set[str] = set()
    for number, place in enumerate(places):
        field = f"handlings.{number}.role"
        if place.role is None and not asked:
            continue
        if not asked:
            raise Unprocessable("该事项不分办理地的角色，请留空", code="ROLE_UNKNOWN", field=field)
        if place.role is None:
            raise Unprocessable(f"请选择这个办理地是{'还是'.join(asked)}", code="ROLE_NEEDED", field=field)
        if place.role not in asked:
            raise Unprocessable(f"办理地的角色应为：{'、'.join(asked)}", code="ROLE_UNKNOWN", field=field)
        if place.role in taken:
            told = f"已有一个办理地是{place.role}，请改选别的角色"
            raise Unprocessable(told, code="ROLE_TWICE", field=field)
        taken.add(place.role)
    if missing := [role for role in asked if role not in taken]:
        told = f"该事项要由{'、'.join(asked)}共同办理，还缺{'、'.join(missing)}"
        raise Unprocessable(told, code="ROLE_MISSING", field=f"handlings.{len(places) - 1}.role")
