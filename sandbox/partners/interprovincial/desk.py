"""What the provinces do with a sealed call: submissions, supplements, withdrawals, callbacks, files, notices.

Order after the seal: schema → addressed here → files → idempotency key → state. A key is taken only by a call
that took effect.
"""

import base64
import binascii
import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sandbox import forms
from sandbox.case import PlayedCase
from sandbox.engine import Engine
from sandbox.partners.interprovincial import records
from sandbox.partners.interprovincial.notices import Notices, inner
from sandbox.partners.interprovincial.terms import Terms
from sandbox.partners.interprovincial.wire import Head, Refused, data_bytes, leaf, now_text, record
from sandbox.partners.interprovincial.xmltree import Node

PARTNER: Final = "interprovincial"
GATEWAY = "000000000000"
FILE_LIMIT = 20 * 1024 * 1024
_TZ = {"01": "PAPERS_SENT", "02": "DELIVERED", "03": "DISCREPANCY"}


@dataclass(frozen=True)
class Call:
    """An authentic call: operation, head, RECORDs and the bytes of `information`."""

    operation: str
    head: Head
    records: list[Node]
    information: bytes

    @property
    def only(self) -> Node:
        if len(self.records) != 1:
            raise Refused(-60, "RECORD")
        return self.records[0]


class Desk:
    """One counter: calls are taken one after the other, so a key is never taken twice at once."""

    def __init__(self, engine: Engine, terms: Terms, notices: Notices) -> None:
        self._engine = engine
        self._store = engine.store
        self._terms = terms
        self._notices = notices
        self._lock = threading.RLock()

    def answer(self, call: Call) -> str:
        """The RECORDs of the answer. Raises Refused."""
        if not _coordination_no(call.head.ywxtbh):
            raise Refused(-901, "YWXTBH")
        doing: dict[str, Callable[[Call], str]] = {
            "Submit": self._submit,
            "Supplement": self._supplement,
            "Withdraw": self._withdraw,
            "Query": self._query,
            "Notify": self._notify,
            "PutFile": self._put_file,
            "GetFile": self._get_file,
            "FetchNotices": self._fetch,
            "ConfirmNotices": self._confirm,
        }
        return doing[call.operation](call)

    def _submit(self, call: Call) -> str:
        said = records.submission(call.only, self._terms.unknown_items)
        if call.head.jsdw != f"{said.region[:2]}0000000000":
            raise Refused(-905, "JSDW")
        self._same_province(call)
        self._check_files(call, said.files)

        def take() -> str:
            if self._engine.case(said.case_no) is not None or self._case_of_number(call.head.ywxtbh):
                raise Refused(-920, "submitted before")
            partner_no = f"P{said.region[:2]}-{said.case_no[6:20]}"
            self._engine.submit(
                PARTNER,
                said.case_no,
                phone=said.phone,
                item_code=said.item_code,
                item_name=said.item_name,
                mode=said.mode,
                region=said.region,
                partner_no=partner_no,
                has_parcel=said.has_parcel,
                extra={"ywxtbh": call.head.ywxtbh, "jsdw": call.head.jsdw},
            )
            self._store.put("gw-case", call.head.ywxtbh, said.case_no)
            forms.keep(self._store, said.case_no, said.form)
            return leaf("AJBH", said.case_no) + leaf("LSH", partner_no) + leaf("SLSJ", now_text())

        return self._once(call, call.head.ywxtbh, "submit", said.case_no, take)

    def _supplement(self, call: Call) -> str:
        number, round_ = records.case_no(call.only), records.number(call.only, "LC", 99)
        files, tracking = records.supplement_files(call.only), records.parcel(call.only)
        self._known(call, number)
        self._check_files(call, files)

        def take() -> str:
            if not self._engine.supplement(number, round_, bool(tracking)):
                raise Refused(-920, "round")
            return leaf("AJBH", number) + leaf("SLSJ", now_text())

        return self._once(call, f"{call.head.ywxtbh}|{round_}", "supplement", number, take)

    def _withdraw(self, call: Call) -> str:
        number = records.case_no(call.only)
        records.text(call.only, "YY")
        self._known(call, number)

        def take() -> str:
            if not self._engine.withdraw(number):
                raise Refused(-920, "decided")
            return leaf("AJBH", number) + leaf("SLSJ", now_text())

        return self._once(call, call.head.ywxtbh, "withdraw", number, take)

    def _notify(self, call: Call) -> str:
        said, number = call.only, records.case_no(call.only)
        kind, at = records.text(said, "TZ"), records.time_text(said, "TZSJ")
        if kind not in _TZ:
            raise Refused(-60, "TZ")
        payload = _payload(said, kind, at)
        self._known(call, number)
        proof = payload.get("proofSha256")
        self._check_files(call, [str(proof)] if proof else [])

        def take() -> str:
            last = self._store.get("gw-tzsj", f"{number}|{kind}")
            if last is not None and at <= last:
                raise Refused(-60, "TZSJ does not rise")
            self._store.put("gw-tzsj", f"{number}|{kind}", at)
            self._engine.notice(number, {"notice": _TZ[kind], "occurredAt": _iso(at), "payload": payload})
            return leaf("AJBH", number) + leaf("SLSJ", now_text())

        return self._once(call, f"{call.head.ywxtbh}|{kind}|{at}", "notice", number, take)

    def _query(self, call: Call) -> str:
        number = records.case_no(call.only)
        with self._engine.lock:
            case = self._known(call, number)
            latest = case.last_event
            if latest is None:
                return record(1, "0", 0, "ok", leaf("AJBH", number) + leaf("XH", "0"))
            return record(1, latest.event_id, 0, "ok", inner(case, latest))

    def _put_file(self, call: Call) -> str:
        digest = records.sha256(call.only, empty=False)
        data = _decoded(call.only)
        if len(data) > FILE_LIMIT:
            raise Refused(-61, "NR")
        if hashlib.sha256(data).hexdigest() != digest or not _of_known_type(data):
            raise Refused(-60, "NR")
        self._same_province(call)

        def take() -> str:
            self._store.put_bytes("gw-file", f"{call.head.ywxtbh}|{digest}", data)
            self._store.put("gw-jsdw", call.head.ywxtbh, call.head.jsdw)
            return leaf("SHA256", digest) + leaf("SLSJ", now_text())

        return self._once(call, f"{call.head.ywxtbh}|{digest}", "file", self._case_of_number(call.head.ywxtbh), take)

    def _get_file(self, call: Call) -> str:
        digest = records.sha256(call.only, empty=False)
        self._same_province(call)
        case = self._engine.case(self._case_of_number(call.head.ywxtbh))
        named = [event.payload.get("result", {}).get("sha256") for event in case.events] if case else []
        data = self._engine.offered(PARTNER, digest) if digest in named else None
        if data is None:
            raise Refused(-906, "SHA256")
        return record(1, "1", 0, "ok", leaf("SHA256", digest) + leaf("NR", base64.b64encode(data).decode()))

    def _fetch(self, call: Call) -> str:
        most = records.number(call.only, "MAX", 100)
        self._message_number(call)
        found = self._notices.fetch(most)
        return "".join(record(place, sid, 0, "ok", text) for place, (sid, text) in enumerate(found, 1))

    def _confirm(self, call: Call) -> str:
        sids = [one.attributes.get("sid", "") for one in call.records]
        if not sids or not all(sids):
            raise Refused(-60, "sid")
        self._message_number(call)
        said = [(sid, self._notices.confirm(sid)) for sid in sids]
        return "".join(record(place, sid, code, "", "") for place, (sid, code) in enumerate(said, 1))

    def _once(self, call: Call, key: str, kind: str, number: str, take: Callable[[], str]) -> str:
        full_key = f"{call.operation}|{key}"
        content = hashlib.sha256(data_bytes(call.information)).hexdigest()
        self._engine.effects.attempt(PARTNER, full_key, kind, number)
        with self._lock, self._engine.lock, self._store.transaction():
            first = self._store.get("gw-key", full_key)
            if first is not None and first["content"] != content:
                raise Refused(-911, "conflict")
            if first is not None:
                return record(1, "1", -910, "duplicate", first["answer"])
            answer = take()
            self._engine.effects.effect(PARTNER, full_key, kind, number)
            self._store.put("gw-key", full_key, {"content": content, "answer": answer})
            return record(1, "1", 0, "ok", answer)

    def _message_number(self, call: Call) -> None:
        if call.head.jsdw != GATEWAY:
            raise Refused(-905, "JSDW")
        with self._lock:
            if self._store.get("gw-number", call.head.ywxtbh) is not None:
                raise Refused(-53, "YWXTBH")
            self._store.put("gw-number", call.head.ywxtbh, 1)

    def _known(self, call: Call, number: str) -> PlayedCase:
        case = self._engine.case(number)
        if case is None or case.partner != PARTNER or case.extra.get("ywxtbh") != call.head.ywxtbh:
            raise Refused(-906, "AJBH")
        self._same_province(call)
        return case

    def _same_province(self, call: Call) -> None:
        """JSDW is a province, and the one that this coordination number has had so far."""
        jsdw = call.head.jsdw
        known = self._store.get("gw-jsdw", call.head.ywxtbh)
        case = self._engine.case(self._case_of_number(call.head.ywxtbh))
        known = case.extra.get("jsdw") if case else known
        if not re.fullmatch("[0-9]{2}0{10}", jsdw) or not records.PROVINCES.fullmatch(jsdw[:2]):
            raise Refused(-905, "JSDW")
        if known is not None and known != jsdw:
            raise Refused(-905, "JSDW")

    def _case_of_number(self, ywxtbh: str) -> str:
        return str(self._store.get("gw-case", ywxtbh) or "")

    def _check_files(self, call: Call, digests: list[str]) -> None:
        for digest in digests:
            if self._store.get_bytes("gw-file", f"{call.head.ywxtbh}|{digest}") is None:
                raise Refused(-60, "SHA256")


