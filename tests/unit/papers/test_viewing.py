"""Pages of documents as pictures: which page it is, which way up, how large, and what cannot be shown."""

import io
import zipfile

import pytest
from lxml import etree
from PIL import Image

from domain.errors import BadInput, NotFound
from papers.viewing import picture_of, sheets_of
from papers.viewing.ofd_svg import spread
from tests.web.ofd_made import ofd
from tests.web.scans_made import drawing, pdf, photograph

PDF, OFD, JPEG, PNG = "application/pdf", "application/ofd", "image/jpeg", "image/png"


def opened(picture):
    return Image.open(io.BytesIO(picture.data)).convert("RGB")


def test_each_page_of_a_pdf_is_a_picture_of_its_own():
    scan = pdf(3)
    assert sheets_of(scan, PDF).pages == 3
    pages = [opened(picture_of(scan, PDF, number, 600)) for number in (1, 2, 3)]
    assert {page.width for page in pages} == {600}
    assert pages[0].height == pytest.approx(600 * 842 / 595, abs=2)
    assert pages[0].getpixel((40, 40)) == (0, 0, 0)  # its square is at the upper left
    assert len({page.tobytes() for page in pages}) == 3


@pytest.mark.parametrize("number", [0, 4, 99])
def test_a_page_behind_the_last_is_not_there(number):
    with pytest.raises(NotFound) as missing:
        picture_of(pdf(3), PDF, number, 600)
    assert missing.value.code == "PAGE_UNKNOWN"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\nnothing of the kind", PDF),
        (b"PK\x03\x04 OFD.xml no archive", OFD),
        (b"\xff\xd8\xff and no picture", JPEG),
        (b"text", "text/plain"),
    ],
)
def test_what_is_damaged_says_so(data, kind):
    with pytest.raises(BadInput) as damaged:
        picture_of(data, kind, 1, 600)
    assert damaged.value.code == "DOCUMENT_UNREADABLE"
    if kind != JPEG:
        with pytest.raises(BadInput):
            sheets_of(data, kind)


def test_a_photograph_is_upright_as_its_camera_says():
    lying = opened(picture_of(photograph(), JPEG, 1, 2000))
    assert lying.size == (400, 600)
    assert lying.getpixel((200, 100))[0] > 150 > lying.getpixel((200, 100))[1]  # the left half has come up
    assert lying.getpixel((200, 500))[1] > 200
    assert opened(picture_of(photograph(upright=True), JPEG, 1, 300)).size == (300, 200)
    assert opened(picture_of(drawing(), PNG, 1, 2000)).size == (300, 200)


def test_an_ofd_is_drawn_with_its_words_where_they_stand():
    made = ofd()
    told = sheets_of(made, OFD)
    assert (told.pages, told.note) == (2, "")
    picture = picture_of(made, OFD, 1, 1200)
    assert picture.media_type == "image/svg+xml"
    page = etree.fromstring(picture.data)
    first, second = page.iter("{*}text")
    assert (first.text, first.get("x"), first.get("y")) == ("婚姻登记", "0 8 16 24", "9")
    assert second.text == "<查档> 证明"
    assert first.getparent().get("transform") == "translate(20 20)"
    assert first.getparent().get("fill") == "#c80000"
    (image,) = page.iter("{*}image")
    assert image.get("href").startswith("data:image/png;base64,")
    assert image.get("transform") == "translate(140 240) matrix(40 0 0 40 0 0)"
    (line,) = page.iter("{*}path")
    assert line.get("d") == "M 0 0 L 170 0"
    assert page.get("viewBox") == "0 0 210 297"


def test_what_of_an_ofd_is_not_shown_is_said():
    assert "电子印章" in sheets_of(ofd(sealed=True), OFD).note
    assert "以下载的原件为准" in sheets_of(ofd(more='<ofd:CompositeObject ID="10"/>'), OFD).note
    with pytest.raises(NotFound):
        picture_of(ofd(), OFD, 3, 1200)


def test_an_ofd_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr("papers.viewing.ofd._MOST_BYTES", 1000)
    with pytest.raises(BadInput):
        sheets_of(ofd(), OFD)


def test_entities_of_an_ofd_reach_no_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    made = io.BytesIO()
    evil = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><OFD><DocBody><DocRoot>&x;</DocRoot></DocBody></OFD>'
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("OFD.xml", evil)
        archive.writestr("geheim", "<Document/>")
    with pytest.raises(BadInput):
        sheets_of(made.getvalue(), OFD)


def test_distances_may_be_repeated():
    assert spread("g 3 8 2.5") == [8, 8, 8, 2.5]
    assert spread(None) == []
