"""What all answers have in common: camelCase on the wire, each member said, times as text with their zone."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict


def _open(schema: JsonDict) -> None:
    """A reader must bear members that come later; only our own side is held to what is written here."""
    schema.pop("additionalProperties", None)


class Answer(BaseModel):
    """An answer or a part of one. A member that we send and have not declared is a mistake, found by any test."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        json_schema_extra=_open,
    )


class Kept(BaseModel):
    """A part that is shown as it was kept with its row; older rows have fewer members, newer ones may have more."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)


class Facts(RootModel[dict[str, JsonValue]]):
    """Facts beside an event or a task, by its kind: numbers, codes and times, never personal data."""


Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""ISO 8601 with a zone; text, so that it is sent as it was written."""

Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
"""ISO 8601, a day of Asia/Shanghai."""
