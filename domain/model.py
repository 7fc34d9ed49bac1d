"""The one base of every message and value: frozen, strict about what it is, tolerant of what is new."""

from pydantic import BaseModel, ConfigDict


def is_unset(value: object) -> bool:
    """For `Field(exclude_if=…)` of fields that came later: unset they are not written, so old payloads stay word for
    word what they were."""
    return value is None or value is False or value == () or value == 0


class Frozen(BaseModel):
    """Base of values and messages: immutable; unknown members are ignored, so that an old worker takes newer ones."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Strict(BaseModel):
    """Base of requests from a browser: immutable; an unknown member is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
