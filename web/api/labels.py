"""Labels for the printer: of a parcel, of the seal of its dossier, of a bag."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response

from domain.errors import NotFound
from logistics import labels
from logistics.bag_labels import BagLabel, bag_pdf, bag_png
from parcels.outlets import outlet_now
from runtime.container import label_key
from storage.parcels.bags import BagRow
from web.api.parcels import leg_of
from web.api.work_lists import contact_of
from web.foundation.context import Ctx
from web.foundation.problems import Unprocessable
from web.security.session import OutletStaff
from web.views.bags import place_names
from web.views.labels import seal_of, waybill_of

router = APIRouter(prefix="/api/v1", tags=["寄递"])

_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}, "image/png": {}}, "description": "PDF or PNG"}
}

BagNo = Annotated[str, Path(pattern=r"^[A-Z0-9-]{4,32}$")]


class LabelKind(StrEnum):
    """Which label (标签): the waybill, or the seal of the dossier."""

    WAYBILL = "waybill"
    SEAL = "seal"


class LabelSize(StrEnum):
    """Millimetres of the label paper (标签纸)."""

    LARGE = "76x130"
    SMALL = "60x40"


class LabelFormat(StrEnum):
    """PDF: for a printer with a driver. PNG: for one that takes bitmaps, at 203 dpi."""

    PDF = "pdf"
    PNG = "png"


@router.get("/parcels/{tracking_no}/label.pdf", operation_id="getLabel", response_class=Response, responses=_FILE)
def get_label(
    tracking_no: str,
    _staff: OutletStaff,
    ctx: Ctx,
    kind: LabelKind = LabelKind.WAYBILL,
    format: LabelFormat = LabelFormat.PDF,
    size: LabelSize | None = None,
) -> Response:
    """The waybill (76 × 130 mm, or 60 × 40 mm by `size`) or the dossier's seal (60 × 40 mm only); people are masked.

    Refused: 404 PARCEL_UNKNOWN; 422 NO_NUMBER, NO_ADDRESS, NO_SEAL, NUMBER_FORM.
    """
    key = label_key(ctx.settings)
    drawn = format is LabelFormat.PNG
    with ctx.database.read() as session:
        leg = leg_of(session, tracking_no)
        try:
            if kind is LabelKind.SEAL:
                seal = seal_of(leg, ctx.now())
                data = labels.seal_png(seal, key) if drawn else labels.seal_pdf(seal, key)
            else:
                outlet = outlet_now(session, leg.outlet_id).name if leg.outlet_id else None
                waybill = waybill_of(leg, contact_of(ctx, leg), outlet, ctx.now())
                data = _waybill(waybill, key, size, drawn=drawn)
        except ValueError as fault:
            raise Unprocessable("这个邮件号不能印成条码", code="NUMBER_FORM") from fault
    return _file(data, kind, format)


def _waybill(waybill: labels.Waybill, key: bytes, size: LabelSize | None, *, drawn: bool) -> bytes:
    if size is LabelSize.SMALL:
        return labels.small_waybill_png(waybill, key) if drawn else labels.small_waybill_pdf(waybill, key)
    return labels.waybill_png(waybill, key) if drawn else labels.waybill_pdf(waybill, key)


def _file(data: bytes, name: str, format: LabelFormat) -> Response:
    """A label for the printer; `name` of the file without its ending."""
    media = "image/png" if format is LabelFormat.PNG else "application/pdf"
    shown = f'inline; filename="{name}.{format}"'
    return Response(data, media_type=media, headers={"Content-Disposition": shown, "Cache-Control": "no-store"})


@router.get("/bags/{bag_no}/label.pdf", operation_id="getBagLabel", response_class=Response, responses=_FILE)
def get_bag_label(
    bag_no: BagNo,
    _staff: OutletStaff,
    ctx: Ctx,
    format: LabelFormat = LabelFormat.PDF,
    size: LabelSize = LabelSize.LARGE,
) -> Response:
    """The label of a bag, 76 × 130 or 60 × 40 mm. Refused: 404 BAG_UNKNOWN; 422 NUMBER_FORM."""
    with ctx.database.read() as session:
        bag = session.get(BagRow, bag_no)
        if bag is None or bag.closed_at is None:
            raise NotFound("还没有这个袋子的封袋记录，请先上传扫描", code="BAG_UNKNOWN")
        names = place_names(session)
    label = BagLabel(
        bag_no=bag.bag_no,
        origin=names.get(bag.origin, bag.origin),
        destination=names.get(bag.destination, bag.destination),
        parcels=bag.expected,
        seal_no=bag.seal_no,
        closed_at=bag.closed_at,
    )
    small = size is LabelSize.SMALL
    try:
        data = bag_png(label, small=small) if format is LabelFormat.PNG else bag_pdf(label, small=small)
    except ValueError as fault:
        raise Unprocessable("这个袋号不能印成条码", code="NUMBER_FORM") from fault
    return _file(data, "bag", format)
