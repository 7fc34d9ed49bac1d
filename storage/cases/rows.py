"""Cases, their keys, handlings, history and clocks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, Session, mapped_column, validates

from domain.dossier import Dossier
from domain.terms import WireEvent
from domain.wire import WireProgress, WireState
from storage.base import Base, insert_all_new
from storage.sealed_types import SealedJson
from storage.sealing import Sealer


def _as_registered(context: DefaultExecutionContext) -> str:
    clerk: str = context.get_current_parameters()["clerk"]  # type: ignore[no-untyped-call]
    return clerk


class CaseRow(Base):
    """A case (办件); its key is the case number, 21 characters (contracts.md "Case number").

    Written first by `web.api.registration`, together with its handlings. After that `activities.records` alone moves
    status and times; the window changes dossier, rating and `withdrawal_pending`. `start` is the CaseStart as JSON;
    `started` turns True once the workflow runs (decisions.md 3). `dossier` is sealed under `case/{case_no}`.
    `time_scale`: business time runs so many times faster; 1 outside the sandbox. `item_kind` to `rated_rework`:
    members of `item` and `rating`, set with them, so that the quarter's figures open neither. `keeper`: the clerk who
    looks after it, at first the one who registered it. `awaits`: a `domain.messages.Responsible`, set with `due_at`.
    `unit_id`: the hall, street or bank that registered it (storage/people/units.py); its people see the case.
    """

    __tablename__ = "case_file"

    case_no: Mapped[str] = mapped_column(String(21), primary_key=True)
    item_code: Mapped[str] = mapped_column(String(32), index=True)
    item_name: Mapped[str]
    item: Mapped[dict[str, Any]]  # the snapshot with its materials
    scheme: Mapped[str] = mapped_column(String(16))  # of the first handling; a joint case may have several
    mode: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(24), index=True)
    on_hold: Mapped[bool] = mapped_column(default=False)
    withdrawal_pending: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[str] = mapped_column(String(16), default="window")
    clerk: Mapped[str] = mapped_column(String(64))
    unit_id: Mapped[str] = mapped_column(String(32))
    dossier: Mapped[bytes] = mapped_column(LargeBinary)  # a sealed domain.dossier.Dossier
    start: Mapped[dict[str, Any]]
    started: Mapped[bool] = mapped_column(default=False, index=True)
    time_scale: Mapped[float] = mapped_column(default=1.0)
    registered_at: Mapped[datetime]
    collected_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    reopened_at: Mapped[datetime | None]  # the last time that something came after the end
    carried: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)  # CaseCarried: what a further run starts from
    due_at: Mapped[datetime | None]  # the soonest end of its running clocks; None: none runs
    awaits: Mapped[str | None] = mapped_column(String(16))  # who must act before that end
    keeper: Mapped[str | None] = mapped_column(String(64), default=_as_registered)
    rating: Mapped[dict[str, Any] | None]  # {score 1–5, side, at}, once put right also {rework, reworkedAt}
    version: Mapped[int] = mapped_column(default=0)
    item_kind: Mapped[str | None] = mapped_column(String(16))
    statutory_days: Mapped[int | None]
    promised_days: Mapped[int | None]
    result_form: Mapped[str | None] = mapped_column(String(16))
    rated_score: Mapped[int | None]
    rated_side: Mapped[str | None] = mapped_column(String(16))
    rated_rework: Mapped[str | None] = mapped_column(String(24))

    @validates("item")
    def _item_told(self, _name: str, item: dict[str, Any]) -> dict[str, Any]:
        self.item_kind, self.result_form = item.get("kind"), item.get("result_form")
        self.statutory_days, self.promised_days = item.get("statutory_days"), item.get("promised_days")
        return item

    @validates("rating")
    def _rating_told(self, _name: str, rating: dict[str, Any] | None) -> dict[str, Any] | None:
        said = rating or {}
        self.rated_score, self.rated_side, self.rated_rework = said.get("score"), said.get("side"), said.get("rework")
        return rating


class CaseKeyRow(Base):
    """One key of one case (办件密钥), written by `storage.case_keys` only.

    `part`: tells it from the case's other keys; its first letter is the cipher's (`storage.case_keyring`). `sealed`:
    the key, under `case-key/{part}/{case_no}` by our own. `left_at`: since when it seals nothing; None: it still does.

    Nothing refers to it and it refers to nothing: these rows are backed up and put back by themselves.
    """

    __tablename__ = "case_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    case_no: Mapped[str] = mapped_column(String(21), primary_key=True)
    part: Mapped[str] = mapped_column(String(8), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class HandlingRow(Base):
    """One authority's share (办理); its key is the handling number, of the form of a case number.

    `wire_state` to `withdrawal_asked` are the wire's progress about it (decisions.md 1). They change under the row's
    lock (`lock_handling`) only: by the inbox for what the authority says, by `activities.commands` for what we have
    sent. `partner` None: an authority of our own city. `department`: of the item, as the catalogue names it; whoever
    decides here decides for his department.
    """

    __tablename__ = "handling"

    handling_no: Mapped[str] = mapped_column(String(21), primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    place: Mapped[int]  # 0, 1 … within the case
    department: Mapped[str] = mapped_column(String(64), default="")
    region: Mapped[str] = mapped_column(String(6))
    role: Mapped[str | None]
    scheme: Mapped[str] = mapped_column(String(16))
    partner: Mapped[str | None] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(16))
    originals_travel: Mapped[bool]
    result_travels: Mapped[bool]
    status: Mapped[str] = mapped_column(String(24))
    partner_no: Mapped[str] = mapped_column(default="")  # the partner's own number for it; empty until it says one
    waiting_since: Mapped[datetime | None]  # 等待对方系统; None: its system answers
    # name, form, document_no, sha256
    result: Mapped[dict[str, Any] | None] = mapped_column(SealedJson("handling.result"))
    wire_state: Mapped[str] = mapped_column(String(24), default=WireState.UNSENT)
    last_event: Mapped[str | None] = mapped_column(String(24))
    last_seq: Mapped[int] = mapped_column(default=0)  # A seq, C XH; stays 0 where the sender has no sequence
    round: Mapped[int] = mapped_column(default=0)  # of supplement (补正), 0: none yet
    decision: Mapped[str | None] = mapped_column(String(24))
    withdrawal_asked: Mapped[bool] = mapped_column(default=False)
    last_written_at: Mapped[datetime | None]  # B: cd_time of the last applied row
    last_written_id: Mapped[str | None] = mapped_column(String(64))  # B: its row_guid
    applied_count: Mapped[int] = mapped_column(default=0)  # messages that had an Update for the case
    changed_at: Mapped[datetime | None] = mapped_column(index=True)
    legal_due_at: Mapped[datetime | None]  # the soonest end of the law's running clocks (storage.officer_queue)
    held_by: Mapped[str | None] = mapped_column(String(64))  # the officer who has it (storage.cases.holdings)
    held_since: Mapped[datetime | None]
    proposal_id: Mapped[int | None]  # what waits for a second officer (storage.cases.proposals)

    @property
    def progress(self) -> WireProgress:
        """The wire columns as one value; setting it writes all of them."""
        return WireProgress(
            state=WireState(self.wire_state),
            last_event=WireEvent(self.last_event) if self.last_event else None,
            last_seq=self.last_seq,
            round=self.round,
            decision=WireEvent(self.decision) if self.decision else None,
            withdrawal_asked=self.withdrawal_asked,
        )

    @progress.setter
    def progress(self, progress: WireProgress) -> None:
        self.wire_state = progress.state
        self.last_event = progress.last_event
        self.last_seq = progress.last_seq
        self.round = progress.round
        self.decision = progress.decision
        self.withdrawal_asked = progress.withdrawal_asked


class CaseEventRow(Base):
    """One line of a case's history (办件轨迹), append-only; written by `add_event`.

    `data`: facts without personal data, and reasons that people give in their own words.
    `key` is unique within the case and makes a repeated write harmless: `{n}-{kind}` for the workflow's n-th step, a
    word with the id of its cause for others (`brought/{Idempotency-Key}`, `task/{task id}`, `registered`). `at`: when
    it happened; `recorded_at`: when it was written. `actor`: a user name, or `workflow`.
    """

    __tablename__ = "case_event"
    __table_args__ = (UniqueConstraint("case_no", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(21))
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(SealedJson("case_event.data"))


class DeadlineRow(Base):
    """A clock (时限) of a handling, or of the whole case where `handling_no` is None. `stopped_at` None: it runs.

    `key`: `{n}-{kind of step}/{kind of clock}` for the workflow's n-th step, `deferred` for what the applicant owes.
    `due_at`: the last second of the last day, where time runs as usual. `responsible`: a
    `domain.messages.Responsible`. `provisional`: it reaches into a year for which no official calendar is loaded.
    Written by `activities.records` and `storage.cases.deferred_materials`.
    """

    __tablename__ = "deadline"
    __table_args__ = (UniqueConstraint("case_no", "key"), Index("ix_deadline_open", "stopped_at", "due_at", "case_no"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(21))
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(32))
    start_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    due_at: Mapped[datetime]
    responsible: Mapped[str] = mapped_column(String(16))
    provisional: Mapped[bool] = mapped_column(default=False)
    calendar_version: Mapped[str] = mapped_column(String(32), default="")
    stopped_at: Mapped[datetime | None]


def lock_handling(session: Session, handling_no: str) -> HandlingRow | None:
    """The handling, read anew and locked until the transaction ends; None if there is none with this number."""
    return session.get(HandlingRow, handling_no, with_for_update=True, populate_existing=True)


class CaseEvent(NamedTuple):
    """A line for the history of a case. `at`: when it happened."""

    key: str
    kind: str
    at: datetime
    actor: str
    handling_no: str | None
    data: dict[str, Any]


def handlings_of(session: Session, case_no: str) -> list[HandlingRow]:
    """The handlings of a case by `place`, the first one first; empty for an unknown case."""
    return list(session.scalars(select(HandlingRow).filter_by(case_no=case_no).order_by(HandlingRow.place)))


def add_event(
    session: Session,
    *,
    case_no: str,
    key: str,
    kind: str,
    at: datetime,
    now: datetime,
    actor: str,
    handling_no: str | None = None,
    data: dict[str, Any] | None = None,
) -> bool:
    """Append to the history in the caller's transaction; False and no effect where the case has `key` already."""
    event = CaseEvent(key=key, kind=kind, at=at, actor=actor, handling_no=handling_no, data=data or {})
    return bool(add_events(session, case_no, [event], now))


