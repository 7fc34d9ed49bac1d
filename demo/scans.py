"""What a clerk of the demo uploads for a material that travels electronically: a scan of one page, without a person."""

from typing import Any

from demo.client import Caller

SCAN = (
    b"%PDF-1.4\n"
    b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n"
    b"%%EOF\n"
)
"""One empty page of A4; the same bytes for every case, so it lies in the store once."""


def with_files(clerk: Caller, materials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same materials, each electronic one with the scan that `clerk` has uploaded for it."""
    if not any(material["provided"] == "electronic" for material in materials):
        return materials
    sha256 = clerk.upload(SCAN)
    return [m | {"sha256": sha256} if m["provided"] == "electronic" else m for m in materials]
