"""The wire's words as tables: operations, codes and what each means for us (contracts.md C)."""

from enum import Enum, StrEnum
from typing import Final

from domain.terms import ApplicantType, Notice, WireEvent


class Operation(StrEnum):
    """SOAP operations of `/kstb`."""

    SUBMIT = "Submit"
    SUPPLEMENT = "Supplement"
    WITHDRAW = "Withdraw"
    QUERY = "Query"
    NOTIFY = "Notify"
    PUT_FILE = "PutFile"
    GET_FILE = "GetFile"
    FETCH_NOTICES = "FetchNotices"
    CONFIRM_NOTICES = "ConfirmNotices"

    @property
    def answer(self) -> str:
        """Name of the answer's element, which is also what its seal covers."""
        return f"{self.value}Response"

    @property
    def carries_file(self) -> bool:
        """Whether a file travels: 60 s instead of 15 s."""
        return self in (Operation.PUT_FILE, Operation.GET_FILE)


class AnswerClass(Enum):
    """Who acts after an answer with this code."""

    OK = "ok"
    DUPLICATE = "duplicate"  # had it already: one effect all the same
    RETRY = "retry"  # again, later
    RENEW = "renew"  # refresh the secret once, then stop
    REFUSED = "refused"  # a person decides


class Code(Enum):
    """Codes of a RECORD in an answer: number, class, and the sentence a person reads."""

    OK = (0, AnswerClass.OK, "对方系统已接收。")
    NOT_AUTHORISED = (-50, AnswerClass.RENEW, "跨省平台不认可本单位的注册码或密钥，请联系运维核对。")
    BAD_SEAL = (-51, AnswerClass.REFUSED, "跨省平台认为本次报文的印鉴不符，请联系运维核对。")
    STALE_TIME = (-52, AnswerClass.REFUSED, "跨省平台认为本次报文的发送时间超出允许范围，请联系运维校时。")
    NUMBER_USED = (-53, AnswerClass.RETRY, "报文编号已被使用，系统将换号重发。")
    MALFORMED = (-60, AnswerClass.REFUSED, "跨省平台认为报文格式不符，请联系运维核对。")
    TOO_LARGE = (-61, AnswerClass.REFUSED, "报文或文件超过跨省平台的大小限制，请压缩材料后重试。")
    NO_COORDINATION_NO = (-901, AnswerClass.REFUSED, "业务协同编号缺失或格式不符，请联系运维核对。")
    UNKNOWN_ITEM = (-902, AnswerClass.REFUSED, "对方没有开通此事项，请联系对方窗口确认。")
    BAD_APPLICANT = (-903, AnswerClass.REFUSED, "对方认为申请人或代理人信息有误，请核对后重新办理。")
    BAD_DESTINATION = (-905, AnswerClass.REFUSED, "对方认为办理地有误，请核对办理地行政区划。")
    UNKNOWN_CASE = (-906, AnswerClass.REFUSED, "对方查无此办件或文件。")
    DUPLICATE = (-910, AnswerClass.DUPLICATE, "对方系统此前已接收。")
    CONFLICT = (-911, AnswerClass.REFUSED, "对方此前收到过内容不同的同一报文，请人工核对。")
    WRONG_STATE = (-920, AnswerClass.REFUSED, "对方认为办件当前状态不允许此操作，请人工核对。")
    BUSY = (-999, AnswerClass.RETRY, "对方系统繁忙，系统将自动重试。")

    def __init__(self, number: int, answer_class: AnswerClass, sentence: str) -> None:
        self.number = number
        self.answer_class = answer_class
        self.sentence = sentence


_BY_NUMBER: Final = {code.number: code for code in Code}
_UNSEALED: Final = frozenset({Code.NOT_AUTHORISED, Code.BAD_SEAL, Code.MALFORMED, Code.TOO_LARGE})


def code_of(number: int) -> Code | None:
    """The table's entry; None for a code the contract does not list (then: no retry, a person decides)."""
    return _BY_NUMBER.get(number)


def may_be_unsealed(code: Code | None) -> bool:
    """Whether an answer with this code may come without seal and head (contracts.md C "Envelope")."""
    return code in _UNSEALED


EVENT_OF_ZT: Final[dict[str, WireEvent]] = {
    "01": WireEvent.RECEIVED,
    "02": WireEvent.ACCEPTED,
    "03": WireEvent.NOT_ACCEPTED,
    "04": WireEvent.NEED_SUPPLEMENT,
    "05": WireEvent.REVIEWING,
    "06": WireEvent.SUSPENDED,
    "07": WireEvent.RESUMED,
    "08": WireEvent.APPROVED,
    "09": WireEvent.REJECTED,
    "10": WireEvent.RESULT_SENT,
    "11": WireEvent.WITHDRAWN,
}
"""ZT 状态 → our event; another two digits are an event that we do not know yet."""

TZ_OF_NOTICE: Final[dict[Notice, str]] = {
    Notice.PAPERS_SENT: "01",
    Notice.DELIVERED: "02",
    Notice.DISCREPANCY: "03",
}

SQRLX: Final[dict[ApplicantType, str]] = {ApplicantType.PERSONAL: "1", ApplicantType.ENTERPRISE: "2"}
