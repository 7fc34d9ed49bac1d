"""Which papers of a case there is an occasion for (文书), so that its page names each of them and no other."""

from collections.abc import Sequence
from typing import Any

from domain.dossier import Dossier
from domain.terms import CaseStatus, Provided, WireEvent
from papers.facts import PaperKind
from storage.cases.rows import CaseRow, HandlingRow

REFUSALS = (CaseStatus.NOT_ACCEPTED, CaseStatus.REJECTED)
"""Decisions that are given in writing, with the reason and the way to appeal."""


def writings_of(
    case: CaseRow,
    dossier: Dossier,
    handlings: Sequence[HandlingRow],
    said: Sequence[dict[str, Any]],
    *,
    files: bool,
    owed: bool,
) -> list[dict[str, str]]:
    """`[{kind, title, url}]`, in the order in which they come about.

    `said`: as `web.views.said` has it. `files`: an electronic result lies here.
    """
    if dossier.erased_at is not None:
        return []
    decided = [CaseStatus(h.status) for h in handlings if CaseStatus(h.status).is_outcome]
    promised = any(m.provided in (Provided.DEFERRED, Provided.COMMITTED) for m in dossier.materials)
    asked = any(one["event"] == WireEvent.NEED_SUPPLEMENT and one["tookEffect"] for one in said)
    extended = any(one["extendedWorkdays"] and one["tookEffect"] for one in said)
    occasions = {
        PaperKind.RECEIPT: case.collected_at is not None,
        PaperKind.COMMITMENT: promised,
        PaperKind.NOTICE: asked,
        PaperKind.EXTENSION: extended,
        PaperKind.DECISION: any(status in REFUSALS for status in decided),
        PaperKind.RESULT: files and not owed,
        PaperKind.DELIVERY: bool(decided) and not owed,
        PaperKind.DOSSIER: True,
    }
    return [
        {"kind": kind, "title": kind.heading, "url": f"/api/v1/cases/{case.case_no}/papers/{kind}.pdf"}
        for kind, there_is in occasions.items()
        if there_is
    ]
