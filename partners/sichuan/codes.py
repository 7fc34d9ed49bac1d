"""Sichuan's codes: what we answer to a callback, and what an answer to our command means (contracts.md A)."""

from enum import Enum, StrEnum


class Code(StrEnum):
    """Codes of `application/problem+json`, both sides."""

    OK = "0000"
    NOT_JSON = "CY4001"
    HEADER = "CY4002"
    NOT_AUTHENTIC = "CY4012"
    TIME_WINDOW = "CY4013"
    UNKNOWN = "CY4041"
    NONCE_USED = "CY4091"
    IN_PROGRESS = "CY4092"
    TOO_LARGE = "CY4131"
    MEDIA_TYPE = "CY4151"
    SCHEMA = "CY4221"
    TRANSITION = "CY4222"
    OTHER_CONTENT = "CY4223"
    SLOW_DOWN = "CY4291"
    TRY_LATER = "CY5031"

    @property
    def status(self) -> int:
        """HTTP status: the three digits in the middle."""
        return 200 if self is Code.OK else int(self.value[2:5])

    @property
    def words(self) -> str:
        """The problem's title: the same for everybody who gets this code, so that it betrays nothing."""
        return _WORDS[self]


_WORDS: dict[Code, str] = {
    Code.OK: "taken",
    Code.NOT_JSON: "the body is not strict JSON",
    Code.HEADER: "a header is missing, repeated or out of form",
    Code.NOT_AUTHENTIC: "the message is not authentic",
    Code.TIME_WINDOW: "the timestamp is outside the window",
    Code.UNKNOWN: "no such case here",
    Code.NONCE_USED: "the nonce was used before",
    Code.IN_PROGRESS: "the same message is in progress",
    Code.TOO_LARGE: "the body is too large",
    Code.MEDIA_TYPE: "the media type or the content encoding is not accepted",
    Code.SCHEMA: "the body does not fit the schema",
    Code.TRANSITION: "the event does not fit the state of the case",
    Code.OTHER_CONTENT: "the message id was used with other content",
    Code.SLOW_DOWN: "slow down",
    Code.TRY_LATER: "try again later",
}


class Meaning(Enum):
    """Who acts next after an answer to one of our commands."""

    TAKEN = "taken"
    AGAIN = "again"  # nothing happened, try later
    LOST = "lost"  # the effect is unknown: repeat, then query
    PERSON = "person"  # refused for good


_AGAIN = frozenset({408, 409, 425, 429})


def meaning_of_status(status: int) -> Meaning:
    """Who acts next after this HTTP status; the code only explains (contracts.md A "Retry, both sides")."""
    if 200 <= status <= 299:
        return Meaning.TAKEN
    if status in _AGAIN:
        return Meaning.AGAIN
    if status >= 500:
        # A gateway may have passed the command on before it gave up.
        return Meaning.AGAIN if status == 503 else Meaning.LOST
    return Meaning.PERSON


SENTENCES: dict[str, str] = {
    Code.HEADER: "对方系统认为报文头不符合约定，请联系运维人员核对对接配置。",
    Code.NOT_AUTHENTIC: "对方系统不认可我方签名，请联系运维人员核对密钥。",
    Code.TIME_WINDOW: "对方系统认为我方时钟有偏差，请联系运维人员校时。",
    Code.UNKNOWN: "对方系统没有这件办件。",
    Code.TOO_LARGE: "对方系统认为内容过大。",
    Code.SCHEMA: "对方系统认为申报内容不符合要求，请核对申请人和材料信息。",
    Code.TRANSITION: "对方系统当前环节不接受这一操作。",
    Code.OTHER_CONTENT: "对方系统已有同一编号但内容不同的报文。",
}
"""What a person reads on the task that a refusal opens."""

REFUSED = "对方系统拒绝了这一操作，需要人工处理。"
