"""The sum of a result that is money (JE), whole fen."""

import pytest

from partners.interprovincial.safe_xml import UnsafeXml
from tests.unit.exchange.interprovincial_office import HANDLING, elements, status

RESULT = "<JGMC>报销核定单</JGMC><JGXS>electronic</JGXS><WSBH>1</WSBH><SHA256></SHA256>"


def read(more):
    return status(HANDLING, "s1", elements(HANDLING, 4, "08", RESULT + more)).payload.result.amount_fen


@pytest.mark.parametrize(
    ("more", "fen"),
    [
        ("", None),
        ("<JE></JE>", None),
        ("<JE>0</JE>", 0),
        ("<JE>1234050</JE>", 1_234_050),
        (f"<JE>{10**13}</JE>", 10**13),
    ],
)
def test_it_is_there_or_not(more, fen):
    assert read(more) == fen


@pytest.mark.parametrize("text", ["-1", "1.5", "01", "1e3", " 5", "１００", str(10**13 + 1), "9" * 40])
def test_what_is_no_sum_is_refused(text):
    with pytest.raises(UnsafeXml):
        read(f"<JE>{text}</JE>")
