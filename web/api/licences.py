"""Electronic licences at the window (电子证照): what is said of one, and who has looked at it himself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from catalog.licences import licence_types
from catalog.model import ItemSnapshot, ServiceItem
from domain.dossier import DossierMaterial
from domain.identifiers import IdentifierError, check_id
from domain.licences import Licence, LicenceLook
from domain.terms import Provided
from storage.cases.rows import CaseRow, add_event, read_dossier, write_dossier
from web.answers.licences import LicenceTypes
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import LicenceRequest, MaterialRequest
from web.security.session import Anybody

router = APIRouter(prefix="/api/v1", tags=["事项"])


@router.get("/licences", operation_id="listLicences", response_model=LicenceTypes)
def licences(_anybody: Anybody, ctx: Ctx) -> dict[str, Any]:
    """The types of electronic licences. `checked`: their office can be asked; else the clerk looks himself."""
    return {
        "checked": ctx.settings.licences.base_url is not None,
        "types": [
            {"name": one.name, "holder": one.holder, "numberKind": one.number_kind, "department": one.department}
            for one in licence_types().values()
        ],
    }


def with_licences(
    ctx: Context,
    item: ServiceItem | ItemSnapshot,
    materials: tuple[DossierMaterial, ...],
    shapes: Sequence[MaterialRequest],
    clerk: str,
    *,
    asks: bool = False,
) -> tuple[DossierMaterial, ...]:
    """The materials with what was said of their licences; `shapes`: of the request, in the same order.

    `asks`: the office is asked afterwards, if there is one; else the clerk must have looked.

    Raises:
        Unprocessable: of a licence something is not said, not right, not agreed to or not seen (`LICENCE_…`).
    """
    listed = {material.seq: material.e_licence for material in item.materials}
    now = ctx.now()
    office = asks and ctx.settings.licences.base_url is not None
    return tuple(
        _stated(material, shape, listed, clerk, now, place=place, office=office)
        for place, (material, shape) in enumerate(zip(materials, shapes, strict=True))
    )


def to_be_checked(ctx: Context, materials: tuple[DossierMaterial, ...]) -> tuple[int, ...]:
    """Numbers of the materials whose licence the office is asked about; none where there is no office."""
    if ctx.settings.licences.base_url is None:
        return ()
    return tuple(material.seq for material in materials if material.licence is not None)


def note_look(session: Session, ctx: Context, case: CaseRow, seqs: Sequence[int], clerk: str) -> None:
    """A clerk has looked at these licences himself: grade B, in his name. In the caller's transaction."""
    now = ctx.now()
    session.refresh(case, with_for_update=True)
    dossier = read_dossier(case, ctx.sealer)
    for material in dossier.materials:
        if material.seq in seqs and material.licence is not None:
            looked = material.licence.model_copy(update={"look": LicenceLook(by=clerk, at=now)})
            dossier = dossier.replaced(material.with_licence(looked))
    write_dossier(case, ctx.sealer, dossier)
    for seq in seqs:
        add_event(
            session,
            case_no=case.case_no,
            key=f"looked/{seq}",
            kind="LICENCE_LOOKED",
            at=now,
            now=now,
            actor=clerk,
            data={"seq": seq},
        )


def _stated(
    material: DossierMaterial,
    shape: MaterialRequest,
    listed: Mapping[int, str | None],
    clerk: str,
    now: datetime,
    *,
    place: int,
    office: bool,
) -> DossierMaterial:
    field = f"materials.{place}.licence"
    said = shape.licence
    if shape.provided is not Provided.LICENCE:
        if said is not None:
            raise Unprocessable(f"《{material.name}》没有以电子证照提供", code="LICENCE_UNUSED", field=field)
        return material
    if said is None:
        told = f"请填写《{material.name}》所用电子证照的号码和发证机关"
        raise Unprocessable(told, code="LICENCE_MISSING", field=f"{field}.number")
    number = _number_of(said, listed.get(material.seq), field)
    if not said.consent:
        raise Unprocessable(
            "请先取得持证人对核验和使用电子证照的同意", code="LICENCE_CONSENT", field=f"{field}.consent"
        )
    if not office and not shape.checked:
        told = "现在不能联网核验，请当面查看电子证照后勾选“已查看”"
        raise Unprocessable(told, code="LICENCE_LOOK", field=f"materials.{place}.checked")
    look = LicenceLook(by=clerk, at=now) if shape.checked else None
    licence = Licence(
        type=said.type, number=number, issuer=said.issuer, holder=said.holder, consented_at=now, look=look
    )
    return material.with_licence(licence)


def _number_of(said: LicenceRequest, wanted: str | None, field: str) -> str:
    """The number as its type writes it; the type is the one that the item asks for, else one of the 141."""
    if wanted is not None and said.type != wanted:
        raise Unprocessable(f"这项材料应出示电子证照“{wanted}”", code="LICENCE_TYPE", field=f"{field}.type")
    kind = licence_types().get(said.type)
    if kind is None and wanted is None:
        raise Unprocessable(f"没有“{said.type}”这种电子证照", code="LICENCE_TYPE", field=f"{field}.type")
    if kind is None or kind.number_kind is None:
        return said.number
    try:
        return check_id(kind.number_kind, said.number)
    except IdentifierError as fault:
        raise Unprocessable(fault.sentence, code="IDENTIFIER", field=f"{field}.number") from None
