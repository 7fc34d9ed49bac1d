"""Waybill of 76 × 130 mm and seal of a dossier, 60 × 40 mm (面单与封签), courier.md §8.

One ply, no full personal data and no item's name (GB/T 41833-2022, domain.md §2.8): names, telephone numbers and
addresses of people are masked here, whatever the caller passes. The courier's own list has the rest.
"""

from datetime import datetime

from pydantic import AwareDatetime, Field

from domain.model import Frozen
from domain.terms import Leg
from logistics.label_code import LabelCode, code_text
from logistics.label_page import Bar, Page, Text, centred, code128, fitted, qr, rule, to_pdf, to_png
from logistics.masking import mask_address, mask_name, mask_phone
from logistics.service_calendar import CHINA
from logistics.tracking import is_seal

LEG_TITLE = {
    Leg.PICKUP: "上门揽件",
    Leg.FORWARD: "材料转递",
    Leg.BACK: "结果回寄",
    Leg.DELIVERY: "送达申请人",
}


class LabelParty(Frozen):
    """One side of a waybill. `is_person`: masked; a hall or outlet is printed in full."""

    name: str
    phone: str
    address: str
    is_person: bool = True

    def lines(self) -> tuple[str, str]:
        """(name and telephone, address) as printed."""
        if not self.is_person:
            return f"{self.name}　{self.phone}", self.address
        return f"{mask_name(self.name)}　{mask_phone(self.phone)}", mask_address(self.address)


class Waybill(Frozen):
    """What a waybill says.

    number      S10, 13 digits or ours
    route       where it goes, in large print: an outlet, a hall
    papers      how many sheets or pieces lie inside; what they are is not printed
    printed_at  aware; part of the content, so the same order printed again is another label
    """

    number: str = Field(min_length=1, max_length=32)
    leg: Leg
    sender: LabelParty
    receiver: LabelParty
    route: str = Field(min_length=1, max_length=24)
    papers: int = Field(ge=0)
    seal_no: str | None = None
    printed_at: AwareDatetime


class DossierSeal(Frozen):
    """What the seal of a dossier says: its number, the parcel it closes, how many pieces, when."""

    seal_no: str
    number: str = Field(min_length=1, max_length=32)
    leg: Leg
    papers: int = Field(ge=0)
    sealed_at: AwareDatetime


def waybill_pdf(waybill: Waybill, key: bytes) -> bytes:
    """One page of 76 × 130 mm. `key`: the secret of the square codes.

    Raises:
        ValueError: the number does not fit a bar code.
    """
    return to_pdf(_waybill_page(waybill, key))


def waybill_png(waybill: Waybill, key: bytes) -> bytes:
    """The same page at 203 dpi, 608 × 1040 pixels. Raises ValueError as `waybill_pdf`."""
    return to_png(_waybill_page(waybill, key))


def small_waybill_pdf(waybill: Waybill, key: bytes) -> bytes:
    """The same parcel on a label of 60 × 40 mm: number, where it goes, no person at all. Raises as `waybill_pdf`."""
    return to_pdf(_small_waybill_page(waybill, key))


def small_waybill_png(waybill: Waybill, key: bytes) -> bytes:
    """The same page at 203 dpi, 480 × 320 pixels. Raises ValueError as `waybill_pdf`."""
    return to_png(_small_waybill_page(waybill, key))


def seal_pdf(seal: DossierSeal, key: bytes) -> bytes:
    """One page of 60 × 40 mm.

    Raises:
        ValueError: not one of our seal numbers.
    """
    return to_pdf(_seal_page(seal, key))


def seal_png(seal: DossierSeal, key: bytes) -> bytes:
    """The same page at 203 dpi, 480 × 320 pixels. Raises ValueError as `seal_pdf`."""
    return to_png(_seal_page(seal, key))


_LEFT, _ROOM = 4.0, 68.0  # margins of a waybill, mm