def _payload(said: Node, kind: str, at: str) -> dict[str, object]:
    """Our callback in the words of wire A, as control shows it."""
    if kind == "02":
        signer = records.text(said, "QSR")
        if signer not in ("self", "agent", "hall"):
            raise Refused(-60, "QSR")
        return {"at": _iso(at), "signerKind": signer, "proofSha256": records.sha256(said, "PZ") or None}
    papers = [records.manifest_line(line) for line in records.lines(said)]
    if kind == "03":
        return {"reason": records.text(said, "YY"), "papers": papers}
    seal_no = records.text(said, "FQH", empty=True)
    return {"trackingNo": records.text(said, "YJHM"), "sealNo": seal_no or None, "papers": papers}


def _iso(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:{text[12:]}+08:00"


def _decoded(said: Node) -> bytes:
    found = said.all("NR")
    if len(found) != 1 or found[0].children:
        raise Refused(-60, "NR")
    try:
        return base64.b64decode(found[0].text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(-60, "NR") from None


def _of_known_type(data: bytes) -> bool:
    return data.startswith((b"%PDF-", b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))


def _coordination_no(text: str) -> bool:
    if not re.fullmatch("[0-9]{32}", text):
        return False
    try:
        date(int(text[12:16]), int(text[16:18]), int(text[18:20]))
    except ValueError:
        return False
    return True
