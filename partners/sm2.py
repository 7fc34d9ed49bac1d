"""SM2 signatures over SM3 as Chinese gateways carry them: strict DER, fixed user id (GB/T 32918.2, GB/T 35276).

The arithmetic is gmalg's; its SM3 hashes only the short texts that are signed here, never bodies.
Signing takes some 10 ms and verifying 20 ms of one core, so callers do it in activity threads.
"""

import re
import secrets
from functools import cached_property
from typing import Final

import gmalg

USER_ID: Final = b"1234567812345678"

_P: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
_A: Final = _P - 3
_B: Final = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
_N: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02


class PublicKey:
    """A point of the SM2 curve that was checked once, when the settings were read (公钥)."""

    def __init__(self, uncompressed_hex: str) -> None:
        """Takes `04` + x + y as 130 hex digits. Raises ValueError for anything that is not on the curve."""
        if re.fullmatch(r"04[0-9a-fA-F]{128}", uncompressed_hex) is None:
            raise ValueError("an SM2 public key is 04 and 128 hex digits")
        x, y = int(uncompressed_hex[2:66], 16), int(uncompressed_hex[66:], 16)
        if x >= _P or y >= _P or (y * y - (x * x * x + _A * x + _B)) % _P != 0:
            raise ValueError("the SM2 public key is not on the curve")
        self._point = bytes.fromhex(uncompressed_hex)

    def verify(self, message: bytes, der: bytes, user_id: bytes = USER_ID) -> bool:
        """Whether `der` is this key's signature of `message`; False for a malformed one."""
        pair = decode_der(der)
        if pair is None:
            return False
        r, s = pair
        # A fresh object for each call: gmalg keeps hash state and would mix threads up.
        core = gmalg.SM2(uid=user_id, pk=self._point)
        return bool(core.verify(message, _bytes(r), _bytes(s)))


class PrivateKey:
    """Our own signing key (私钥). Its text never appears in a message or a log."""

    def __init__(self, secret_hex: str) -> None:
        """Takes 64 hex digits. Raises ValueError when the number is not within 1..n-2."""
        if re.fullmatch(r"[0-9a-fA-F]{64}", secret_hex) is None:
            raise ValueError("an SM2 private key is 64 hex digits")
        if not 1 <= int(secret_hex, 16) <= _N - 2:
            raise ValueError("the SM2 private key is out of range")
        self._secret = bytes.fromhex(secret_hex)

    @cached_property
    def _point(self) -> bytes:
        """Worked out when something is signed first: it takes some 40 ms, and a start need not wait for it."""
        return bytes(gmalg.SM2().generate_pk(self._secret))

    def sign(self, message: bytes, user_id: bytes = USER_ID) -> bytes:
        """The DER signature of `message`; a new random number each time."""
        core = gmalg.SM2(self._secret, user_id, self._point, rnd_fn=secrets.randbits)
        r, s = core.sign(message)
        return encode_der(int.from_bytes(r, "big"), int.from_bytes(s, "big"))

    def __repr__(self) -> str:
        return "PrivateKey(…)"


def encode_der(r: int, s: int) -> bytes:
    """SEQUENCE { INTEGER r, INTEGER s } in its one DER form."""
    content = b"".join(_encode_integer(number) for number in (r, s))
    return bytes((_SEQUENCE, len(content))) + content


def decode_der(der: bytes) -> tuple[int, int] | None:
    """(r, s), each within 1..n-1, from the one DER form; None for anything else, trailing bytes too."""
    if len(der) < 8 or der[0] != _SEQUENCE or der[1] != len(der) - 2:
        return None
    first = _decode_integer(der[2:])
    if first is None:
        return None
    r, rest = first
    second = _decode_integer(rest)
    if second is None or second[1]:
        return None
    return r, second[0]


def _encode_integer(number: int) -> bytes:
    body = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes((_INTEGER, len(body))) + body


def _decode_integer(data: bytes) -> tuple[int, bytes] | None:
    if len(data) < 3 or data[0] != _INTEGER:
        return None
    length = data[1]
    body, rest = data[2 : 2 + length], data[2 + length :]
    number = int.from_bytes(body, "big")
    # One form only: positive, no needless leading zero, within the group order.
    if len(body) != length or _encode_integer(number)[2:] != body or not 1 <= number < _N:
        return None
    return number, rest


def _bytes(number: int) -> bytes:
    return number.to_bytes(32, "big")
