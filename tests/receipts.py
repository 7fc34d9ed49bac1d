"""What a receipt gives its applicant: the code that is printed, and where the square code leads; as he reads it."""

import io
import re
from typing import Any

import pypdf
import pypdfium2
import requests
import zxingcpp

from storage.cases.applicant_keys import CODE_DIGITS

_TIMEOUT_S = 20


def printed_code(pdf: bytes) -> str:
    """The code (领取码) on a receipt, its digits without the blank."""
    said = "".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())
    found = re.search(rf"领取码([0-9]{{{CODE_DIGITS}}})", said)
    assert found is not None, said
    return found[1]


def squares(pdf: bytes) -> set[str]:
    """Every bar and square code on the first sheet."""
    sheet = pypdfium2.PdfDocument(pdf)[0].render(scale=406 / 72, grayscale=True).to_pil()
    return {found.text for found in zxingcpp.read_barcodes(sheet)}


def receipt_of(base: str, case_no: str) -> bytes:
    """The receipt as the window of a running system prints it."""
    who = {"username": "clerk", "password": "demo"}
    token = requests.post(f"{base}/api/v1/login", json=who, timeout=_TIMEOUT_S).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{base}/api/v1/cases/{case_no}/receipt.pdf", headers=headers, timeout=_TIMEOUT_S)
    answer.raise_for_status()
    return answer.content


def tracked(base: str, case_no: str, code: str) -> dict[str, Any]:
    """What a running system tells the applicant."""
    headers = {"X-Track-Code": code}
    answer = requests.get(f"{base}/api/v1/track?caseNo={case_no}", headers=headers, timeout=_TIMEOUT_S)
    answer.raise_for_status()
    return dict(answer.json())
