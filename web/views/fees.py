"""The fee of a case (收费) as people see it: how much, who pays, and whether it is paid."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from catalog.forms.shown import yuan
from domain.dossier import Dossier
from domain.terms import Payer
from storage.cases.rows import CaseRow


def due_fen(case: CaseRow) -> int:
    """What the item asks for in the situation of this case, in fen; 0: nothing."""
    return int(Decimal(str(case.item.get("fee_yuan", 0))) * 100)


def fee_shown(case: CaseRow, dossier: Dossier) -> dict[str, Any] | None:
    """The fee as JSON; None where the item asks for none.

    Paid is what a clerk has marked, or what was said with the form at the registration.
    """
    due = due_fen(case)
    if not due:
        return None
    said = dossier.form.answers.get("fee") if dossier.form is not None else None
    return {"dueFen": due, "due": yuan(due)} | (_marked(dossier) or _stated(said))


def paid(case: CaseRow, dossier: Dossier) -> bool:
    """Whether nothing is to be paid any more."""
    shown = fee_shown(case, dossier)
    return shown is None or bool(shown["paid"])


def _marked(dossier: Dossier) -> dict[str, Any] | None:
    mark = dossier.fee_paid
    if mark is None:
        return None
    return {
        "payer": mark.payer,
        "payerLabel": mark.payer.label,
        "paid": True,
        "receiptNo": mark.receipt_no or None,
        "markedBy": mark.by,
        "markedAt": mark.at.isoformat(),
    }


def _stated(said: Any) -> dict[str, Any]:
    given: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    payer = Payer(given.get("payer", Payer.APPLICANT))
    return {
        "payer": payer,
        "payerLabel": payer.label,
        "paid": bool(given.get("paid", False)),
        "receiptNo": given.get("receiptNo"),
        "markedBy": None,
        "markedAt": None,
    }
