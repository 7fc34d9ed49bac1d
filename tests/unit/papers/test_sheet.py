"""The page itself: font embedded, bar code readable, rare characters printed, long lists over pages, same bytes."""

import io

import pytest
import zxingcpp
from PIL import Image, ImageDraw
from pypdf import PdfReader
from reportlab.lib.pagesizes import A4

from papers.sheet import Fields, Grid, Paper, Signatures, SquareCode, Words, printable, render

CASE = "500103202611230000015"
DOTS = 4  # per point


def paper(*blocks, number=CASE) -> Paper:
    return Paper(title="收件凭证", number=number, issued="2026年11月23日", blocks=blocks)


def text(data: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())


def bars(data: bytes) -> Image.Image:
    """The filled rectangles of the first page, drawn."""
    image = Image.new("L", (int(A4[0] * DOTS), int(A4[1] * DOTS)), 255)
    draw = ImageDraw.Draw(image)

    def seen(operator, operands, cm, _tm):
        if operator == b"re":
            x, y, w, h = map(float, operands)
            left, top = (cm[4] + x) * DOTS, (A4[1] - cm[5] - y - h) * DOTS
            draw.rectangle((round(left), round(top), round(left + w * DOTS) - 1, round(top + h * DOTS)), fill=0)

    PdfReader(io.BytesIO(data)).pages[0].extract_text(visitor_operand_before=seen)
    return image


def test_the_bar_code_is_the_case_number():
    (read,) = zxingcpp.read_barcodes(bars(render(paper())))
    assert (read.text, read.format) == (CASE, zxingcpp.BarcodeFormat.Code128)
    assert CASE in text(render(paper()))


def test_without_a_case_there_is_no_bar_code():
    assert zxingcpp.read_barcodes(bars(render(paper(number=None)))) == []


def test_a_square_code_is_read_back_and_its_address_can_be_read():
    address = f"https://hall.example/verify/{'A7' * 13}"
    data = render(paper(SquareCode(address=address, sentences=("扫描核验", address)), number=None))
    (read,) = zxingcpp.read_barcodes(bars(data))
    assert (read.text, read.format) == (address, zxingcpp.BarcodeFormat.QRCode)
    assert f"扫描核验{address}" in text(data)


def test_the_font_is_embedded():
    blocks = (Fields(rows=(("办件", "一"),)), Words(sentences=("办件",)), Signatures(who=("申请人",)))
    (page,) = PdfReader(io.BytesIO(render(paper(*blocks)))).pages
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert fonts
    assert all("/FontFile2" in font.get("/FontDescriptor", {}) for font in fonts)
    assert all("NotoSansSC" in font["/BaseFont"] for font in fonts)


@pytest.mark.parametrize("name", ["㛃", "𬭸明", "古丽·买买提", "欧陽娜娜", "Jean-Luc O’Neill", "禤"])
def test_names_are_printed_as_they_are(name):
    assert printable(name) == name
    assert "".join(name.split()) in text(render(paper(Fields(rows=(("申请人", name),)))))


def test_a_character_that_no_font_has_is_told_by_its_code():
    assert printable("张\U0003134a") == "张〔U+3134A〕"
    assert printable("葛\U000e0100") == "葛"
    assert "〔U+3134A〕" in text(render(paper(Fields(rows=(("申请人", "张\U0003134a"),)))))


def test_markup_in_a_name_is_only_text():
    assert "<b>王&秀兰" in text(render(paper(Fields(rows=(("申请人", "<b>王&秀兰"),)))))


def test_a_long_list_goes_on_with_its_header():
    rows = tuple((str(n), f"材料{n}" * 6) for n in range(120))
    data = render(paper(Grid(header=("序号", "名称"), rows=rows, widths=(0.2, 0.8)), Signatures(who=("申请人",))))
    pages = PdfReader(io.BytesIO(data)).pages
    assert len(pages) > 2
    assert all("序号" in page.extract_text() for page in pages[:-1])
    assert "第2页" in "".join(pages[1].extract_text().split())


def test_the_same_content_is_the_same_bytes_and_another_is_not():
    assert render(paper(Words(sentences=("甲",)))) == render(paper(Words(sentences=("甲",))))
    assert render(paper(Words(sentences=("甲",)))) != render(paper(Words(sentences=("乙",))))
