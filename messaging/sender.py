"""Sends what waits in the outbox of messages: rendered once, handed over under one id until it is taken."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

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
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_HIDDEN = "******"
_AWAY = 3
"""After so many in a turn that the gateway did not answer, the others wait for the next."""

log = structlog.get_logger(__name__)


class _Ready(NamedTuple):
    """A message that may go out now. `to`: digits of a phone."""

    id: str
    to: str
    text: str


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
            waiting = list(session.execute(due.order_by(MessageRow.next_at).limit(_AT_ONCE)))
        sent, away, rows = 0, 0, RowIsolation()
        for number, case_no in waiting:
            with rows.each(Subject(key=number, case_no=case_no)):
                try:
                    sent += self._send(number)
                except ChannelUnavailable as fault:
                    away += 1
                    self._not_taken(number, fault.code)
            if away == _AWAY:
                break
        rows.report()
        return sent

    def _send(self, number: str) -> bool:
        with self._database.write() as session:
            ready = self._prepared(session, number)
        if ready is None or self._channel is None:
            return False
        try:
            self._channel.send(ready.id, ready.to, ready.text)
        except ChannelRefused as fault:
            self._ended(number, fault.code)
            return False
        self._taken(number)
        return True

    def _prepared(self, session: Session, number: str) -> _Ready | None:
        """Decide under the row's lock whether it goes out now; the next attempt is due later, whatever comes of it."""
        now = self._now()
        row = session.get(MessageRow, number, with_for_update=True)
        if row is None or row.state != MessageState.QUEUED or row.next_at > now:
            return None
        case = session.get_one(CaseRow, row.case_no)
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
            return _Ready(row.id, kept["to"], kept["text"])
        kind = MessageKind(row.kind)
        values = {**row.said, "no": tail_of(row.case_no), "item": item_said(case.item_name)}
        secrets = open_values(self._sealer, row.id, row.secrets) if row.secrets is not None else {}
        text = words_of(kind, values | secrets)
        shown = words_of(kind, values | dict.fromkeys(secrets, _HIDDEN))
        to = _phone(row, dossier)
        row.words = seal_values(self._sealer, row.id, {"to": to, "text": text, "shown": shown})
        return _Ready(row.id, to, text)

    def _taken(self, number: str) -> None:
        with self._database.write() as session:
            row = session.get_one(MessageRow, number, with_for_update=True)
            row.sent_at = row.sent_at or self._now()
            if row.state == MessageState.QUEUED:  # a receipt may have been quicker
                row.state = MessageState.SENT
            forget(row, self._sealer)

    def _not_taken(self, number: str, code: str) -> None:
        """The gateway is away: tried again until it was enough."""
        log.info("message_not_taken", message_id=number, code=code)
        with self._database.read() as session:
            attempts = session.get_one(MessageRow, number).attempts
        if attempts >= MAX_ATTEMPTS:
            self._ended(number, "UNREACHABLE")

    def _ended(self, number: str, code: str) -> None:
        with self._database.write() as session:
            row = session.get_one(MessageRow, number, with_for_update=True)
            if row.state == MessageState.QUEUED:
                not_by_phone(session, row, code[:32], self._now(), tried=True)
                forget(row, self._sealer)


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
