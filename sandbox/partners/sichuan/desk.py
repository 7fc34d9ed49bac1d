"""What Sichuan does with an authentic request: files, submissions, supplements, withdrawals, notices, queries.

Order after the nonce: strict parsing → schema → is the case known here → the files that it names → message id →
state rule. A message id is taken only by a message that took effect.
"""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from sandbox import forms
from sandbox.case import PlayedCase
from sandbox.engine import CHINA, Engine
from sandbox.partners.sichuan.guard import Checked, Problem
from sandbox.partners.sichuan.schema import (
    Material,
    Notice,
    NotJson,
    Submission,
    Supplement,
    Withdrawal,
    strict_json,
)

PARTNER = "sichuan"
Model = TypeVar("Model", bound=BaseModel)


class Done(NamedTuple):
    """A 2xx answer before it is signed."""

    status: int
    content: bytes
    media_type: str = "application/json"


class Desk:
    """One counter: requests are taken one after the other, so a message is never taken twice at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store = engine.store
        self._lock = threading.Lock()

    def submit(self, request: Checked) -> Done:
        said = _read(Submission, request.body)
        self._check_files(said.materials)

        def take() -> dict[str, Any]:
            if self._engine.case(said.caseNo) is not None:
                raise Problem("CY4222")
            partner_no = f"SC{said.caseNo[6:14]}-{said.caseNo[14:20]}"
            self._engine.submit(
                "sichuan",
                said.caseNo,
                phone=said.applicant.phone,
                item_code=said.itemCode,
                item_name=said.itemName,
                mode=said.mode,
                region=said.handlingRegion,
                partner_no=partner_no,
                has_parcel=said.parcel is not None,
            )
            forms.keep(self._store, said.caseNo, said.form.model_dump() if said.form else None)
            return {"partnerCaseNo": partner_no, "receivedAt": _now()}

        return self._once(request, "submit", said.caseNo, 201, take)

    def supplement(self, case_no: str, request: Checked) -> Done:
        said = _read(Supplement, request.body)
        self._known(case_no)
        self._check_files(said.materials)

        def take() -> dict[str, Any]:
            if not self._engine.supplement(case_no, said.round, said.parcel is not None):
                raise Problem("CY4222")
            return {"receivedAt": _now()}

        return self._once(request, "supplement", case_no, 202, take)

    def withdraw(self, case_no: str, request: Checked) -> Done:
        _read(Withdrawal, request.body)
        self._known(case_no)

        def take() -> dict[str, Any]:
            if not self._engine.withdraw(case_no):
                raise Problem("CY4222")
            return {"receivedAt": _now()}

        return self._once(request, "withdraw", case_no, 202, take)

    def notice(self, case_no: str, request: Checked) -> Done:
        said = _read(Notice, request.body)
        self._known(case_no)
        self._check_sent(said.payload.get("proofSha256"))

        def take() -> dict[str, Any]:
            self._engine.notice(case_no, said.model_dump())
            return {"receivedAt": _now()}

        return self._once(request, "notice", case_no, 202, take)

    def query(self, case_no: str) -> Done:
        with self._engine.lock:
            case = self._known(case_no)
            latest = case.last_event
            return _done(
                200,
                {
                    "caseNo": case.handling_no,
                    "partnerCaseNo": case.partner_no,
                    "event": latest.event if latest else None,
                    "seq": latest.seq if latest else 0,
                    "occurredAt": latest.occurred_at if latest else None,
                    "payload": latest.payload if latest else {},
                },
            )

    def put_file(self, sha256: str, request: Checked) -> Done:
        if hashlib.sha256(request.body).hexdigest() != sha256 or media_type_of(request.body) is None:
            raise Problem("CY4221")
        content = _content(request)
        with self._lock, self._store.transaction():
            used = self._store.get("cy-message", request.message_id)
            if used is not None and used["content"] != content:
                raise Problem("CY4223")
            first = self._store.get("cy-file-taken", sha256)
            if first is not None:
                return _done(200, {**first, "duplicate": True})
            taken = {"sha256": sha256, "receivedAt": _now()}
            self._store.put_bytes("cy-file", sha256, request.body)
            self._store.put("cy-file-taken", sha256, taken)
            self._store.put("cy-message", request.message_id, {"content": content, "answer": taken})
            return _done(201, taken)

    def get_file(self, sha256: str) -> Done:
        """Only what an event of ours has named."""
        data = self._engine.offered("sichuan", sha256)
        if data is None:
            raise Problem("CY4041")
        return Done(200, data, media_type_of(data) or "application/octet-stream")

    def _once(self, request: Checked, kind: str, case_no: str, status: int, take: Callable[[], dict[str, Any]]) -> Done:
        key = request.message_id
        content = _content(request)
        self._engine.effects.attempt("sichuan", key, kind, case_no)
        with self._lock, self._engine.lock, self._store.transaction():
            first = self._store.get("cy-message", key)
            if first is not None and first["content"] != content:
                raise Problem("CY4223")
            if first is not None:
                return _done(200, {**first["answer"], "duplicate": True})
            answer = take()
            self._engine.effects.effect("sichuan", key, kind, case_no)
            self._store.put("cy-message", key, {"content": content, "answer": answer})
            return _done(status, answer)

    def _known(self, case_no: str) -> PlayedCase:
        case = self._engine.case(case_no)
        if case is None or case.partner != PARTNER:
            raise Problem("CY4041")
        return case

    def _check_files(self, materials: list[Material]) -> None:
        for material in materials:
            self._check_sent(material.sha256)

    def _check_sent(self, sha256: str | None) -> None:
        if sha256 is not None and self._store.get("cy-file-taken", sha256) is None:
            raise Problem("CY4221")


def media_type_of(data: bytes) -> str | None:
    """PDF, OFD, JPEG or PNG by the first bytes."""
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if data.startswith(b"PK\x03\x04"):
        return "application/ofd"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/png" if data.startswith(b"\x89PNG\r\n\x1a\n") else None


def _content(request: Checked) -> str:
    """What is compared for "the same content": path + body."""
    return hashlib.sha256(request.path.encode() + b"\n" + request.body).hexdigest()


def _read(model: type[Model], body: bytes) -> Model:
    try:
        return model.model_validate(strict_json(body))
    except NotJson:
        raise Problem("CY4001") from None
    except ValidationError:
        raise Problem("CY4221") from None


def _done(status: int, content: dict[str, Any]) -> Done:
    return Done(status, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _now() -> str:
    return datetime.now(CHINA).isoformat(timespec="seconds")
