"""What came of an exchange with a network, in one sentence for whoever has to mend it (返回码)."""

import re
from collections.abc import Mapping
from typing import Final

from domain.terms import Partner
from storage.exchange.partner_lists import GOOD

_OURS: Final[Mapping[str, str]] = {
    "OK": "已收下。",
    "0000": "已收下。",
    "00": "已收下。",
    "000000000000": "已收下。",
    "DUPLICATE": "收过同样的，第一次的答复照旧有效。",
    "EMPTY": "没有新内容。",
    "APPLIED": "已生效。",
    "EARLY": "前面还缺一条，先存着，补上后自动生效。",
    "LATE": "来晚了，位置已有别的消息，只作记录。",
    "UNKNOWN_EVENT": "不认识这个环节名称，已记录，等人处理。",
    "CONTRADICTION": "与已作出的结论不一致，办件暂停，等督办核实。",
    "REFUSED": "现在这个环节不能接这条消息。",
    "CONFLICT": "同一个编号先前来过不同的内容，没有采用。",
    "UNKNOWN_HANDLING": "编号不是我方的办件。",
    "UNREADABLE": "内容读不出来，没有采用。",
    "FAILED": "没有办成。",
    "SID_UNKNOWN": "对方说有的通知编号不存在。",
    "TIMEOUT": "对方没有在时限内回答，会自动再试。",
    "UNREACHABLE": "连不上对方，会自动再试。",
    "ANSWER_LOST": "话已说出，没有听到回答，会自动再问。",
    "NOT_JSON": "对方的回答读不出来，按没有收到处理，会自动再试。",
    "OUT_OF_FORM": "对方的回答格式不符，按没有收到处理，会自动再试。",
    "OTHER_HEAD": "对方的回答对不上这次请求，按没有收到处理，会自动再试。",
    "OLD_ANSWER": "对方的回答太旧，按没有收到处理，会自动再试。",
    "TOO_LARGE": "对方的回答太大，没有收。",
    "BREAKER_OPEN": "对方连续没有回应，暂停联系，稍后自动再试。",
    "UNSIGNED_ANSWER": "对方的回答没有按约定签名，按没有收到处理，会自动再试。",
    "UNSEALED": "对方的回答没有加印，按没有收到处理，会自动再试。",
    "WRONG_SEAL": "对方回答的印鉴不符，按没有收到处理，会自动再试。",
    "GATEWAY_AUTH": "网关不认可我方的身份，请运维人员核对令牌。",
    "SOAP_FAULT": "对方读不出报文的信封，请运维人员核对。",
    "SECRET": "正在更换密钥，会自动再试。",
}
_OF: Final[Mapping[Partner, Mapping[str, str]]] = {
    Partner.SICHUAN: {
        "CY4001": "正文不是规范的 JSON：请查编码、重复的键和数字写法。",
        "CY4002": "有请求头缺了、重复了或格式不对：请对照约定逐个核对。",
        "CY4012": "签名对不上：请核对应用标识、签名算法和密钥，再逐行比对签名原文。",
        "CY4013": "时间戳与我方时钟相差太多：请校准时钟。",
        "CY4041": "没有这个办件，或者不属于这个网络。",
        "CY4091": "随机数用过了：每次发送都要换新的随机数和时间戳。",
        "CY4092": "同一条消息正在处理，稍后再发即可。",
        "CY4131": "内容太大，超过约定的上限。",
        "CY4151": "内容类型不对：应为 application/json，且不压缩。",
        "CY4221": "正文缺项或格式不对：请对照约定的字段核对。",
        "CY4222": "办件现在的环节不能接这个事件：请先核对办件状态。",
        "CY4223": "这个消息编号用过，内容却不同：新的内容请用新的编号。",
        "CY4291": "发得太快，稍后再发。",
        "CY5031": "系统暂时不可用，稍后再发。",
    },
    Partner.SOUTHWEST: {
        "SW100501": "请求头缺失或格式不对。",
        "SW100502": "请求时间超出允许范围，请校准时钟。",
        "SW100503": "业务流水号用过了，会换号再发。",
        "SW100504": "请求正文不合规范或太大。",
        "SW900001": "交换中心忙，会自动再试。",
        "SW100101": "批次清单不合规范，或者太旧。",
        "SW100201": "应用、机构或证书没有登记。",
        "SW100202": "签名对不上：请核对证书和签名原文。",
        "SW100203": "证书已过期或已吊销。",
        "SW100301": "批次内容的摘要不符。",
        "SW100302": "批次的行数、长度或压缩不符。",
        "SW100303": "批次解压后太大。",
        "SW100401": "批次缺号，等待补发缺的那一批。",
        "SW100402": "同一个编号，内容不同。",
        "SW100403": "批次链不连续：上一批的摘要对不上。",
        "SW200101": "字段缺失或格式不对。",
        "SW200102": "证件号码的校验位不符。",
        "SW200201": "没有这个办件。",
        "SW200202": "办件现在的环节不能接这一行。",
        "SW200301": "比已经处理的数据旧，只作记录。",
        "SW200401": "不是发给接收方的，或者不是本省的数据。",
    },
    Partner.INTERPROVINCIAL: {
        "-50": "注册码或密钥不被认可，请运维人员核对。",
        "-51": "印鉴对不上：请核对密钥和签名原文。",
        "-52": "发送时间超出允许范围，请校准时钟。",
        "-53": "报文编号用过了，会换号再发。",
        "-60": "报文格式不符。",
        "-61": "报文或文件太大。",
        "-901": "业务协同编号缺失或格式不符。",
        "-902": "对方没有开通这个事项。",
        "-903": "对方认为申请人或代理人信息有误。",
        "-905": "对方认为办理地有误。",
        "-906": "对方没有这个办件或文件。",
        "-910": "对方先前已收下同样的内容。",
        "-911": "对方先前收到过内容不同的同一报文。",
        "-920": "对方认为办件现在的状态不能这样做。",
        "-999": "对方忙，会自动再试。",
    },
}
_SOON: Final = frozenset(
    {"TIMEOUT", "UNREACHABLE", "BREAKER_OPEN", "SECRET", "CY4092", "CY4291", "CY5031", "SW900001", "-999"}
)


def verdict_said(partner: Partner, verdict: str) -> str:
    """The sentence for a verdict or a code; one that the contract does not list is told as it came."""
    known = _OF[partner].get(verdict) or _OURS.get(verdict)
    if known:
        return known
    http = re.fullmatch(r"HTTP_?([0-9]{3})", verdict)
    if http:
        return f"对方的网关回答 HTTP {http[1]}。"
    return f"约定里没有这个返回码：{verdict}，请两边一起核对。"


def verdict_tone(verdict: str) -> str:
    """The tone of its chip (parts/chip.html)."""
    if verdict in GOOD or verdict == "-910":
        return "done" if verdict not in ("EARLY", "LATE", "EMPTY") else "plain"
    return "soon" if verdict in _SOON else "late"
