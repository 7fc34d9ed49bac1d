"""Our client of the card reader's agent (读卡服务): the identity card that lies on a window's reader (reader.md).

The makers' drivers are programs of a window's own machine, each with an interface of its own; a small agent there
speaks this one. Nothing of a card is kept or logged here.
"""

from typing import Final

import requests
from pydantic import Field, ValidationError
from urllib3.exceptions import HTTPError

from domain.errors import Conflict
from domain.identifiers import IdentifierError, check_id, check_name
from domain.model import Frozen
from domain.terms import IdType
from outbound.deadline import Deadline, bounded_session

PATH: Final = "/reader/v1/card"
_CONNECT_S, _READ_S, _TOTAL_S = 1.0, 4.0, 5.0
_MOST_BYTES = 256 * 1024
_NO_CARD = 404


class Card(Frozen):
    """What a card says. `birth_date`: ISO 8601 day, "" where the card has none; `address`: as printed, "" for none."""

    name: str
    id_type: IdType = Field(alias="idType")
    id_number: str = Field(alias="idNumber")
    birth_date: str = Field("", alias="birthDate", pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?\z")
    address: str = Field("", max_length=200)


def read_card(agent_url: str, client: str) -> Card:
    """The card on the reader of one window. `agent_url`: with `{client}` where the window's own address goes.

    Raises:
        Conflict: no card lies there, or it cannot be read (`NO_CARD`); the agent does not answer, or not as agreed
            (`READER_AWAY`). The clerk types instead: nothing of ours is away.
    """
    host = f"[{client}]" if ":" in client else client
    url = agent_url.replace("{client}", host).rstrip("/") + PATH
    with Deadline(_TOTAL_S, _READ_S), bounded_session() as session:
        try:
            answer = session.get(url, timeout=(_CONNECT_S, _READ_S), allow_redirects=False, stream=True)
            content = answer.raw.read(_MOST_BYTES)
        except (requests.RequestException, HTTPError, OSError) as fault:
            raise _away() from fault
    if answer.status_code == _NO_CARD:
        raise Conflict("读卡器上没有证件，请放好后再读", code="NO_CARD")
    if answer.status_code != 200:
        raise _away()
    return _checked(content)


def _checked(content: bytes) -> Card:
    try:
        card = Card.model_validate_json(content)
        number = check_id(card.id_type, card.id_number)
        return card.model_copy(update={"name": check_name(card.name), "id_number": number})
    except (ValidationError, IdentifierError):
        raise Conflict("没有读清证件，请重放后再读，或手工填写", code="NO_CARD") from None


def _away() -> Conflict:
    return Conflict("读卡器没有回应，请检查连接，或手工填写", code="READER_AWAY")
