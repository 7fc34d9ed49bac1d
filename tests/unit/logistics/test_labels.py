"""Labels: decoded again at 203 dpi from the bitmap and from the PDF's own bars; font embedded; nothing personal."""

import hashlib
import hmac
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, cast

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from pypdf import PdfReader
from pypdf.generic import ContentStream, DictionaryObject

from domain.terms import Leg
from logistics import fonts
from logistics.bag_labels import BagLabel, bag_pdf, bag_png
from logistics.label_code import LabelCode, code_text
from logistics.labels import (
    DossierSeal,
    LabelParty,
    Waybill,
    seal_pdf,
    seal_png,
    small_waybill_pdf,
    small_waybill_png,
    waybill_pdf,
    waybill_png,
)
from logistics.masking import mask_address, mask_firm, mask_name, mask_phone

KEY = b"0123456789abcdef"
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NUMBERS = ["EB000717618HK", "1272448151316", "500103202611230000013-P1", "50010320261123000003X-D2"]
APPLICANT = LabelParty(name="欧阳䶮", phone="13800000001", address="重庆市渝中区中山三路131号希尔顿商务中心3栋12-3")
HALL = LabelParty(name="渝中区政务服务大厅", phone="023-63760000", address="重庆市渝中区和平路211号", is_person=False)


def waybill(number: str = "EB000717618HK", **fields: Any) -> Waybill:
    values = {"leg": Leg.DELIVERY, "sender": HALL, "receiver": APPLICANT, "route": "渝中 · 解放碑网点", "papers": 3}
    return Waybill(number=number, seal_no="YZ0000001", printed_at=AT, **values | fields)


SEAL = DossierSeal(seal_no="YZ0000001", number="EB000717618HK", leg=Leg.FORWARD, papers=3, sealed_at=AT)


def decoded(image: Image.Image) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(image.convert("L"))}


def of_png(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def of_pdf(data: bytes) -> Image.Image:
    """The filled rectangles of the page, painted at 203 dpi: what a printer makes of its bars."""
    reader = PdfReader(BytesIO(data))
    page = reader.pages[0]
    dots = 203.2 / 72
    height = float(page.mediabox.height)
    image = Image.new("L", (round(float(page.mediabox.width) * dots), round(height * dots)), 255)
    draw = ImageDraw.Draw(image)
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator == b"re":
            x, y, w, h = (float(each) for each in operands)
            box = [round(each * dots) for each in (x, height - y - h, x + w, height - y)]
            draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=0)
    return image


@pytest.mark.parametrize("leg", list(Leg))
@pytest.mark.parametrize("number", NUMBERS)
def test_a_waybill_is_read_again(number: str, leg: Leg) -> None:
    label = waybill(number, leg=leg)
    expected = {number, code_text(LabelCode(number=number, leg=leg), KEY)}
    assert decoded(of_png(waybill_png(label, KEY))) == expected
    assert decoded(of_pdf(waybill_pdf(label, KEY))) == expected


def test_a_seal_is_read_again() -> None:
    expected = {"YZ0000001", code_text(LabelCode(number="EB000717618HK", leg=Leg.FORWARD), KEY)}
    assert decoded(of_png(seal_png(SEAL, KEY))) == expected
    assert decoded(of_pdf(seal_pdf(SEAL, KEY))) == expected


@pytest.mark.parametrize(
    ("pdf", "png", "size_mm"),
    [
        (waybill_pdf(waybill(), KEY), waybill_png(waybill(), KEY), (76, 130)),
        (seal_pdf(SEAL, KEY), seal_png(SEAL, KEY), (60, 40)),
    ],
)
def test_sizes_are_exact(pdf: bytes, png: bytes, size_mm: tuple[int, int]) -> None:
    reader = PdfReader(BytesIO(pdf))
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx([each * 72 / 25.4 for each in size_mm], abs=0.01)
    image = of_png(png)
    assert image.size == tuple(each * 8 for each in size_mm)
    assert image.mode == "1"
    assert image.info["dpi"] == pytest.approx((203.2, 203.2), abs=0.1)


@pytest.mark.parametrize("pdf", [waybill_pdf(waybill(), KEY), seal_pdf(SEAL, KEY)])
def test_every_font_is_embedded(pdf: bytes) -> None:
    resources = cast(DictionaryObject, PdfReader(BytesIO(pdf)).pages[0]["/Resources"])
    used = cast(DictionaryObject, resources["/Font"])
    drawn = [cast(DictionaryObject, font.get_object()) for font in used.values()]
    embedded = [
        font
        for font in drawn
        if "/FontDescriptor" in font and "/FontFile2" in cast(DictionaryObject, font["/FontDescriptor"])
    ]
    unused = [font for font in drawn if font not in embedded]
    assert embedded
    assert all("NotoSansSC" in str(font["/BaseFont"]) for font in embedded)
    # reportlab always names its default font; nothing on the page is set in it
    assert all(str(font["/BaseFont"]) == "/Helvetica" for font in unused)


def test_no_full_personal_data() -> None:
    text = PdfReader(BytesIO(waybill_pdf(waybill(), KEY))).pages[0].extract_text()
    assert "欧**" in text and "138****0001" in text and "渝中区中山三路***" in text
    for secret in ("阳", "䶮", "13800000001", "131号", "12-3", "3栋"):
        assert secret not in text
    assert "渝中区和平路211号" in text  # the hall is no person


