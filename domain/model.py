"""The one base of every message and value: frozen, strict about what it is, tolerant of what is new."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value. Unknown fields are ignored so that an old worker survives a new sender."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Strict(BaseModel):
    """A request from a person's browser: an unknown field is a mistake and is said to be one."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
