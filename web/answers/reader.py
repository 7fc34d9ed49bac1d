"""What a card reader has read."""

from domain.terms import IdType
from web.answers.base import Answer


class CardRead(Answer):
    """An identity card (身份证件). `birthDate`, `address`: "" where the card has none."""

    name: str
    id_type: IdType
    id_number: str
    birth_date: str
    address: str