def test_the_same_label_has_the_same_bytes() -> None:
    assert waybill_pdf(waybill(), KEY) == waybill_pdf(waybill(), KEY)
    assert waybill_png(waybill(), KEY) == waybill_png(waybill(), KEY)
    assert waybill_pdf(waybill(papers=4), KEY) != waybill_pdf(waybill(), KEY)


def test_long_texts_stay_on_the_label() -> None:
    hall = HALL.model_copy(
        update={"name": "重庆市渝中区跨地域通办综合窗口" * 3, "address": "重庆市渝中区和平路211号" * 6}
    )
    image = of_png(waybill_png(waybill(sender=hall, route="新疆维吾尔自治区乌鲁木齐市天山区政务服务"), KEY))
    edge = image.crop((image.width - 16, 0, image.width, image.height))
    assert edge.getextrema() == (255, 255)


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(ValueError, match="too long"):
        waybill_pdf(waybill("A" * 32), KEY)
    with pytest.raises(ValueError, match="seal"):
        seal_pdf(SEAL.model_copy(update={"seal_no": "X1"}), KEY)


def test_a_code_is_sealed_with_our_key() -> None:
    code = LabelCode(number="EB000717618HK", leg=Leg.PICKUP)
    seal = hmac.new(KEY, b"YZ1|EB000717618HK|PICKUP", hashlib.sha256).hexdigest()
    assert code_text(code, KEY) == f"YZ1|EB000717618HK|PICKUP|{seal[:8]}"
    others = {code_text(code, b"another key"), code_text(LabelCode(number=code.number, leg=Leg.DELIVERY), KEY)}
    assert seal[:8] not in {other.rpartition("|")[2] for other in others}
    with pytest.raises(ValueError, match=r"\|"):
        code_text(LabelCode(number="a|b", leg=Leg.PICKUP), KEY)


@pytest.mark.parametrize(
    ("masked", "expected"),
    [
        (mask_name("张三"), "张*"),
        (mask_name("张"), "*"),
        (mask_name(""), ""),
        (mask_name("古丽米热·艾比布力"), "古***"),
        (mask_name("重" * 41), "重***"),
        (mask_firm("重" * 41), "重重重***重重"),
        (mask_firm("重庆市渝中区山城小面有限公司"), "重庆市***公司"),
        (mask_firm("某某小店"), "某***"),
        (mask_phone("13800000001"), "138****0001"),
        (mask_phone("12345"), "***45"),
        (mask_address("渝中区中山三路131号"), "渝中区中山三路***"),
        (mask_address("渝中区石油路街道时代天街3号楼"), "渝中区石油路街道***"),
        (mask_address("某处"), "***"),
    ],
)
def test_masks(masked: str, expected: str) -> None:
    assert masked == expected


@given(st.text(max_size=30))
def test_masking_twice_changes_nothing(text: str) -> None:
    for mask in (mask_name, mask_firm, mask_phone):
        assert mask(mask(text)) == mask(text)


@given(st.from_regex(r"[0-9]{1,3}号[A-D]栋[0-9]{1,2}-[0-9]", fullmatch=True))
def test_a_masked_address_ends_with_the_road(door: str) -> None:
    assert mask_address(f"重庆市渝中区中山三路{door}") == "渝中区中山三路***"
    assert mask_address(f"渝中区嘉陵桥西村{door}") == "渝中区嘉陵桥西村***"


def test_the_font_has_the_characters_of_names() -> None:
    assert fonts.missing("张䶮𬭎𠅤镕喆堃昇龍　。，（）《》〔〕①●→…·—√□ⅠⅡ") == ""
    assert fonts.missing("好\U0001f600") == "\U0001f600"
    assert fonts.register() == fonts.FONT_NAME
    assert fonts.width("中文", 10) == 20


@pytest.mark.parametrize("number", NUMBERS[:2])
def test_a_small_waybill_decodes_and_names_nobody(number):
    small = waybill(number)
    for image in (of_png(small_waybill_png(small, KEY)), of_pdf(small_waybill_pdf(small, KEY))):
        assert decoded(image) == {number, code_text(LabelCode(number=number, leg=Leg.DELIVERY), KEY)}
    assert millimetres(small_waybill_pdf(small, KEY)) == (60, 40)
    told = PdfReader(BytesIO(small_waybill_pdf(small, KEY))).pages[0].extract_text()
    assert "解放碑" in told
    assert not any(word in told for word in ("欧阳", "138", "中山三路"))


BAG = BagLabel(
    bag_no="BG261123-7K2M", origin="石油路", destination="政务大厅", parcels=15, seal_no="F0001234", closed_at=AT
)


@pytest.mark.parametrize(("small", "size"), [(True, (60, 40)), (False, (76, 130))])
def test_a_bags_label_decodes_and_says_where_to(small, size):
    data = bag_pdf(BAG, small=small)
    assert decoded(of_png(bag_png(BAG, small=small))) == {BAG.bag_no}
    assert decoded(of_pdf(data)) == {BAG.bag_no}
    assert millimetres(data) == size
    assert bag_pdf(BAG, small=small) == data  # the same content is the same file
    told = PdfReader(BytesIO(data)).pages[0].extract_text()
    for word in ("政务大厅", "石油路", "15 件", "F0001234", "2026-11-23 10:00"):
        assert word in told


def millimetres(data):
    box = PdfReader(BytesIO(data)).pages[0].mediabox
    return round(float(box.width) / 72 * 25.4, 2), round(float(box.height) / 72 * 25.4, 2)