def add_events(session: Session, case_no: str, events: Sequence[CaseEvent], now: datetime) -> frozenset[str]:
    """Append lines to the history in one statement; returns the keys that the case did not have yet."""
    session.flush()  # its case may be new too
    return frozenset(key for _, key in add_events_of(session, [(case_no, event) for event in events], now))


def add_events_of(
    session: Session, events: Sequence[tuple[str, CaseEvent]], now: datetime
) -> frozenset[tuple[str, str]]:
    """As `add_events`, of cases that are written already; returns case number and key of the lines that are new.

    `events`: each with its case number.
    """
    lines = [{"case_no": case_no, "recorded_at": now, **event._asdict()} for case_no, event in events]
    with session.no_autoflush:
        added = insert_all_new(session, CaseEventRow, lines, CaseEventRow.case_no, CaseEventRow.key)
    return frozenset((row.case_no, row.key) for row in added)


def read_dossier(row: CaseRow, sealer: Sealer) -> Dossier:
    """Open the dossier of a case.

    Raises:
        Misconfigured: its key is not in SEAL_KEYS.
        InvalidTag: the bytes were altered, or belong to another case.
    """
    return Dossier.model_validate_json(sealer.open(row.dossier, f"case/{row.case_no}"))


def write_dossier(row: CaseRow, sealer: Sealer, dossier: Dossier) -> None:
    """Seal `dossier` anew, with the first key, into `row.dossier`; the caller's transaction stores it."""
    row.dossier = sealer.seal(dossier.model_dump_json().encode(), f"case/{row.case_no}")
