"""A signature that somebody has made, and not who it says (reliability.md §5 line 2)."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

from tests.unit.exchange.sichuan_callbacks import PATH, content, headers


def signed_with(key, body, said):
    """As Sichuan's wire has it, with a key of another."""
    names = ("X-CY-App-Id", "X-CY-Timestamp", "X-CY-Nonce", "X-CY-Msg-Id")
    fields = ["POST", PATH, "", *(said[name] for name in names), hashlib.sha256(body).hexdigest()]
    mac = hmac.digest(key.encode(), "\n".join(fields).encode(), "sha256")
    return said | {"X-CY-Signature": "v1=" + base64.b64encode(mac).decode()}


def keys_of_others(office):
    """Each true on another wire, or in the other direction."""
    settings = office.app.state.context.settings
    ours, courier, sms, licences = settings.sichuan.our_keys, settings.courier, settings.sms, settings.licences
    return {
        "our own": ours[0].text.get_secret_value(),
        "the national gateway's": settings.interprovincial.token[0].text.get_secret_value(),
        "the carrier's": courier.key.get_secret_value(),
        "the message gateway's": sms.receipt_key.get_secret_value(),
        "the licence office's": licences.key.get_secret_value(),
    }


def test_2_a_signature_of_somebody_else_is_none(office):
    body = json.dumps(content()).encode()
    stamp = str(int(datetime.now(UTC).timestamp()))
    for whose, key in keys_of_others(office).items():
        before = office.rows()
        said = signed_with(key, body, dict(headers(body, "evt_00000001", **{"X-CY-Timestamp": stamp})))
        answer = office.call("POST", PATH, content=body, headers=said)
        assert (answer.status_code, answer.json()["code"]) == (401, "CY4012"), whose
        after = office.rows()
        assert {name for name in after if after[name] != before[name]} <= {"exchange", "security_event"}
