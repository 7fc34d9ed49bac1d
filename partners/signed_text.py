"""What an attempt has signed (签名原文), told to whoever keeps the exchange log; never a key.

A client tells it where it signs; whoever makes the call listens. Nothing is told where nobody listens.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from domain.model import Frozen


class SignedText(Frozen):
    """One signature as its receiver checks it. `text`: what it covers, byte for byte; `algorithm`: in the wire's name.

    `proof`: the headers or members that carry it, by their names on the wire.
    """

    text: str
    algorithm: str
    proof: Mapping[str, str]


_heard: ContextVar[list[SignedText] | None] = ContextVar("signed_texts", default=None)


@contextmanager
def listening(heard: list[SignedText]) -> Iterator[None]:
    """Everything that is signed within the block comes into `heard`; a block within another one hears for itself."""
    before = _heard.set(heard)
    try:
        yield
    finally:
        _heard.reset(before)


def tell(text: bytes | str, algorithm: str, proof: Mapping[str, str]) -> None:
    """Tell a listener what is being signed; `text` in bytes is latin-1, as addresses and digits are."""
    heard = _heard.get()
    if heard is not None:
        told = text.decode("latin-1") if isinstance(text, bytes) else text
        heard.append(SignedText(text=told, algorithm=algorithm, proof=dict(proof)))
