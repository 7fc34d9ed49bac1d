"""Sichuan's callbacks: pushed one after the other per case, again until they are acknowledged (contracts.md A "Retry").

408, 404, 409, 425, 429, 5xx, transport errors and a badly signed 2xx → again with the same message id and a new
nonce; any other 4xx and 3xx → stop, a person at the authority looks at it.
"""

import hashlib
import json
import re
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

from sandbox.case import PlayedCase, PlayedEvent
from sandbox.engine import Engine
from sandbox.partners.sichuan.crypto import Identity, request_headers, text_to_sign

_AGAIN = frozenset({404, 408, 409, 425, 429})
_TIMEOUT_S = (3.0, 10.0)
_FIRST_RETRY_S = 0.2
_SLOWEST_RETRY_S = 5.0
_SENDERS = 8


class _Letter(NamedTuple):
    handling_no: str
    place: int
    event_id: str
    body: bytes
    copies: int


class _Attempt(NamedTuple):
    answer: str
    acknowledged: bool = False
    again: bool = False
    retry_after_s: float = 0.0


class Pusher:
    """The transport of the Sichuan network."""

    def __init__(self, engine: Engine, who: Identity, kuayu_url: str) -> None:
        self._engine = engine
        self._who = who
        self._url = f"{kuayu_url}/callbacks/sichuan"
        self._path = urlsplit(self._url).path
        self._lock = threading.Lock()
        self._queues: dict[str, deque[_Letter]] = {}
        self._pool = ThreadPoolExecutor(_SENDERS, thread_name_prefix="callback")
        self._local = threading.local()
        self._stopped = threading.Event()
        engine.on_stop.append(self.stop)

    def deliver(self, case: PlayedCase, event: PlayedEvent) -> None:
        letter = _Letter(case.handling_no, event.place, event.event_id, _body(case, event), event.times)
        with self._lock:
            queue = self._queues.setdefault(case.handling_no, deque())
            queue.append(letter)
            idle = len(queue) == 1
        if idle:
            self._submit(letter, 0)

    def reset(self) -> None:
        with self._lock:
            self._queues.clear()

    def stop(self) -> None:
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, letter: _Letter, failures: int) -> None:
        if not self._stopped.is_set():
            try:
                self._pool.submit(self._push, letter, failures)
            except RuntimeError:  # the pool has been shut since we looked
                return

    def _push(self, letter: _Letter, failures: int) -> None:
        if self._engine.outages.current("sichuan") == "down":
            self._later(letter, failures, _FIRST_RETRY_S)
            return
        attempt = self._attempt(letter)
        stopped = not attempt.acknowledged and not attempt.again
        self._engine.answered(
            letter.handling_no, letter.place, attempt.answer, acknowledged=attempt.acknowledged, stopped=stopped
        )
        if attempt.again:
            backoff_s = min(_FIRST_RETRY_S * 2**failures, _SLOWEST_RETRY_S)
            self._later(letter, failures + 1, max(backoff_s, attempt.retry_after_s))
        elif attempt.acknowledged and letter.copies > 1:
            self._submit(letter._replace(copies=letter.copies - 1), 0)
        else:
            self._next(letter)

    def _later(self, letter: _Letter, failures: int, delay_s: float) -> None:
        with self._lock:
            if self._stopped.is_set() or letter.handling_no not in self._queues:
                return
        timer = threading.Timer(delay_s, self._submit, (letter, failures))
        timer.daemon = True
        timer.start()

    def _next(self, letter: _Letter) -> None:
        with self._lock:
            queue = self._queues.get(letter.handling_no)
            if not queue or queue[0].event_id != letter.event_id:
                return
            queue.popleft()
            following = queue[0] if queue else None
            if following is None:
                del self._queues[letter.handling_no]
        if following is not None:
            self._submit(following, 0)

    def _attempt(self, letter: _Letter) -> _Attempt:
        headers = request_headers(self._who, "POST", self._path, letter.event_id, letter.body)
        nonce = headers["X-CY-Nonce"]
        try:
            answer = self._session().post(
                self._url,
                data=letter.body,
                headers=headers | {"Content-Type": "application/json"},
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as fault:
            return _Attempt(f"no answer: {type(fault).__name__}", again=True)
        if 200 <= answer.status_code <= 299:
            trusted = self._is_acknowledgement(answer, nonce, letter)
            return _Attempt("acknowledged" if trusted else "badly signed", trusted, again=not trusted)
        again = answer.status_code in _AGAIN or answer.status_code >= 500
        return _Attempt(_words(answer), again=again, retry_after_s=_retry_after_s(answer))

    def _is_acknowledgement(self, answer: requests.Response, nonce: str, letter: _Letter) -> bool:
        said = answer.headers
        stamp = said.get("X-CY-Timestamp", "")
        text = text_to_sign(str(answer.status_code), nonce, stamp, body=answer.content)
        if not (
            re.fullmatch(r"[0-9]{10}", stamp)
            and abs(time.time() - int(stamp)) <= self._who.window_s + 1
            and said.get("X-CY-Nonce") == nonce
            and said.get("X-CY-Sign-Alg") == self._who.alg
            and self._who.signed_by_caller(text, said.get("X-CY-Signature", ""))
        ):
            return False
        content = answer.json()
        body_sm3 = hashlib.new("sm3", letter.body).hexdigest()
        named = (content.get("code"), content.get("msgId"), content.get("bodySm3"))
        return named == ("0000", letter.event_id, body_sm3)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
        return session


def _body(case: PlayedCase, event: PlayedEvent) -> bytes:
    content = {
        "eventId": event.event_id,
        "caseNo": case.handling_no,
        "partnerCaseNo": case.partner_no,
        "event": event.event,
        "seq": event.seq,
        "occurredAt": event.occurred_at,
        "actorOrg": "四川省政务服务中心",
        "payload": event.payload,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _words(answer: requests.Response) -> str:
    try:
        code = answer.json().get("code")
    except (ValueError, AttributeError):
        code = None
    return f"{answer.status_code} {code}" if code else str(answer.status_code)


def _retry_after_s(answer: requests.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), _SLOWEST_RETRY_S) if re.fullmatch(r"[0-9]{1,5}", text) else 0.0
