"""Whom a handling concerns, masked, for the officer's list; a dossier that does not open has no name there."""

from collections.abc import Collection

from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from domain.errors import Misconfigured
from storage.cases.rows import CaseRow, read_dossier
from web.foundation.context import Context
from web.views.masking import applicant_masked


def names_of(session: Session, ctx: Context, case_nos: Collection[str]) -> dict[str, str]:
    """Case number → masked name of its applicant."""
    found: dict[str, str] = {}
    rows = select(CaseRow).options(load_only(CaseRow.dossier)).where(CaseRow.case_no.in_(case_nos))
    for case in session.scalars(rows):
        try:
            found[case.case_no] = applicant_masked(read_dossier(case, ctx.sealer).applicant)
        except (Misconfigured, InvalidTag, ValueError):
            continue
    return found
