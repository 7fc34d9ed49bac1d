"""Bad callbacks and the code that each must get (reliability.md §5, lines 1–40, as far as this wire has them)."""

import json
from typing import Any

from partners.callbacks import RawCallback
from tests.unit.exchange.sichuan_callbacks import callback, content

SUPPLEMENT = {"round": 1, "reason": "缺少户口簿复印件", "materials": ["居民户口簿"], "deadlineWorkdays": 5}
RESULT = {"name": "居民身份证", "form": "paper", "documentNo": "1", "sha256": None}


def _json(**other: Any) -> bytes:
    return json.dumps(content(**other)).encode()


def _asked(**other: Any) -> RawCallback:
    return callback(content("NEED_SUPPLEMENT", payload=SUPPLEMENT | other))


def _approved(**other: Any) -> RawCallback:
    return callback(content("APPROVED", payload={"result": RESULT | other}))


def _old(**other: str) -> RawCallback:
    return callback(content(), **{"X-CY-Timestamp": "1" * 10}, **other)


BIG = json.dumps(content(actorOrg="x" * 262_144)).encode()
DEEP = json.dumps(content()).encode().replace(b'"payload": {}', b'"payload": ' + b"[" * 100_000 + b"]" * 100_000)

REFUSED_HEADERS = [
    ("too large comes first", callback(BIG, **{"Content-Type": "text/plain"}), 413, "CY4131"),
    ("text/plain", callback(content(), **{"Content-Type": "text/plain"}), 415, "CY4151"),
    ("no content type", callback(content(), **{"Content-Type": None}), 415, "CY4151"),
    ("gbk", callback(content(), **{"Content-Type": "application/json; charset=gbk"}), 415, "CY4151"),
    ("gzip", callback(content(), **{"Content-Encoding": "gzip"}), 415, "CY4151"),
    ("identity too", callback(content(), **{"Content-Encoding": "identity"}), 415, "CY4151"),
    ("two lengths", callback(content(), **{"Content-Length": "5", "Transfer-Encoding": "chunked"}), 400, "CY4002"),
    ("no signature", callback(content(), **{"X-CY-Signature": None}), 400, "CY4002"),
    ("no app id", callback(content(), **{"X-CY-App-Id": None}), 400, "CY4002"),
    ("empty app id", callback(content(), **{"X-CY-App-Id": ""}), 401, "CY4012"),
    ("null app id", callback(content(), **{"X-CY-App-Id": "null"}), 401, "CY4012"),
    ("undefined app id", callback(content(), **{"X-CY-App-Id": "undefined"}), 401, "CY4012"),
    ("our own app id", callback(content(), **{"X-CY-App-Id": "cq-yuzhong-01"}), 401, "CY4012"),
    ("app id of 129", callback(content(), **{"X-CY-App-Id": "a" * 129}), 400, "CY4002"),
    ("milliseconds", callback(content(), **{"X-CY-Timestamp": "1795420800000"}), 400, "CY4002"),
    ("exponent", callback(content(), **{"X-CY-Timestamp": "1e9"}), 400, "CY4002"),
    ("plus sign", callback(content(), **{"X-CY-Timestamp": "+179542080"}), 400, "CY4002"),
    ("blank", callback(content(), **{"X-CY-Timestamp": " 179542080"}), 400, "CY4002"),
    ("line feed", callback(content(), **{"X-CY-Timestamp": "1795420800\n"}), 400, "CY4002"),
    ("full width", callback(content(), **{"X-CY-Timestamp": "１795420800"}), 400, "CY4002"),
    ("91 s old", callback(content(), **{"X-CY-Timestamp": "1795420709"}), 401, "CY4013"),
    ("91 s ahead", callback(content(), **{"X-CY-Timestamp": "1795420891"}), 401, "CY4013"),
    ("nonce of 10 kB", callback(content(), **{"X-CY-Nonce": "a" * 10_240}), 400, "CY4002"),
    ("upper-case nonce", callback(content(), **{"X-CY-Nonce": "AB" * 16}), 400, "CY4002"),
    ("short message id", callback(content(), "evt_1"), 400, "CY4002"),
    ("message id with blank", callback(content(), "evt 00000001"), 400, "CY4002"),
    ("algorithm none", callback(content(), **{"X-CY-Sign-Alg": "none"}), 401, "CY4012"),
    ("algorithm not agreed", callback(content(), **{"X-CY-Sign-Alg": "HMAC-SM3"}), 401, "CY4012"),
    ("algorithm before time", _old(**{"X-CY-Sign-Alg": "x"}), 401, "CY4012"),
    ("time before signature", _old(**{"X-CY-Signature": "v1=AA"}), 401, "CY4013"),
    ("other prefix", callback(content(), **{"X-CY-Signature": "v2=AAAA"}), 401, "CY4012"),
    ("three signatures", callback(content(), **{"X-CY-Signature": "v1=A v1=B v1=C"}), 400, "CY4002"),
    ("empty signature", callback(content(), **{"X-CY-Signature": ""}), 400, "CY4002"),
]  # fmt: skip

