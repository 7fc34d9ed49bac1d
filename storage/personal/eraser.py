"""The end of a case's personal data (到期删除): its files one by one, then all of its tables and its key at once."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from domain.audit import AuditEntry, AuditKind
from domain.dossier import Dossier
from domain.errors import Conflict, NotFound
from domain.personal import EraseReason
from domain.troubles import Subject
from storage.audit.trail import AuditTrail
from storage.base import Database
from storage.case_keyring import IN_HAND
from storage.case_keys import destroy, succeed
from storage.cases.rows import CaseRow, add_event, read_dossier, write_dossier
from storage.documents.store import Documents
from storage.documents.uploads import CaseDocumentRow, UploadRow
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow, ScanProofRow, ScanQuarantineRow
from storage.personal.due import Stage, due_cases
from storage.personal.erasing import erase_rows, thoroughly
from storage.personal.erasures import note_erasure
from storage.personal.holds import obstacle
from storage.personal.retention import Terms, set_aside_for
from storage.row_isolation import RowIsolation
from storage.sealing import Sealer

SYSTEM: Final = "system"
LEFT_ALONE: Final = IN_HAND + timedelta(seconds=40)
"""After so long nobody seals with a key that was let go: what a process may have in hand, and a long transaction."""
ERASED, DOCUMENTS_ERASED = "PERSONAL_ERASED", "DOCUMENTS_ERASED"
"""Kinds of the lines that it leaves in a case's history."""
_KINDS: Final = {Stage.WHOLE: ERASED, Stage.DOCUMENTS: DOCUMENTS_ERASED}


class Order(NamedTuple):
    """What to erase of which case, why, and who says so: a user of the system, or SYSTEM."""

    case_no: str
    stage: Stage
    reason: EraseReason = EraseReason.TERM
    by: str = SYSTEM