def _waybill_page(waybill: Waybill, key: bytes) -> Page:
    bars: list[Bar] = [rule(_LEFT, 15, _ROOM), rule(_LEFT, 46, _ROOM), rule(_LEFT, 66, _ROOM), rule(_LEFT, 86, _ROOM)]
    bars += code128(waybill.number, 0, 18, 76, 16)
    bars += qr(code_text(LabelCode(number=waybill.number, leg=waybill.leg), key), 46, 92, 27)
    texts = [
        Text(x=_LEFT, y=4, size=5, text="政务专递"),
        fitted(30, 4.5, 4, f"跨域通办 · {LEG_TITLE[waybill.leg]}", 42),
        Text(x=_LEFT, y=10.5, size=3, text="渝中区政务服务大厅　双向寄递"),
        centred(0, 34.75, 4, waybill.number, 76),
        fitted(_LEFT, 39.75, 5, f"→ {waybill.route}", _ROOM),
        *_party_lines("收", waybill.receiver, 49),
        *_party_lines("寄", waybill.sender, 69),
        Text(x=_LEFT, y=90, size=3.5, text=f"内件：办事材料 {waybill.papers} 件"),
        fitted(_LEFT, 96, 3.5, f"封签：{waybill.seal_no or '无'}", 42),
        Text(x=_LEFT, y=102, size=3, text=f"打印：{local_time(waybill.printed_at)}"),
        fitted(_LEFT, 112, 3, "签收前请查验封签与件数，", 42),
        fitted(_LEFT, 116, 3, "破损或不符请当面告知投递员。", 42),
        Text(x=_LEFT, y=123, size=2.5, text="个人信息已隐藏　详细信息仅投递员可见"),
    ]
    title = f"面单 {waybill.number}"
    return Page(width_mm=76, height_mm=130, title=title, bars=tuple(bars), texts=tuple(texts))


def _small_waybill_page(waybill: Waybill, key: bytes) -> Page:
    bars = code128(waybill.number, 0, 8, 60, 10)
    bars += qr(code_text(LabelCode(number=waybill.number, leg=waybill.leg), key), 38.5, 19, 20.5)
    texts = [
        fitted(3, 2.5, 4, f"政务专递　{waybill.number}", 54),
        fitted(3, 21, 4, f"→ {waybill.route}", 34),
        fitted(3, 26.5, 3, LEG_TITLE[waybill.leg], 34),
        fitted(3, 30.5, 3, f"内件 {waybill.papers} 件　封签 {waybill.seal_no or '无'}", 34),
        fitted(3, 35, 2.75, f"打印 {local_time(waybill.printed_at)}", 34),
    ]
    return Page(width_mm=60, height_mm=40, title=f"面单 {waybill.number}", bars=tuple(bars), texts=tuple(texts))


def _party_lines(mark: str, party: LabelParty, top: float) -> list[Text]:
    who, where = party.lines()
    return [
        Text(x=_LEFT, y=top, size=7, text=mark),
        fitted(_LEFT + 10, top, 4.5, who, _ROOM - 10),
        fitted(_LEFT + 10, top + 7, 4, where, _ROOM - 10),
    ]


def _seal_page(seal: DossierSeal, key: bytes) -> Page:
    if not is_seal(seal.seal_no):
        raise ValueError("not one of our seal numbers")
    bars = code128(seal.seal_no, 0, 8, 60, 10)
    bars += qr(code_text(LabelCode(number=seal.number, leg=seal.leg), key), 38.5, 19, 20.5)
    texts = [
        Text(x=3, y=2.5, size=4, text="材料封签"),
        fitted(22, 2.5, 4, seal.seal_no, 36),
        fitted(3, 21, 3, LEG_TITLE[seal.leg], 34),
        fitted(3, 25, 3, f"内件 {seal.papers} 件", 34),
        fitted(3, 29, 3, local_time(seal.sealed_at), 34),
        fitted(3, 34, 2.75, "骑缝粘贴，破损请拒收", 34),
    ]
    return Page(width_mm=60, height_mm=40, title=f"封签 {seal.seal_no}", bars=tuple(bars), texts=tuple(texts))


def local_time(at: datetime) -> str:
    """A moment as labels print it, in China's time."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"
