"""Measured on the process: XML that unfolds too far is refused before it does."""

import pytest

from partners.interprovincial.safe_xml import UnsafeXml, parse_information
from tests.unit.exchange.resident import ALLOWED, added


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a [" + "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};">' for n in range(1, 60)) + "]><a>&l59;</a>",
        "<a>" * 100_000 + "</a>" * 100_000,
        "<a " + " ".join(f'a{n}=""' for n in range(50_000)) + "/>",
    ],
    ids=["entities", "depth", "attributes"],
)
def test_xml_that_unfolds_too_far(text: str):
    def work() -> None:
        with pytest.raises(UnsafeXml):
            parse_information(text)

    assert added(work) < ALLOWED
