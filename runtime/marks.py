"""Keys that encrypt nothing: of marks for searching, of codes, of what we sign. Each purpose has its own.

They must outlive the keys that seal. So they come from MARK_KEYS; where that is not set they are functions of the
oldest of SEAL_KEYS, as they always were, and that one can't be taken away.
"""

import hashlib
import hmac
from enum import StrEnum
from typing import Final

from runtime.key_making import fresh_secret
from runtime.keys import ROOT, KeyRing
from runtime.settings import Settings
from storage.ciphers import Algorithm

_HEADS: Final = b"kuayu audit heads"
_HEADS_BEFORE: Final = "audit-"
"""Before the id of a key of SEAL_KEYS: with what it made, heads of the audit trail were signed."""


class Mark(StrEnum):
    """What a key is for; its value is what it is derived by, so it never changes."""

    LABELS = "label codes"
    AGENTS = "agents"
    CODES = "result codes"
    HANDOVERS = "hand-over codes"
    VERIFICATION = "verification"
    TRIES = "wrong tries"
    MATTERS = "same matters"
    FACES = "faces"
    FACTORS = "second factors"
    DEVICES = "device codes"

    @property
    def kid(self) -> str:
        """Its id in MARK_KEYS."""
        return self.value.replace(" ", "-")


def mark_key(settings: Settings, mark: Mark) -> bytes:
    """The key of one purpose, 32 bytes: its own, else derived from the root, else from the oldest of SEAL_KEYS."""
    if settings.mark_keys is not None and (own := settings.mark_keys.find(mark.kid)) is not None:
        return own.secret.get_secret_value()
    return _derived(_root_of(settings), mark)


def head_seeds(settings: Settings) -> dict[str, bytes]:
    """Key id → 32 bytes of which the key is made that signs heads of the audit trail; the first signs.

    With MARK_KEYS its root signs (its id tells one root from another), and what the keys of SEAL_KEYS have signed stays
    good when they are gone.
    """
    sealing = {key.kid: hmac.digest(key.secret.get_secret_value(), _HEADS, "sha256") for key in settings.seal_keys.keys}
    if settings.mark_keys is None:
        return sealing
    root = _root_of(settings)
    signing = {f"m-{hashlib.sha256(_HEADS + root).hexdigest()[:12]}": hmac.digest(root, _HEADS, "sha256")}
    before = {
        key.kid.removeprefix(_HEADS_BEFORE): key.secret.get_secret_value()
        for key in settings.mark_keys.keys
        if key.kid.startswith(_HEADS_BEFORE)
    }
    return signing | sealing | before


def marks_kept(settings: Settings) -> KeyRing:
    """MARK_KEYS for an installation that has none: everything that its oldest SEAL_KEYS made so far, and a new root."""
    oldest = settings.seal_keys.keys[-1].secret.get_secret_value()
    kept = {ROOT: fresh_secret(Algorithm.AES)} | {mark.kid: _derived(oldest, mark) for mark in Mark}
    kept |= {f"{_HEADS_BEFORE}{kid}": seed for kid, seed in head_seeds(settings).items()}
    return KeyRing.model_validate({"keys": [{"kid": kid, "secret": secret} for kid, secret in kept.items()]})


def _root_of(settings: Settings) -> bytes:
    root = settings.mark_keys.find(ROOT) if settings.mark_keys is not None else None
    return (root or settings.seal_keys.keys[-1]).secret.get_secret_value()


def _derived(key: bytes, mark: Mark) -> bytes:
    return hmac.digest(key, f"kuayu {mark}".encode(), "sha256")
