"""Which decisions two people make (四眼): officers' (decision 44), and what gives up or changes at a task (60)."""

from typing import Annotated, Final

from pydantic import AfterValidator

from domain.terms import WireEvent

REFUSALS = frozenset({WireEvent.NOT_ACCEPTED, WireEvent.REJECTED})
"""What takes something from the applicant is never one person's word."""

TASKS: Final = "TASKS"
"""Names, in the setting, the outcomes of tasks on which two people agree (domain.two_people)."""

_NONE = "off"


def _checked(text: str) -> str:
    named(text)
    return text


FourEyes = Annotated[str, AfterValidator(_checked)]
"""The setting as it is written: names of events and `TASKS` with commas, `off`, or nothing."""


def named(text: str) -> frozenset[str] | None:
    """What the setting names, events and `TASKS`; None where it is left to the default.

    Raises:
        ValueError: a name that is neither.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        return None
    if words == [_NONE]:
        return frozenset()
    strange = [word for word in words if word not in WireEvent.__members__ and word != TASKS]
    if strange:
        known = ", ".join((*WireEvent, TASKS))
        raise ValueError(f"names no event: {', '.join(sorted(strange))}; known are {known}, or {_NONE}")
    return frozenset(words)


def needs_two(text: str, *, played: bool) -> frozenset[WireEvent]:
    """The events that a second officer confirms. `played`: the sandbox, where there may be nobody else."""
    told = named(text)
    if told is not None:
        return frozenset(WireEvent(word) for word in told - {TASKS})
    return frozenset() if played else REFUSALS


def tasks_need_two(text: str, *, played: bool) -> bool:
    """Whether a second person confirms what gives up or changes something final at a task; `played` as above."""
    told = named(text)
    return TASKS in told if told is not None else not played
