"""`/items`, `/regions`, `/routes`: what can be carried, where to, and why not."""

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from catalog import regions as region_data
from catalog.eligibility import RouteApplicant
from catalog.forms.choosing import for_situation
from catalog.forms.generic import form_of
from catalog.forms.schema import schema_of
from catalog.model import Listed, ServiceItem
from catalog.routing import Refusal, route
from domain.errors import NotFound
from domain.terms import IdType, Mode, Scheme
from web.answers.catalogue import Item, ItemForm, ItemList, RegionList, RouteFound
from web.api.agreements import agreement_facts
from web.api.judging import SHANGHAI
from web.api.refusals import cannot_go
from web.foundation.context import Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RegionCode, RequestSchema
from web.security.session import Anybody

router = APIRouter(prefix="/api/v1", tags=["事项"])


@router.get("/items", operation_id="listItems", response_model=ItemList)
def items(
    _anybody: Anybody,
    ctx: Ctx,
    q: Annotated[str | None, Query(max_length=40)] = None,
    scheme: Scheme | None = None,
    mode: Mode | None = None,
    department: Annotated[str | None, Query(max_length=40)] = None,
    listed: Listed | None = None,
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 20,
) -> dict[str, Any]:
    """The catalogue; `q`: name, code, alias, pinyin, initials or everyday words, best first. `total`: all that fit."""
    found = ctx.search.find(q or "", scheme=scheme, mode=mode, department=department, listed=listed)
    start = (page - 1) * size
    return {"total": len(found), "items": [_brief(item) for item in found[start : start + size]]}


@router.get("/items/{code}", operation_id="getItem", response_model=Item)
def item(code: str, _anybody: Anybody, ctx: Ctx) -> dict[str, Any]:
    """One item: what to bring, how long it takes, how sure its place in the list is. Refused: 404 ITEM_UNKNOWN."""
    found = ctx.catalogue.get(code)
    if found is None:
        raise NotFound("没有这个事项", code="ITEM_UNKNOWN")
    return _brief(found) | {
        "result": found.result,
        "resultForm": found.result_form,
        "memberships": [
            {
                "scheme": m.scheme,
                "region": m.region,
                "mode": found.mode_in(m),
                "validFrom": m.valid_from.isoformat() if m.valid_from else None,
                "validTo": m.valid_to.isoformat() if m.valid_to else None,
                "source": m.source,
            }
            for m in found.all_memberships
        ],
        "eligibility": _eligibility(found),
        "roles": [role.value for role in found.roles],
        "materials": _materials(found),
    }


def _materials(item: ServiceItem) -> list[dict[str, Any]]:
    return [
        {
            "seq": m.seq,
            "name": m.name,
            "form": m.form,
            "copies": m.copies,
            "required": m.required,
            "eLicence": m.e_licence,
            "commitment": m.commitment,
        }
        for m in item.materials
    ]


@router.get("/items/{code}/form", operation_id="getItemForm", response_model=ItemForm)
def item_form(
    code: str, _anybody: Anybody, ctx: Ctx, situation: Annotated[str | None, Query(max_length=40)] = None
) -> dict[str, Any]:
    """What an item asks for beside its papers: the layout, and the JSON Schema of the answers.

    `situation`: the materials and the fee are those of this situation. Refused: 404 ITEM_UNKNOWN.
    """
    catalogue = ctx.catalogue
    found = catalogue.get(code)
    if found is None:
        raise NotFound("没有这个事项", code="ITEM_UNKNOWN")
    definition = form_of(found)
    chosen = for_situation(found, definition, situation)
    return {
        "itemCode": code,
        "version": catalogue.version,
        "own": found.form is not None,
        "definition": definition.model_dump(mode="json", exclude_defaults=True),
        "schema": schema_of(definition),
        "materials": _materials(chosen),
        "feeYuan": str(chosen.fee_yuan),
    }


def _brief(item: ServiceItem) -> dict[str, Any]:
    return {
        "code": item.code,
        "name": item.name,
        "department": item.department,
        "serviceType": item.service_type,
        "applicant": item.applicant,
        "schemes": list(item.schemes),
        "mode": item.mode,
        "kind": item.kind,
        "statutoryDays": item.statutory_days,
        "promisedDays": item.promised_days,
        "inboundCourier": item.inbound_courier,
        "outboundCourier": item.outbound_courier,
        "feeYuan": str(item.fee_yuan),
        "listed": item.listed,
        "listedLabel": item.listed.label,
        "source": item.source,
    }


def _eligibility(item: ServiceItem) -> dict[str, Any] | None:
    rule = item.eligibility
    if rule is None:
        return None
    return {
        "idTypes": list(rule.id_types),
        "excludedHouseholds": list(rule.excluded_households),
        "reason": rule.reason,
        "instead": rule.instead,
    }


@router.get("/regions", operation_id="listRegions", response_model=RegionList)
def regions(_anybody: Anybody, q: Annotated[str, Query(min_length=1, max_length=40)]) -> dict[str, Any]:
    """GB/T 2260 regions by name, code or initials; the 20 best."""
    found = region_data.search(q)
    return {"regions": [{"code": r.code, "name": r.name, "fullName": r.full_name} for r in found]}


class RouteApplicantRequest(RequestSchema):
    """What routing asks of an applicant; nothing that names a person. Left out: not judged."""

    id_type: IdType | None = None
    household_region: RegionCode | None = None


class RouteRequest(RequestSchema):
    """`POST /routes`. `mode`: None takes the item's own; `date`: None is today (Asia/Shanghai)."""

    item_code: str = Field(max_length=32)
    handling_region: RegionCode
    mode: Mode | None = None
    date: dt.date | None = None
    applicant: RouteApplicantRequest | None = None


@router.post("/routes", operation_id="route", response_model=RouteFound)
def routes(wanted: RouteRequest, _anybody: Anybody, ctx: Ctx) -> dict[str, Any]:
    """Which network would carry an item to a region, and why.

    Refused: 422 with reason and remedy: ITEM_UNKNOWN, ITEM_NOT_IN_FORCE, REGION_UNKNOWN, NO_NETWORK, NO_AGREEMENT,
    MODE, APPLICANT, ID_TYPE, HOUSEHOLD, HOUSEHOLD_UNKNOWN.
    """
    found_item = ctx.catalogue.get(wanted.item_code)
    if found_item is None:
        raise Unprocessable("没有这个事项，请重新选择", code="ITEM_UNKNOWN", field="itemCode")
    applicant = RouteApplicant(**wanted.applicant.model_dump()) if wanted.applicant else None
    found = route(
        found_item,
        wanted.handling_region,
        date=wanted.date or ctx.now().astimezone(SHANGHAI).date(),
        agreements=ctx.agreements,
        mode=wanted.mode,
        applicant=applicant,
    )
    if isinstance(found, Refusal):
        raise cannot_go(found, "handlingRegion")
    return {
        "scheme": found.scheme,
        "partner": found.partner,
        "mode": found.mode,
        "legs": list(found.legs),
        "reason": found.reason,
        "agreement": agreement_facts(found.agreement),
    }
