"""Drafts of new cases (草稿): of one unit, held by one clerk at a time, sealed, gone when registered or too old."""

import json
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import Conflict, NotFound
from storage.base import Base, Database
from storage.documents.uploads import held_by, note_upload
from storage.idempotency import kept_answer
from storage.keyset import Condition
from storage.sealing import Sealer

DRAFTS_KEPT: Final = timedelta(days=7)
"""A draft that nobody has touched for so long is taken away (草稿保留期): its applicant has not come back."""

Fields = list[tuple[str, str]]
"""The fields of the page as a form sends them, in order: (name, value)."""


class DraftRow(Base):
    """A case that is being typed. Its id is the Idempotency-Key of its registration, which sets `case_no`.

    `content`: sealed `Fields` under `draft/{draft_id}`; None once it is registered. `owner`: who holds it. `page`: the
    page that saved it last, a random word; only that one, or one that has seen `version`, may save it again.
    `unit_id`: of whose windows it is, which may take it over.
    """

    __tablename__ = "case_draft"

    draft_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    unit_id: Mapped[str] = mapped_column(String(32))
    page: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    item_name: Mapped[str | None]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    case_no: Mapped[str | None] = mapped_column(String(21))
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime] = mapped_column(index=True)


def save_draft(
    session: Session,
    sealer: Sealer,
    draft_id: str,
    clerk: str,
    *,
    unit_id: str,
    page: str,
    version: int,
    fields: Fields,
    item_name: str | None,
    now: datetime,
) -> DraftRow:
    """Keep what a clerk has typed so far; its uploads are kept as long as it is. `unit_id`: his, for a new one.

    Raises:
        Conflict: a colleague holds it (`DRAFT_TAKEN`), it is registered (`DRAFT_REGISTERED`), or another page of the
            clerk's has gone on with it (`DRAFT_ELSEWHERE`).
    """
    row = session.get(DraftRow, draft_id, with_for_update=True)
    if row is None:
        if answer := kept_answer(session, clerk, draft_id):
            raise Conflict(f"这份草稿已登记为办件 {answer['caseNo']}", code="DRAFT_REGISTERED")
        row = DraftRow(draft_id=draft_id, owner=clerk, unit_id=unit_id, page=page, version=0, created_at=now)
        session.add(row)
    check_holder(row, clerk)
    if row.page != page and row.version != version:
        raise Conflict("这份草稿正在另一个页面上填写，请回到那个页面", code="DRAFT_ELSEWHERE")
    row.page, row.version, row.saved_at, row.item_name = page, row.version + 1, now, item_name
    row.content = sealer.seal(json.dumps(fields, ensure_ascii=False).encode(), _place(draft_id))
    _keep_uploads(session, fields, clerk, clerk, now)
    return row


def check_holder(row: DraftRow, clerk: str) -> None:
    """Check that this clerk may go on with a draft.

    Raises:
        Conflict: it is registered (`DRAFT_REGISTERED`), or a colleague holds it (`DRAFT_TAKEN`).
    """
    if row.case_no is not None:
        raise Conflict(f"这份草稿已登记为办件 {row.case_no}", code="DRAFT_REGISTERED")
    if row.owner != clerk:
        raise Conflict(f"{row.owner} 已接手这份草稿", code="DRAFT_TAKEN")


def fields_of(sealer: Sealer, row: DraftRow) -> Fields:
    """What was typed; [] where it is registered."""
    if row.content is None:
        return []
    return [(name, value) for name, value in json.loads(sealer.open(row.content, _place(row.draft_id)))]


def open_drafts(session: Session, now: datetime, most: int, within: tuple[Condition, ...] = ()) -> list[DraftRow]:
    """Drafts that are not registered, the latest first; `within`: as of `storage.cases.within.drafts_within`."""
    there = select(DraftRow).where(DraftRow.case_no.is_(None), DraftRow.saved_at > now - DRAFTS_KEPT, *within)
    return list(session.scalars(there.order_by(DraftRow.saved_at.desc(), DraftRow.draft_id).limit(most)))


def find_draft(session: Session, draft_id: str, now: datetime, *, lock: bool = False) -> DraftRow:
    """One draft, registered or not.

    Raises:
        NotFound: there is none, or it was too old (`DRAFT_UNKNOWN`).
    """
    row = session.get(DraftRow, draft_id, with_for_update=lock or None)
    if row is None or row.saved_at <= now - DRAFTS_KEPT:
        raise NotFound("没有这份草稿，可能已经登记或过期清除", code="DRAFT_UNKNOWN")
    return row


def take_over(session: Session, sealer: Sealer, row: DraftRow, clerk: str, now: datetime) -> None:
    """From now on this clerk holds it (接手), with its uploads; the page that had it can't save it any more.

    Raises:
        Conflict: it is registered (`DRAFT_REGISTERED`).
    """
    if row.case_no is not None:
        check_holder(row, clerk)
    if row.owner != clerk:
        _keep_uploads(session, fields_of(sealer, row), row.owner, clerk, now)
        row.owner, row.page, row.version, row.saved_at = clerk, "", row.version + 1, now


def draft_to_register(session: Session, draft_id: str, clerk: str) -> DraftRow | None:
    """The draft that is registered under this key, locked; None: nobody has saved one.

    Raises:
        Conflict: it may not be, as `check_holder` says.
    """
    row = session.get(DraftRow, draft_id, with_for_update=True)
    if row is not None:
        check_holder(row, clerk)
    return row


def note_registered(row: DraftRow, case_no: str) -> None:
    """Nothing of what was typed stays here; the number leads whoever still has the page open to the case."""
    row.content, row.case_no = None, case_no


def drop_old_drafts(database: Database, now: datetime) -> None:
    """Take away what nobody has touched for `DRAFTS_KEPT`."""
    with database.write() as session:
        session.execute(delete(DraftRow).where(DraftRow.saved_at <= now - DRAFTS_KEPT))


def _keep_uploads(session: Session, fields: Fields, holder: str, clerk: str, now: datetime) -> None:
    """What `holder` has uploaded and the draft names is kept for `clerk` as long as the draft."""
    named = {value for name, value in fields if name.lower().endswith("sha256") and value}
    for sha256 in sorted(held_by(session, named, holder, now)) if named else ():
        note_upload(session, sha256, clerk, now=now, expires_at=now + DRAFTS_KEPT)


def _place(draft_id: str) -> str:
    return f"draft/{draft_id}"
