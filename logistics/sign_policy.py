"""Who may sign for which paper (签收要求): a table by words in the paper's name, courier.md §5 `sign_policy`."""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from domain.terms import MaterialForm
from logistics.scans import PaperLine

_DATA = Path(__file__).parent / "data" / "sign_policy.toml"


def must_sign_self(papers: Iterable[PaperLine]) -> bool:
    """Whether a parcel with these papers may only be signed for by the applicant; copies may be taken by an agent."""
    originals = [paper.name for paper in papers if paper.form is MaterialForm.ORIGINAL]
    return any(word in name for name in originals for word in _words())


@cache
def _words() -> tuple[str, ...]:
    return tuple(tomllib.loads(_DATA.read_text(encoding="utf-8"))["self"])
