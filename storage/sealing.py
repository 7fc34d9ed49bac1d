"""Personal data and message bodies at rest: sealed by the cipher of the key, key id in front, bound to associated data.

A sealed value is bound to where it is kept (`associated_data`, e.g. `case/500103…`): moved elsewhere it does not open.
What belongs to a case is sealed with the case's own key (`storage.case_keys`), whose end is the end of all of it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from domain.errors import Misconfigured
from storage.ciphers import NONCE_BYTES, Aead, Algorithm, Key, aead_of, nonce

OF_CASE: Final = "~"
OF_FILE: Final = "^"
"""How the ids of all keys of cases, and of files, begin; none of ours may."""

NUMBER: Final = re.compile(r"[0-9]{20}[0-9X]")
"""The form of the number of a case or a handling."""
_BEHIND_SLASH: Final = re.compile(rf"[a-z-]+/({NUMBER.pattern})(?![0-9A-Za-z])")


class CaseKey(NamedTuple):
    """A case's key, ready for use. `kid`: `~{case number}.{part}`."""

    kid: str
    aead: Aead


class CaseKeyring(Protocol):
    """The keys of cases. `number`: of a case or of one of its handlings."""

    def current(self, number: str) -> CaseKey | None:
        """The key that seals what belongs to the case; None where it has none (yet)."""

    def find(self, kid: str) -> Aead:
        """The key of this id. Raises Misconfigured where it was destroyed."""

    def put(self, case_no: str, part: str, key: Key, *numbers: str) -> CaseKey:
        """A key that has just been made: it seals for the case, and for these numbers of its handlings."""

    def forget(self, *numbers: str) -> None:
        """What is known of these cases and handlings is not so, or no more."""


class Sealer:
    """Seals with the first key, opens with any. `keys`: key id (≤ 64 ASCII characters) → key; bytes alone: AES-256-GCM.

    `cases`: where keys of cases are found; without it everything is sealed with our own, and nothing of theirs opens.
    Sealed bytes: 1 byte length of the key id, key id, 12-byte nonce, ciphertext with its 16-byte tag.

    Raises:
        Misconfigured: there is no key, or one bears the name of a case's.
    """

    def __init__(self, keys: Mapping[str, bytes | Key], cases: CaseKeyring | None = None) -> None:
        if not keys:
            raise Misconfigured("SEAL_KEYS 未设置，无法加密保存申请人资料")
        if any(kid.startswith((OF_CASE, OF_FILE)) for kid in keys):
            raise Misconfigured(f"SEAL_KEYS 的密钥编号不能以 {OF_CASE} 或 {OF_FILE} 开头")
        self._given = {kid: key if isinstance(key, Key) else Key(key) for kid, key in keys.items()}
        self._keys = {kid: aead_of(key) for kid, key in self._given.items()}
        self.cases = cases
        self.kid = next(iter(self._keys))
        """The id of the key of ours that seals."""
        self.algorithm: Algorithm = self._given[self.kid].algorithm
        """How that key encrypts; keys that are made anew do so too."""
        self._header = header_of(self.kid)

    def over(self, cases: Callable[["Sealer"], CaseKeyring]) -> "Sealer":
        """The same with the keys of cases, which `cases` unwraps by our own."""
        return Sealer(self._given, cases(self))

    def seal(self, plain: bytes, associated_data: str, *, of: str | None = None) -> bytes:
        """The sealed bytes, 29 and the key id longer than `plain`, bound to `associated_data`; different each time.

        `of`: the number of the case (or handling) to which it belongs; without it the one that `associated_data`
        begins with (`leg/{number}-PICKUP-1`). What belongs to no case that has a key is sealed with our own.
        """
        number = of if of is not None and NUMBER.fullmatch(of) else number_in(associated_data)
        key = self.cases.current(number) if self.cases is not None and number is not None else None
        if key is None:
            return self.seal_by_ours(plain, associated_data)
        fresh = nonce()
        return header_of(key.kid) + fresh + key.aead.encrypt(fresh, plain, associated_data.encode())

    def seal_by_ours(self, plain: bytes, associated_data: str) -> bytes:
        """As `seal`, always with our first key: keys of cases themselves, and what is of no case."""
        fresh = nonce()
        return self._header + fresh + self._keys[self.kid].encrypt(fresh, plain, associated_data.encode())

    def open(self, sealed: bytes, associated_data: str) -> bytes:
        """What was sealed under the same `associated_data`.

        Raises:
            Misconfigured: its key is not among ours, or was its case's and is destroyed.
            InvalidTag: it was altered, or sealed under other associated data.
        """
        kid, end = kid_of(sealed), 1 + sealed[0]
        used, body = sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
        return self._key(kid).decrypt(used, body, associated_data.encode())

    def reseal(self, sealed: bytes, associated_data: str, *, of: str | None = None) -> bytes:
        """The same as it would be sealed now. Raises as `open`."""
        return self.seal(self.open(sealed, associated_data), associated_data, of=of)

    def _key(self, kid: str) -> Aead:
        if kid.startswith(OF_CASE) and self.cases is not None:
            return self.cases.find(kid)
        if kid not in self._keys:
            raise Misconfigured(f"SEAL_KEYS 缺少密钥 {kid}，无法读取已保存的资料")
        return self._keys[kid]


def number_in(associated_data: str) -> str | None:
    """The number of a case or a handling right behind the first slash (`command/{number}-submit-1`); None: none."""
    found = _BEHIND_SLASH.match(associated_data)
    return found[1] if found is not None else None


def header_of(kid: str) -> bytes:
    """How everything begins that this key has sealed."""
    return bytes([len(kid)]) + kid.encode()


def kid_of(sealed: bytes) -> str:
    """The id of the key that has sealed these bytes, of which the first 65 are enough."""
    return sealed[1 : 1 + sealed[0]].decode(errors="replace")
