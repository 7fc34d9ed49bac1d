"""What lists and searches know of a case, written when it is registered, and afterwards for older ones (盲索引)."""

from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from sqlalchemy.orm import Session

from domain.dossier import Dossier
from domain.errors import Misconfigured
from runtime.container import Container, face_key
from runtime.settings import Settings
from storage.cases.faces import faceless, keep_face
from storage.cases.rows import CaseRow, read_dossier
from storage.sealing import Sealer
from web.views.masking import applicant_masked

_AT_ONCE: Final = 500

log = structlog.get_logger(__name__)


def keep_face_of(session: Session, settings: Settings, sealer: Sealer, case_no: str, dossier: Dossier) -> None:
    """Keep the masked name and the marks of a case in the caller's transaction."""
    person = dossier.applicant
    keep_face(session, sealer, face_key(settings), case_no, person, applicant_masked(person))


def give_faces(parts: Container) -> int:
    """Do so for every case that has none yet; returns for how many. Safe to repeat and to break off.

    A dossier that does not open (its key is gone) is left out: its line has no name, and everything else goes on.
    """
    given, after = 0, ""
    while True:
        with parts.database.write() as session:
            rows = list(faceless(session, after, _AT_ONCE))
            given += sum(_given(session, parts, row) for row in rows)
        if not rows:
            return given
        after = rows[-1].case_no


def _given(session: Session, parts: Container, row: CaseRow) -> bool:
    try:
        dossier = read_dossier(row, parts.sealer)
    except (Misconfigured, InvalidTag):
        log.warning("face_left_out", case_no=row.case_no)
        return False
    keep_face_of(session, parts.settings, parts.sealer, row.case_no, dossier)
    return True
