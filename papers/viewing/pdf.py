"""PDF pages, drawn by a program of their own: whatever a hostile file does to it, ours goes on, and it is stopped."""

import subprocess
import sys
from pathlib import Path

from papers.viewing.faults import no_such_page, unreadable

_PROGRAM = str(Path(__file__).with_name("pdf_program.py"))
_PATIENCE_S = 20
_NO_SUCH_PAGE = 4


def count(data: bytes) -> int:
    """How many pages there are. Raises BadInput (`DOCUMENT_UNREADABLE`)."""
    return int(_run(data, "count"))


def page(data: bytes, number: int, width_px: int) -> bytes:
    """Page `number`, from 1, as a PNG. Raises BadInput (`DOCUMENT_UNREADABLE`) or NotFound (`PAGE_UNKNOWN`)."""
    return _run(data, "page", str(number), str(width_px))


def _run(data: bytes, *asked: str) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-I", _PROGRAM, *asked], input=data, capture_output=True, timeout=_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired as fault:
        raise unreadable() from fault
    if done.returncode == _NO_SUCH_PAGE:
        raise no_such_page()
    if done.returncode != 0 or not done.stdout:
        raise unreadable()
    return done.stdout
