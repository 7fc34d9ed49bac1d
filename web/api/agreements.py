"""`/agreements`: the district's directory of agreements (合作协议), read by everybody, replaced by a supervisor."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from catalog import regions
from catalog.agreement_list import (
    AgreementsPlan,
    export_agreements,
    export_agreements_xlsx,
    plan_agreements,
    version_of,
)
from catalog.agreements import DECLARED, Agreement
from catalog.exchange import MAX_BYTES
from domain.terms import Scheme
from storage.catalogue import ListKind, apply_agreements, newest, read_agreements
from web.answers.bodies import file_body_of, file_of
from web.answers.catalogue import AgreementChange, AgreementList
from web.api.reports import XLSX
from web.foundation.context import Context, Ctx
from web.foundation.problems import problem
from web.security.session import Anybody, Supervisor

router = APIRouter(prefix="/api/v1/agreements", tags=["事项"])

_TABLE = ("text/csv", XLSX)
_TABLES: dict[int | str, dict[str, Any]] = {200: file_of(*_TABLE)}
_ZIP = b"PK\x03\x04"


@router.get("", operation_id="listAgreements", response_model=AgreementList, responses=_TABLES)
def agreements(
    _anybody: Anybody,
    ctx: Ctx,
    scheme: Scheme | None = None,
    region: Annotated[str | None, Query(pattern=r"^[0-9]{6}$", description="those that cover this region")] = None,
    format: Literal["json", "csv", "xlsx"] = "json",
) -> Response:
    """346 declared, so many recorded; each with scope, contact, dates and whether the district has confirmed it.

    `csv` and `xlsx` give the whole list, as `PUT` takes it.
    """
    agreed = ctx.agreements
    if format != "json":
        data = export_agreements(agreed) if format == "csv" else export_agreements_xlsx(agreed)
        headers = {"Content-Disposition": f'attachment; filename="agreements.{format}"'}
        return Response(data, media_type="text/csv; charset=utf-8" if format == "csv" else XLSX, headers=headers)
    covering = set(regions.outwards(region)) if region else None
    found = [
        agreement
        for agreement in agreed.all
        if (scheme is None or agreement.scheme is scheme) and (covering is None or agreement.region in covering)
    ]
    said = {"declared": DECLARED, "recorded": agreed.recorded, "summary": agreed.summary}
    version = version_of(export_agreements(agreed))
    return JSONResponse(said | {"version": version, "agreements": [agreement_facts(each) for each in found]})


@router.put("", operation_id="putAgreements", response_model=AgreementChange, openapi_extra=file_body_of(*_TABLE))
async def replace(
    request: Request,
    supervisor: Supervisor,
    ctx: Ctx,
    apply: Annotated[bool, Query(description="put it in force; without it only the differences")] = False,
) -> Response:
    """Check a whole list (CSV or XLSX as the body) and answer what would change; a dry run without `apply`.

    All or nothing. Refused: 413 LIST_TOO_LARGE; 422 LIST with every fault by row and column.
    """
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            return problem(413, "清单文件超过20 MB，请检查。", code="LIST_TOO_LARGE")
    plan = await asyncio.to_thread(_plan, ctx, bytes(data), supervisor.username if apply else None)
    if plan.errors:
        faults = [{"field": f"{error.row}.{error.column}", "detail": str(error)} for error in plan.errors]
        return problem(422, f"有{len(faults)}处错误，未导入", code="LIST", errors=faults)
    return JSONResponse(
        {
            "applied": apply,
            "version": plan.version,
            "summary": plan.diff.summary,
            "added": [agreement_facts(each) for each in plan.diff.added],
            "removed": [agreement_facts(each) for each in plan.diff.removed],
        }
    )


def _plan(ctx: Context, data: bytes, by: str | None) -> AgreementsPlan:
    """What would change; put in force by `by`, unless that is None or the list has errors.

    Read and compared before anything is written: 20 MB take seconds, in which no writer must have to wait.
    """
    name = "agreements.xlsx" if data.startswith(_ZIP) else "agreements.csv"
    codes = ctx.catalogue.by_code
    with ctx.database.read() as session:
        agreed = read_agreements(newest(session, ListKind.AGREEMENTS))
    plan = plan_agreements(agreed, name, data, codes)
    if by is not None and not plan.errors:
        with ctx.database.write() as session:
            apply_agreements(session, plan.version, plan.csv, by=by, now=ctx.now())
    return plan


def agreement_facts(agreement: Agreement) -> dict[str, Any]:
    """One agreement as JSON; null in `items` or `modes` means all."""
    region = regions.find(agreement.region)
    return {
        "scheme": agreement.scheme,
        "region": agreement.region,
        "regionName": region.full_name if region else None,
        "items": None if agreement.items is None else sorted(agreement.items),
        "modes": None if agreement.modes is None else sorted(agreement.modes),
        "contact": agreement.contact,
        "postalAddress": agreement.postal_address,
        "validFrom": agreement.valid_from.isoformat() if agreement.valid_from else None,
        "validTo": agreement.valid_to.isoformat() if agreement.valid_to else None,
        "delegated": sorted(agreement.delegated),
        "confirmed": agreement.confirmed,
    }
