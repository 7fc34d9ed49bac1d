"""HMAC over the wire's signed texts, written anew from contracts.md A: no code of ours is used here."""

import base64
import hashlib
import hmac
import secrets
import time
import urllib.parse
from dataclasses import dataclass

_DIGESTS = {"HMAC-SHA256": "sha256", "HMAC-SM3": "sm3"}
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True)
class Identity:
    """Who is who on this wire. The defaults are the public test keys of the contract's vectors."""

    own_app: str = "sc-adapter-01"
    caller_app: str = "cq-yuzhong-01"
    own_keys: tuple[bytes, ...] = (b"0123456789abcdef0123456789abcdef",)
    caller_keys: tuple[bytes, ...] = (b"fedcba9876543210fedcba9876543210",)
    alg: str = "HMAC-SHA256"
    window_s: int = 90

    def mac(self, key: bytes, text: bytes) -> str:
        return "v1=" + base64.b64encode(hmac.digest(key, text, _DIGESTS[self.alg])).decode()

    def signed_by_caller(self, text: bytes, header: str) -> bool:
        wanted = [self.mac(key, text).encode() for key in self.caller_keys]
        tokens = header.encode("latin-1").split(b" ")
        return len(tokens) <= 2 and any(hmac.compare_digest(token, mac) for token in tokens for mac in wanted)

    def signature(self, text: bytes) -> str:
        return " ".join(self.mac(key, text) for key in self.own_keys)


def percent(raw: bytes) -> str:
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in raw)


def query_text(query: str) -> str:
    """Decoded, encoded again in one way only, sorted by key and then value."""
    pairs = []
    for pair in filter(None, query.split("&")):
        key, _, value = pair.partition("=")
        pairs.append((percent(urllib.parse.unquote_to_bytes(key)), percent(urllib.parse.unquote_to_bytes(value))))
    return "&".join("=".join(pair) for pair in sorted(pairs))


def text_to_sign(*fields: str, body: bytes) -> bytes:
    return ("\n".join(fields) + "\n" + hashlib.sha256(body).hexdigest()).encode("latin-1")


def request_headers(who: Identity, method: str, path: str, message_id: str, body: bytes) -> dict[str, str]:
    """Headers of one attempt: a new nonce and timestamp every time."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    text = text_to_sign(method, path, "", who.own_app, timestamp, nonce, message_id, body=body)
    return {
        "X-CY-App-Id": who.own_app,
        "X-CY-Timestamp": timestamp,
        "X-CY-Nonce": nonce,
        "X-CY-Msg-Id": message_id,
        "X-CY-Sign-Alg": who.alg,
        "X-CY-Signature": who.signature(text),
    }


def answer_headers(who: Identity, status: int, nonce: str, body: bytes) -> dict[str, str]:
    """Headers of a signed 2xx answer; the nonce is the request's."""
    timestamp = str(int(time.time()))
    return {
        "X-CY-Timestamp": timestamp,
        "X-CY-Nonce": nonce,
        "X-CY-Sign-Alg": who.alg,
        "X-CY-Signature": who.signature(text_to_sign(str(status), nonce, timestamp, body=body)),
    }