REFUSED_BODIES = [
    ("empty", callback(b""), 400, "CY4001"),
    ("not UTF-8", callback(_json()[:-1] + b"\xff}"), 400, "CY4001"),
    ("BOM", callback(b"\xef\xbb\xbf" + _json()), 400, "CY4001"),
    ("UTF-16", callback(_json().decode().encode("utf-16")), 400, "CY4001"),
    ("lone surrogate", callback(_json().replace(b"SC20261123-77", b"\\ud800")), 400, "CY4001"),
    ("NUL escaped", callback(_json().replace(b"SC20261123-77", b"\\u0000")), 400, "CY4001"),
    ("duplicate key", callback(_json()[:-1] + b', "event": "APPROVED"}'), 400, "CY4001"),
    ("NaN", callback(_json().replace(b'"seq": 1', b'"seq": NaN')), 400, "CY4001"),
    ("5000 digits", callback(_json().replace(b'"seq": 1', b'"seq": ' + b"9" * 5000)), 422, "CY4221"),
    ("nested 10^5", callback(DEEP), 400, "CY4001"),
    ("array", callback(b"[" + _json() + b"]"), 422, "CY4221"),
    ("other event id", callback(content(), "evt_00000002"), 422, "CY4221"),
    ("seq 0", callback(content(seq=0)), 422, "CY4221"),
    ("seq -1", callback(content(seq=-1)), 422, "CY4221"),
    ("seq 2^63", callback(content(seq=2**63)), 422, "CY4221"),
    ("seq text", callback(content(seq="1")), 422, "CY4221"),
    ("seq float", callback(content(seq=1.0)), 422, "CY4221"),
    ("seq true", callback(content(seq=True)), 422, "CY4221"),
    ("no case number", callback({k: v for k, v in content().items() if k != "caseNo"}), 422, "CY4221"),
    ("empty event", callback(content(event="")), 422, "CY4221"),
    ("24 o'clock", callback(content(occurredAt="2026-11-23T24:00:00+08:00")), 422, "CY4221"),
    ("leap second", callback(content(occurredAt="2026-11-23T15:59:60+08:00")), 422, "CY4221"),
    ("ahead", callback(content(occurredAt="2026-11-23T16:05:01+08:00")), 422, "CY4221"),
    ("arabic digits", callback(content(occurredAt="٢026-11-23T16:00:00+08:00")), 422, "CY4221"),
    ("payload list", callback(content(payload=[])), 422, "CY4221"),
    ("no workdays", _asked(deadlineWorkdays=0), 422, "CY4221"),
    ("workdays 9999", _asked(deadlineWorkdays=9999), 422, "CY4221"),
    ("workdays text", _asked(deadlineWorkdays="5天"), 422, "CY4221"),
    ("round 0", _asked(round=0), 422, "CY4221"),
    ("no legal basis", callback(content("NOT_ACCEPTED", payload={"reason": "无"})), 422, "CY4221"),
    ("result form", _approved(form="stone"), 422, "CY4221"),
    ("result hash", _approved(sha256="A" * 64), 422, "CY4221"),
    ("sum below nothing", _approved(amountFen=-1), 422, "CY4221"),
    ("sum with a fraction", _approved(amountFen=1.5), 422, "CY4221"),
    ("sum as text", _approved(amountFen="100"), 422, "CY4221"),
    ("sum beyond all", _approved(amountFen=10**13 + 1), 422, "CY4221"),
    ("no tracking number", callback(content("RESULT_SENT", payload={"trackingNo": ""})), 422, "CY4221"),
]  # fmt: skip
