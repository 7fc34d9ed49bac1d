"""The hub's and the receipts' codes (返回码), what each means and who acts on it; contracts.md B "Codes"."""

from enum import StrEnum
from typing import Final

from domain.errors import AnswerLost, PartnerError, PartnerRefused, PartnerUnavailable


class Code(StrEnum):
    """Codes of requests, batches, receipts and rows."""

    OK = "000000000000"
    HEADER = "SW100501"
    TIME = "SW100502"
    BUSINESS_ID_USED = "SW100503"
    BODY = "SW100504"
    BUSY = "SW900001"
    MANIFEST = "SW100101"
    CERTIFICATE_UNKNOWN = "SW100201"
    SIGNATURE = "SW100202"
    CERTIFICATE_ENDED = "SW100203"
    ROWS_HASH = "SW100301"
    ROWS_COUNT = "SW100302"
    DECOMPRESSION = "SW100303"
    GAP = "SW100401"
    OTHER_CONTENT = "SW100402"
    CHAIN = "SW100403"
    FIELD = "SW200101"
    ID_NUMBER = "SW200102"
    UNKNOWN_PROJECT = "SW200201"
    TRANSITION = "SW200202"
    STALE = "SW200301"
    NOT_ADDRESSED = "SW200401"


INNER_OK: Final = "00"

MEANING: Final[dict[str, str]] = {
    Code.HEADER: "请求头缺失或格式不对",
    Code.TIME: "请求时间超出允许范围，请检查本机时钟",
    Code.BUSINESS_ID_USED: "业务流水号重复",
    Code.BODY: "请求体不合规范或过大",
    Code.BUSY: "交换中心繁忙，稍后自动重试",
    Code.MANIFEST: "批次清单不合规范或已过期",
    Code.CERTIFICATE_UNKNOWN: "应用、机构或证书未登记",
    Code.SIGNATURE: "签名不符",
    Code.CERTIFICATE_ENDED: "证书已过期或已吊销",
    Code.ROWS_HASH: "批次内容摘要不符",
    Code.ROWS_COUNT: "批次行数、长度或压缩不符",
    Code.DECOMPRESSION: "批次解压后过大",
    Code.GAP: "批次缺号，等待补发",
    Code.OTHER_CONTENT: "同一编号内容不同",
    Code.CHAIN: "批次链不连续",
    Code.FIELD: "字段缺失或格式不对",
    Code.ID_NUMBER: "证件号码校验位不符",
    Code.UNKNOWN_PROJECT: "对方没有这个办件",
    Code.TRANSITION: "办件环节次序不符",
    Code.STALE: "数据比已处理的旧",
    Code.NOT_ADDRESSED: "不属于接收方或所在省份",
}
"""What a clerk or an operator reads."""

_LOST: Final = frozenset({Code.BUSINESS_ID_USED})

SECURITY: Final = frozenset(
    {Code.CERTIFICATE_UNKNOWN, Code.SIGNATURE, Code.CERTIFICATE_ENDED, Code.OTHER_CONTENT, Code.CHAIN}
)
"""Refusals of a batch that leave a security event."""

BATCH_REFUSALS: Final = frozenset(
    {
        Code.MANIFEST,
        Code.NOT_ADDRESSED,
        Code.CERTIFICATE_UNKNOWN,
        Code.SIGNATURE,
        Code.CERTIFICATE_ENDED,
        Code.ROWS_HASH,
        Code.ROWS_COUNT,
        Code.DECOMPRESSION,
        Code.GAP,
        Code.OTHER_CONTENT,
        Code.CHAIN,
    }
)
"""Codes that say for certain that a batch was not taken and has used up no seq."""

SAID_UNREAD: Final = frozenset(
    {
        Code.MANIFEST,
        Code.NOT_ADDRESSED,
        Code.CERTIFICATE_UNKNOWN,
        Code.SIGNATURE,
        Code.CERTIFICATE_ENDED,
        Code.GAP,
    }
)
"""Of a batch that was taken before they say nothing: they come before the look at what is known, or ask for it."""

REQUEST_FAULTS: Final = frozenset(
    {
        Code.HEADER,
        Code.TIME,
        Code.BUSINESS_ID_USED,
        Code.BODY,
        Code.CERTIFICATE_UNKNOWN,
        Code.SIGNATURE,
        Code.CERTIFICATE_ENDED,
    }
)
"""What is wrong with the request or our keys, not with what it carries: mended by an operator, then sent again."""


def fault_of(code: str) -> PartnerError:
    """The error that a hub's answer with this code means; an unknown code is a refusal for a person to see."""
    sentence = f"西南交换中心：{MEANING.get(code, '未知返回码')}"
    if code == Code.BUSY:
        return PartnerUnavailable(sentence, code=code)
    if code in _LOST:
        return AnswerLost(sentence, code=code)
    return PartnerRefused(sentence, code=code)
