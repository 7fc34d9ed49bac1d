"""The papers that a hall hands out (文书): receipt, one-time notice, extension, commitment, decision, delivery
receipt, dossier list.

Each is content first (`Paper`: fields, tables, sentences), then a PDF with the Chinese font embedded and the case
number as a bar code. The same content gives the same bytes. What may be printed is decided by the caller: numbers
and phones arrive masked.
"""

from papers.content import commitment, decision, delivery, dossier_list, electronic_result, extension, notice, receipt
from papers.facts import (
    CaseFacts,
    ElectronicProof,
    Extension,
    GapNotice,
    Item,
    Owed,
    PaperKind,
    Party,
    Place,
    Refusal,
    Result,
    Round,
    Scan,
    Service,
    Wanted,
)
from papers.pictures import picture_of, sheets_of
from papers.sheet import PageSize, render
from papers.slip import receipt_slip

__all__ = [
    "CaseFacts",
    "ElectronicProof",
    "Extension",
    "GapNotice",
    "Item",
    "Owed",
    "PageSize",
    "PaperKind",
    "Party",
    "Place",
    "Refusal",
    "Result",
    "Round",
    "Scan",
    "Service",
    "Wanted",
    "commitment",
    "decision",
    "delivery",
    "dossier_list",
    "electronic_result",
    "extension",
    "notice",
    "picture_of",
    "receipt",
    "receipt_slip",
    "render",
    "sheets_of",
]
