"""Lists of papers inside a RECORD: CLS and BLCL with their CL of MC, XS and YS (contracts.md "Optional members")."""

import re
from typing import Final

from lxml import etree

from domain.named_papers import NamedPaper
from domain.terms import MaterialForm
from partners.event_json import MAX_PAPER_NAME, MAX_PAPERS
from partners.interprovincial.envelope import leaf
from partners.interprovincial.safe_xml import UnsafeXml, children

_PIECES: Final = re.compile(r"[1-9][0-9]{0,4}")
_FORMS: Final = {form.value for form in MaterialForm}


def papers_of(record: etree._Element, name: str) -> tuple[NamedPaper, ...] | None:
    """The list under the one child of that name; None where it is not said, () where it holds no CL.

    Raises UnsafeXml: said twice, too many lines, or a line out of form.
    """
    lists = children(record, name)
    if not lists:
        return None
    lines = children(lists[0], "CL")
    if len(lists) > 1 or len(lines) > MAX_PAPERS:
        raise UnsafeXml(name)
    return tuple(_paper(line) for line in lines)


def _paper(line: etree._Element) -> NamedPaper:
    name, form, pieces = (leaf(line, part) or "" for part in ("MC", "XS", "YS"))
    if not name or len(name) > MAX_PAPER_NAME or form not in _FORMS or not _PIECES.fullmatch(pieces):
        raise UnsafeXml("CL")
    return NamedPaper(name=name, form=MaterialForm(form), count=int(pieces))
