"""Which keys count with a network, from when to when, by their fingerprints alone (密钥)."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from domain.terms import Partner
from runtime.keys import DatedCertificate, DatedKey
from runtime.settings import Settings

_DIGITS: Final = 8
ENDS_SOON_DAYS: Final = 30


def keys_shown(settings: Settings, partner: Partner, today: date) -> list[dict[str, Any]]:
    """`[{use, id, fingerprint, from, to, state}]`; `state`: `now`, `ahead`, `soon` (ends within 30 days) or `over`.

    `fingerprint`: the first 8 hex digits of the key's SHA-256: enough for two people on the telephone, and it gives
    nothing away. `from`, `to`: days of Asia/Shanghai, both included; None: no such end.
    """
    return [_shown(use, key, today) for use, keys in _of(settings, partner) for key in keys]


def overlap_said(keys: Sequence[dict[str, Any]]) -> str:
    """Whether a change of keys is under way: for each use that has two at once, until when both count."""
    both = []
    for use in dict.fromkeys(key["use"] for key in keys):
        counting = [key for key in keys if key["use"] == use and key["state"] in ("now", "soon")]
        if len(counting) > 1:
            ends = min((key["to"] for key in counting if key["to"]), default=None)
            both.append(f"{use}新旧两把同时有效{f'，到 {ends} 为止' if ends else ''}")
    return "；".join(both)


def _of(settings: Settings, partner: Partner) -> list[tuple[str, Sequence[DatedKey]]]:
    match partner:
        case Partner.SICHUAN:
            return [("我方签名", settings.sichuan.our_keys), ("对方签名", settings.sichuan.partner_keys)]
        case Partner.SOUTHWEST:
            return [("我方证书", settings.southwest.our_certs), ("对方证书", settings.southwest.partner_keys)]
        case Partner.INTERPROVINCIAL:
            given = settings.interprovincial
            return [("网关令牌", given.token), ("换取印鉴密钥", given.app_key)]


def _shown(use: str, key: DatedKey, today: date) -> dict[str, Any]:
    first = key.not_before if key.not_before != date.min else None
    last = key.not_after if key.not_after != date.max else None
    return {
        "use": use,
        "id": key.serial if isinstance(key, DatedCertificate) else "",
        "fingerprint": hashlib.sha256(key.text.get_secret_value().encode()).hexdigest()[:_DIGITS],
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
        "state": _state(key, today),
    }


def _state(key: DatedKey, today: date) -> str:
    if today < key.not_before:
        return "ahead"
    if today > key.not_after:
        return "over"
    return "soon" if (key.not_after - today).days <= ENDS_SOON_DAYS else "now"
