"""Which decisions two officers make (四眼, decision 44)."""

from typing import Annotated

from pydantic import AfterValidator

from domain.terms import WireEvent

REFUSALS = frozenset({WireEvent.NOT_ACCEPTED, WireEvent.REJECTED})
"""What takes something from the applicant is never one person's word."""

_NONE = "off"


def _checked(text: str) -> str:
    named(text)
    return text


FourEyes = Annotated[str, AfterValidator(_checked)]
"""The setting as it is written: names of events with commas, `off`, or nothing."""


def named(text: str) -> frozenset[WireEvent] | None:
    """The events that the setting names; None where it is left to the default.

    Raises:
        ValueError: a name that is no event.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        return None
    if words == [_NONE]:
        return frozenset()
    strange = [word for word in words if word not in WireEvent.__members__]
    if strange:
        raise ValueError(f"names no event: {', '.join(sorted(strange))}; known are {', '.join(WireEvent)}, or {_NONE}")
    return frozenset(WireEvent(word) for word in words)


def needs_two(text: str, *, played: bool) -> frozenset[WireEvent]:
    """The events that a second officer confirms. `played`: the sandbox, where there may be nobody else."""
    told = named(text)
    if told is not None:
        return told
    return frozenset() if played else REFUSALS
