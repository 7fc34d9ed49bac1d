"""Every change, look, export and refusal of a person goes on the audit trail: here, for all routes alike.

A change: its transaction ends with the entry (`Database.last_words`), so neither is there without the other. A look or
an export: the entry is committed before anything is shown. What can't be written down is not done and not shown.
Refusals of strangers, who can ask without end, are written one by one to a number an hour, and counted beyond it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.audit import ACTION_LENGTH, SUBJECT_LENGTH, AuditEntry, AuditKind
from exchange.traffic import Traffic
from storage.audit.heads import HeadSigner
from storage.audit.trail import AuditTrail
from storage.base import Database
from storage.people.users import LoggedIn
from web.foundation.audited_routes import EXPORTS, LOOKS, SUBJECTS, UNMASKINGS

_ASKED: ContextVar[Scope | None] = ContextVar("audited_request", default=None)
"""The request that is being answered; threads that work for it have it too."""
_PERSON, _SUBJECTS, _SAID, _WHY = "kuayu.person", "kuayu.subjects", "kuayu.look_said", "kuayu.why"
_NOBODY: Final = "-"
_APPLICANT: Final = "applicant"
_APPLICANTS: Final = ("/track", "/api/v1/track", "/t/")
_LOGIN: Final = ("/login", "/api/v1/login", "/logout", "/api/v1/logout")
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_AGAIN_AFTER_S: Final = 600.0
_REMEMBERED: Final = 20_000


class AuditedRequests:
    """ASGI middleware: lets what is written for a request know the request, and writes down what was refused.

    Refused, with the status as its code: a wrong login (401), what somebody who is logged in may not (403) or named
    but is not there for him (404).
    """

    def __init__(self, app: ASGIApp, refused: Callable[[AuditEntry], None], now: Callable[[], datetime]) -> None:
        self._app = app
        self._refused = refused
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does; a refusal is given once it is written down."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_known(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _REFUSED and _is_known(scope):
                said = " ".join(scope.pop(_SUBJECTS, []))
                entry = _entry(scope, AuditKind.REFUSAL, self._now(), code=f"HTTP_{message['status']}", subject=said)
                await asyncio.to_thread(self._refused, entry)
            await send(message)

        token = _ASKED.set(scope)
        try:
            await self._app(scope, receive, send_known)
        finally:
            _ASKED.reset(token)


class Auditor:
    """Writes entries for one application: the last words of its writing transactions, and looks.

    `strangers`: how many refusals of people whom nobody knows are entries of their own; None: all of them.
    """

    def __init__(
        self, database: Database, trail: AuditTrail, now: Callable[[], datetime], strangers: Traffic | None = None
    ) -> None:
        self._database = database
        self._trail = trail
        self._now = now
        self._strangers = strangers
        self._looked: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        database.last_words = self._last_words

    @property
    def signer(self) -> HeadSigner:
        """Who signs the heads of the trail."""
        return self._trail.signer

    def known(self, request: Request, person: LoggedIn) -> None:
        """Somebody is logged in: what is refused or done from now on is his."""
        request.scope[_PERSON] = (person.username, person.role.value)

    def seen(self, request: Request, person: LoggedIn) -> None:
        """Somebody was let in: a look or an export is written down before it is answered.

        Raises:
            OperationalError: it can't be written down.
        """
        scope = request.scope
        route = _route(scope)
        if route in EXPORTS:
            self._note_now(AuditKind.EXPORT, scope)
        elif route in LOOKS and not self._is_again(person.username, route, _subject(scope)):
            self._note_now(AuditKind.LOOK, scope)
        scope[_SAID] = route in LOOKS or route in EXPORTS

    def refused(self, entry: AuditEntry) -> None:
        """Write down a refusal, in a transaction of its own; where it names nobody and nothing, to a number an hour.

        The trail only ever grows: who asks without a login must not be able to fill it.
        """
        unnamed = self._strangers if entry.actor in (_NOBODY, _APPLICANT) and not entry.subject else None
        if unnamed is not None and not unnamed.note_unsigned(entry.code, entry.at):
            return
        with self._database.write_plainly() as session:
            self._trail.note(session, entry)

    def _note_now(self, kind: AuditKind, scope: Scope) -> None:
        with self._database.write_plainly() as session:
            self._trail.note(session, _entry(scope, kind, self._now()))

    def _last_words(self, session: Session) -> None:
        scope = _ASKED.get()
        if scope is None or not _is_known(scope) or scope.get(_SAID):
            return
        kind = AuditKind.UNMASK if _route(scope) in UNMASKINGS else AuditKind.CHANGE
        why = scope.pop(_WHY, "")
        for subject in scope.pop(_SUBJECTS, None) or [""]:
            self._trail.note(session, _entry(scope, kind, self._now(), code=why, subject=subject))

    def _is_again(self, *look: str) -> bool:
        """Within ten minutes of the same look; a page that follows a case by itself is one look."""
        actor, route, subject = look
        key, at = (actor, route, subject), time.monotonic()
        last = self._looked.pop(key, None)
        again = last is not None and at - last < _AGAIN_AFTER_S
        self._looked[key] = last if again and last is not None else at
        while len(self._looked) > _REMEMBERED:
            self._looked.popitem(last=False)
        return again


def about(subject: str) -> None:
    """What is changed, where the address does not say so: a new case, a user. Said for several, each has its entry."""
    scope = _ASKED.get()
    if scope is not None:
        scope.setdefault(_SUBJECTS, []).append(subject)


def because(code: str) -> None:
    """Why something is done or shown, as a code: it stands beside the entry of this transaction."""
    scope = _ASKED.get()
    if scope is not None:
        scope[_WHY] = code


def let_in(username: str, role: str = "") -> None:
    """Who has just logged in, or is about to leave: before, nobody was known."""
    scope = _ASKED.get()
    if scope is not None:
        scope[_PERSON] = (username, role)


def _is_known(scope: Scope) -> bool:
    """A person of the hall, an applicant, or somebody at the login; partners have a log of their own."""
    return _PERSON in scope or str(scope["path"]).startswith((*_APPLICANTS, *_LOGIN))


def _entry(scope: Scope, kind: AuditKind, now: datetime, *, code: str = "", subject: str = "") -> AuditEntry:
    applicant = str(scope["path"]).startswith(_APPLICANTS)
    actor, role = scope.get(_PERSON, (_APPLICANT if applicant else _NOBODY, ""))
    client = scope.get("client")
    return AuditEntry(
        at=now,
        kind=kind,
        actor=actor,
        role=role,
        address=client[0][:45] if client else "",
        action=_route(scope)[:ACTION_LENGTH],
        subject=" ".join(dict.fromkeys(filter(None, (_subject(scope), subject))))[:SUBJECT_LENGTH],
        code=code,
    )


def _route(scope: Scope) -> str:
    """`GET /window/{case_no}`: never the address as it was typed, in which anything may stand."""
    route: Any = scope.get("route")
    return f"{scope['method']} {route.path}" if route is not None else f"{scope['method']} -"


def _subject(scope: Scope) -> str:
    given = scope.get("path_params", {})
    return " ".join(str(given[name]) for name in SUBJECTS if name in given)