class Eraser:
    """Erases over one database and one store of documents.

    `trail`: where it is done by nobody who is logged in; None: the transaction's last words are somebody's already.
    `pause`: waits so many seconds while processes lay a key down that was let go.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        documents: Documents,
        now: Callable[[], datetime],
        trail: AuditTrail | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._documents = documents
        self._now = now
        self._trail = trail
        self._pause = pause

    def erase_due(self, terms: Terms, at_most: int) -> int:
        """Erase what is over, each case for itself, `at_most` of them; returns how many. Keys are waited for once.

        Raises:
            ExceptionGroup: of RowFailed, at the end, where some could not be erased.
        """
        rows, ready = RowIsolation(), list[Order]()
        free = (due for due in due_cases(self._database, terms, self._now()) if due.held is None)
        orders = [Order(due.case_no, due.stage) for due in islice(free, at_most)]
        for order in orders:
            with rows.each(Subject(key=order.case_no, case_no=order.case_no)):
                self._leave_key(order)
                ready.append(order)
        if any(order.stage is Stage.WHOLE for order in ready):
            self._pause(LEFT_ALONE.total_seconds())
        for order in ready:
            with rows.each(Subject(key=order.case_no, case_no=order.case_no)):
                self._erase(order)
        if orders:
            self._empty_journal()
        rows.report()
        return len(orders)

    def erase(self, order: Order) -> int:
        """Erase one now; returns how many files went. Safe to repeat: what was broken off goes on. Takes a minute.

        Raises:
            NotFound: no such case (`CASE_UNKNOWN`).
            Conflict: it is not over, or something holds it (`ERASURE_HELD`).
            ServiceUnavailable: the store of documents is away; what is gone is gone.
        """
        self._leave_key(order)
        if order.stage is Stage.WHOLE:
            self._pause(LEFT_ALONE.total_seconds())
        return self._erase(order)

    def _leave_key(self, order: Order) -> None:
        """From now on another key seals for a case of which everything goes; the one that goes still opens."""
        if order.stage is not Stage.WHOLE:
            return
        now = self._now()
        with self._database.write_plainly() as session:
            _erasable(session, order.case_no, now, lock=True)
            succeed(session, self._sealer, order.case_no, now)

    def _erase(self, order: Order) -> int:
        with self._database.read() as session:
            case = _erasable(session, order.case_no, self._now())
            files = self._files_of(session, case, order.stage)
        gone = sum(self._drop(order.case_no, sha256) for sha256 in files)
        now = self._now()
        with self._database.write() as session, thoroughly(session):
            case = _erasable(session, order.case_no, now, lock=True)
            if order.stage is Stage.WHOLE:
                erase_rows(session, self._sealer, order.case_no, now)
                destroy(session, order.case_no)
            else:
                write_dossier(case, self._sealer, read_dossier(case, self._sealer).without_files(files))
                session.flush()
            self._note(session, order, now, gone)
        return gone

    def clear_set_aside(self) -> None:
        """Take away what devices have sent and nobody can say of which case it is, once its time is over."""
        before = self._now() - set_aside_for()
        aside = delete(ScanQuarantineRow).where(ScanQuarantineRow.received_at < before)
        loose = delete(ScanEventRow).where(ScanEventRow.leg_id.is_(None), ScanEventRow.recorded_at < before)
        with self._database.write() as session, thoroughly(session):
            for over in (aside, loose):
                session.execute(over, execution_options={"synchronize_session": False})

    def _files_of(self, session: Session, case: CaseRow, stage: Stage) -> Sequence[str]:
        """SHA-256 of the files that go: what the applicant has brought, or everything that the case holds."""
        held = set(session.scalars(select(CaseDocumentRow.sha256).filter_by(case_no=case.case_no)))
        if stage is Stage.DOCUMENTS:
            return sorted(held & _brought(read_dossier(case, self._sealer)))
        proofs = select(ScanProofRow.sha256).join(LegRow, LegRow.leg_id == ScanProofRow.leg_id)
        return sorted(held | set(session.scalars(proofs.where(LegRow.case_no == case.case_no))))

    def _drop(self, case_no: str, sha256: str) -> bool:
        """Take one file from the case, and away where nobody else has it; True where it went."""
        legs = select(LegRow.leg_id).filter_by(case_no=case_no)
        mine = (
            delete(CaseDocumentRow).where(CaseDocumentRow.case_no == case_no, CaseDocumentRow.sha256 == sha256),
            delete(ScanProofRow).where(ScanProofRow.sha256 == sha256, ScanProofRow.leg_id.in_(legs)),
        )
        quietly = {"synchronize_session": False}
        with self._database.write_plainly() as session, thoroughly(session):
            for one in mine:
                session.execute(one, execution_options=quietly)
            if _is_anothers(session, sha256, self._now()):
                return False
            session.execute(delete(UploadRow).where(UploadRow.sha256 == sha256), execution_options=quietly)
            self._documents.drop(session, sha256)
            return True

    def _note(self, session: Session, order: Order, now: datetime, documents: int) -> None:
        whole = order.stage is Stage.WHOLE
        note_erasure(session, order.case_no, now, order.reason, order.by, whole=whole, documents=documents)
        kind = _KINDS[order.stage]
        key = f"{kind}/{now.isoformat()}"
        said = {"cause": order.reason.value}
        add_event(session, case_no=order.case_no, key=key, kind=kind, at=now, now=now, actor=order.by, data=said)
        if self._trail is not None:
            action = f"job retention {order.stage}"
            entry = AuditEntry(
                at=now, kind=AuditKind.CHANGE, actor=order.by, action=action, subject=order.case_no, code=order.reason
            )
            self._trail.note(session, entry)

    def _empty_journal(self) -> None:
        """SQLite: what was written over stands in the journal until that is emptied; readers may delay it."""
        if self._database.engine.dialect.name == "sqlite":
            connection = self._database.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                connection.close()


def _erasable(session: Session, case_no: str, now: datetime, *, lock: bool = False) -> CaseRow:
    case = session.get(CaseRow, case_no, with_for_update=lock or None, populate_existing=lock)
    if case is None:
        raise NotFound("没有这个办件", code="CASE_UNKNOWN")
    held = obstacle(session, case_no, now)
    if held is not None:
        raise Conflict(f"暂不能删除这个办件的个人信息：{held}", code="ERASURE_HELD")
    return case


def _brought(dossier: Dossier) -> frozenset[str]:
    """The files of its papers, its supplements and its authorisation."""
    papers = (*dossier.materials, *(m for one in dossier.supplements for m in one.materials))
    acts = (dossier.authorisation.document_sha256,) if dossier.authorisation is not None else ()
    return frozenset(name for name in (*(paper.sha256 for paper in papers), *acts) if name is not None)


def _is_anothers(session: Session, sha256: str, now: datetime) -> bool:
    """Whether another case, another parcel or somebody's draft has the file."""
    holders = (
        exists().where(CaseDocumentRow.sha256 == sha256),
        exists().where(ScanProofRow.sha256 == sha256),
        exists().where(UploadRow.sha256 == sha256, UploadRow.expires_at > now),
    )
    return any(session.scalar(select(holder)) for holder in holders)
