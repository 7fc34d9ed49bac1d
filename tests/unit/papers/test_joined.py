"""Several pictures become one PDF: a page each, in order, upright, on white, not larger than needed."""

import io

import pytest
from pypdf import PdfReader

from domain.errors import BadInput
from papers.joined import joined
from tests.pictures import TURNED_LEFT, bomb, picture


def pages(pdf):
    return PdfReader(io.BytesIO(pdf)).pages


def shown(page):
    return page.images[0].image.convert("RGB")


def near(colour, wanted):
    return all(abs(a - b) < 12 for a, b in zip(colour, wanted, strict=True))


def test_a_page_each_in_their_order():
    made = joined([picture(colour="red"), picture(colour="blue", kind="PNG"), picture(colour="lime")])
    assert made.count == 3
    assert made.pdf.startswith(b"%PDF-")
    colours = [shown(page).getpixel((5, 5)) for page in pages(made.pdf)]
    assert [near(c, w) for c, w in zip(colours, [(255, 0, 0), (0, 0, 255), (0, 255, 0)], strict=True)] == [True] * 3


def test_what_a_phone_took_upright_stands_upright():
    [page] = pages(joined([picture(40, 30, orientation=TURNED_LEFT)]).pdf)
    assert page.mediabox.width < page.mediabox.height


def test_what_is_see_through_lies_on_white():
    [page] = pages(joined([picture(colour=(0, 0, 0, 0), kind="PNG")]).pdf)
    assert near(shown(page).getpixel((5, 5)), (255, 255, 255))


def test_a_large_picture_becomes_as_small_as_can_be_read():
    [page] = pages(joined([picture(6000, 4000)]).pdf)
    assert max(shown(page).size) == 2400


@pytest.mark.parametrize(
    "bad",
    [
        b"\xff\xd8\xff broken",
        b"\x89PNG\r\n\x1a\n broken",
        picture()[:-200],
        b"%PDF-1.7",
        bomb(8_500),
        bomb(20_000),
    ],
    ids=["jpeg", "png", "cut off", "a pdf", "too large", "a bomb"],
)
def test_what_is_no_picture_is_refused_by_its_page(bad):
    with pytest.raises(BadInput) as refused:
        joined([picture(), bad])
    assert refused.value.code == "DOCUMENT_NOT_IMAGE"
    assert "第 2 页" in refused.value.sentence


def test_the_camera_s_data_does_not_go_on():
    assert b"Exif" not in joined([picture(orientation=TURNED_LEFT)]).pdf
