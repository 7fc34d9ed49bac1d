"""Sends what waits in the outbox of messages: rendered once, handed over under one id until it is taken."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from domain.applicant_messages import TEMPLATES, MessageKind, MessageState, item_said, tail_of, words_of
from domain.dossier import Dossier
from domain.errors import ChannelRefused, ChannelUnavailable
from domain.terms import Leg
from domain.troubles import Subject
from messaging.channel import Channel
from messaging.forgetting import forget
from messaging.mobile import mobile_of
from messaging.paper import not_by_phone
from messaging.quiet_hours import QuietHours
from storage.base import Database
from storage.cases.applicant_messages import MessageRow, open_values, seal_values
from storage.cases.rows import CaseRow, read_dossier
from storage.row_isolation import RowIsolation
from storage.sealing import Sealer

MAX_ATTEMPTS = 8
_AT_ONCE = 100
_TOGETHER = 20
"""So many are prepared, and what became of them noted, in one transaction each."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_HIDDEN = "******"
_AWAY = 3
"""After so many in a turn that the gateway did not answer, the others wait for the next."""

log = structlog.get_logger(__name__)


class _Ready(NamedTuple):
    """A message that may go out now. `to`: digits of a phone."""

    id: str
    case_no: str
    to: str
    text: str


class _Outcome(Enum):
    """What the gateway made of a message; UNTRIED: it was not asked, because it was away for others."""

    TAKEN = auto()
    REFUSED = auto()
    AWAY = auto()
    UNTRIED = auto()


class _Became(NamedTuple):
    id: str
    outcome: _Outcome
    code: str


class MessageSender:
    """The job's part over the outbox. `channel` None: no gateway is configured, so nothing goes to phones."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        channel: Channel | None,
        now: Callable[[], datetime],
        quiet: QuietHours | None = None,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._channel = channel
        self._now = now
        self._quiet = quiet or QuietHours()

    def send_due(self) -> int:
        """Send what is due, the oldest first; returns how many a gateway has taken. Harmless when repeated or killed.

        Raises an ExceptionGroup of RowFailed at the end where some could not even be looked at.
        """
        due = select(MessageRow.id, MessageRow.case_no).where(
            MessageRow.state == MessageState.QUEUED, MessageRow.next_at <= self._now()
        )
        with self._database.read() as session:
            waiting = [
                (row.id, row.case_no) for row in session.execute(due.order_by(MessageRow.next_at).limit(_AT_ONCE))
            ]
        sent, rows = 0, RowIsolation()
        for start in range(0, len(waiting), _TOGETHER):
            ready = self._ready(waiting[start : start + _TOGETHER], rows)
            became = self._sent(ready, rows)
            if ready:
                self._noted(became)
            sent += sum(one.outcome is _Outcome.TAKEN for one in became)
            if any(one.outcome is _Outcome.UNTRIED for one in became):
                break
        rows.report()
        return sent

    def _ready(self, waiting: Sequence[tuple[str, str]], rows: RowIsolation) -> list[_Ready]:
        """Those that may go out now, prepared in one transaction; each by itself where one of them can't be."""
        try:
            with self._database.write() as session:
                return self._prepared(session, [number for number, _ in waiting])
        except Exception as fault:  # noqa: BLE001 – which of them it was is found below, and said
            log.info("messages_one_by_one", error=type(fault).__name__)
        found: list[_Ready] = []
        for number, case_no in waiting:
            with rows.each(Subject(key=number, case_no=case_no)), self._database.write() as session:
                found += self._prepared(session, [number])
        return found

    def _sent(self, ready: Sequence[_Ready], rows: RowIsolation) -> list[_Became]:
        """Hand each over; once the gateway has been away for `_AWAY` of them, the others are not tried."""
        became: list[_Became] = []
        away = 0
        for one in ready:
            outcome, code = _Outcome.UNTRIED, ""
            if away < _AWAY and self._channel is not None:
                outcome, code = _Outcome.AWAY, "UNKNOWN"  # where our own side of it fails
                with rows.each(Subject(key=one.id, case_no=one.case_no)):
                    outcome, code = _handed_over(self._channel, one)
                    away += outcome is _Outcome.AWAY
            became.append(_Became(one.id, outcome, code))
        return became

    def _noted(self, became: Sequence[_Became]) -> None:
        """What became of some, in one transaction; one that is not noted is sent again under its id."""
        with self._database.write() as session:
            rows = _locked(session, [one.id for one in became])
            for one in became:
                self._note(session, rows[one.id], one)

    def _note(self, session: Session, row: MessageRow, became: _Became) -> None:
        match became.outcome:
            case _Outcome.TAKEN:
                row.sent_at = row.sent_at or self._now()
                if row.state == MessageState.QUEUED:  # a receipt may have been quicker
                    row.state = MessageState.SENT
                forget(row, self._sealer)
            case _Outcome.REFUSED:
                self._end(session, row, became.code)
            case _Outcome.AWAY:
                log.info("message_not_taken", message_id=row.id, code=became.code)
                if row.attempts >= MAX_ATTEMPTS:
                    self._end(session, row, "UNREACHABLE")
            case _Outcome.UNTRIED:
                row.attempts -= 1
                row.next_at = self._now()

    def _prepared(self, session: Session, numbers: Sequence[str]) -> list[_Ready]:
        """Decide under their locks which go out now; the next attempt is due later, whatever comes of this one."""
        rows = _locked(session, numbers)
        wanted = select(CaseRow).where(CaseRow.case_no.in_({row.case_no for row in rows.values()}))
        cases = {case.case_no: case for case in session.scalars(wanted.options(defer(CaseRow.item)))}
        ready = (self._prepare(session, rows[number], cases[rows[number].case_no]) for number in numbers)
        return [one for one in ready if one is not None]

    def _prepare(self, session: Session, row: MessageRow, case: CaseRow) -> _Ready | None:
        now = self._now()
        if row.state != MessageState.QUEUED or row.next_at > now:
            return None
        dossier = read_dossier(case, self._sealer)
        obstacle = self._obstacle(row, dossier, now)
        if obstacle is not None:
            not_by_phone(session, row, obstacle, now, tried=row.attempts > 0)
            forget(row, self._sealer)
            return None
        if not TEMPLATES[MessageKind(row.kind)].urgent and case.time_scale == 1:
            row.next_at = self._quiet.allowed_from(now)
            if row.next_at > now:
                return None
        row.attempts += 1
        row.channel = self._channel.name if self._channel is not None else None
        row.next_at = now + _pause(row.attempts) / case.time_scale
        return self._rendered(row, case, dossier)

    def _obstacle(self, row: MessageRow, dossier: Dossier, now: datetime) -> str | None:
        """Why no phone is to have it, as a code; None where one is."""
        template = TEMPLATES[MessageKind(row.kind)]
        if row.expires_at is not None and row.expires_at <= now:
            return "EXPIRED"
        if self._channel is None:
            return "NO_CHANNEL"
        if not (template.by_request or dossier.consent.messages):
            return "NO_CONSENT"
        return None if _phone(row, dossier) else "NOT_MOBILE"

    def _rendered(self, row: MessageRow, case: CaseRow, dossier: Dossier) -> _Ready:
        """The words, made once: a retry says the same, whatever has changed since."""
        if row.words is not None:
            kept = open_values(self._sealer, row.id, row.words)
            return _Ready(row.id, row.case_no, kept["to"], kept["text"])
        kind = MessageKind(row.kind)
        values = {**row.said, "no": tail_of(row.case_no), "item": item_said(case.item_name)}
        secrets = open_values(self._sealer, row.id, row.secrets) if row.secrets is not None else {}
        text = words_of(kind, values | secrets)
        shown = words_of(kind, values | dict.fromkeys(secrets, _HIDDEN))
        to = _phone(row, dossier)
        row.words = seal_values(self._sealer, row.case_no, row.id, {"to": to, "text": text, "shown": shown})
        return _Ready(row.id, row.case_no, to, text)

    def _end(self, session: Session, row: MessageRow, code: str) -> None:
        if row.state == MessageState.QUEUED:
            not_by_phone(session, row, code[:32], self._now(), tried=True)
            forget(row, self._sealer)


def _handed_over(channel: Channel, message: _Ready) -> tuple[_Outcome, str]:
    try:
        channel.send(message.id, message.to, message.text)
    except ChannelRefused as fault:
        return _Outcome.REFUSED, fault.code
    except ChannelUnavailable as fault:
        return _Outcome.AWAY, fault.code
    return _Outcome.TAKEN, ""


def _locked(session: Session, numbers: Sequence[str]) -> dict[str, MessageRow]:
    """In the order of their ids: two who want the same wait for each other only."""
    wanted = select(MessageRow).where(MessageRow.id.in_(numbers)).order_by(MessageRow.id).with_for_update()
    return {row.id: row for row in session.scalars(wanted)}


def _phone(row: MessageRow, dossier: Dossier) -> str:
    """Digits of the mobile of whoever is named at the door for a visit, else the applicant's; "" where it is none."""
    phone = dossier.applicant.phone
    if row.leg_id is not None and TEMPLATES[MessageKind(row.kind)].at_door:
        door = dossier.pickup if f"-{Leg.PICKUP}-" in row.leg_id else dossier.delivery
        phone = door.contact_phone if door is not None else phone
    return mobile_of(phone)


def _pause(attempts: int) -> timedelta:
    """Until the next attempt: 30 s, then twice as long each time, to an hour."""
    return min(_FIRST_PAUSE * (1 << min(attempts - 1, 10)), _LONGEST_PAUSE)
