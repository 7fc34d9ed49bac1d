"""The signed text of an exchange step by step, so that two engineers can compare it line by line (签名原文)."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from domain.terms import Partner

_LABELS: Final[Mapping[tuple[Partner, int], tuple[str, ...]]] = {
    (Partner.SICHUAN, 8): (
        *("方法", "路径（与线上一致，不解码）", "查询（解码后重新编码、排序）", "应用标识"),
        *("时间戳（秒）", "随机数", "消息编号", "正文的 SHA-256"),
    ),
    (Partner.SOUTHWEST, 6): ("操作", "应用标识", "机构", "业务流水号", "时间", "正文的 SM3"),
    (Partner.SOUTHWEST, 10): (
        *("版本", "批次号", "发送方", "接收方", "序号", "上一批签名原文的 SM3"),
        *("行数", "字节数", "各行的 SM3", "生成时间"),
    ),
    (Partner.SOUTHWEST, 5): ("批次号", "各行的 SM3", "收到时间", "返回码", "逐行结果的 SM3"),
    (Partner.INTERPROVINCIAL, 6): ("操作", "发送单位", "接收单位", "业务协同编号", "发送时间", "information 的 SM3"),
}
_JOINED: Final = {
    Partner.SICHUAN: ("\n", "换行（LF），末尾没有"),
    Partner.SOUTHWEST: ("|", "竖线"),
    Partner.INTERPROVINCIAL: ("|", "竖线"),
}


def steps_shown(partner: Partner, signed: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`{parts: [{label, value}], joined, text, sha256, algorithm, proof}`; None where nothing was signed or kept."""
    if not signed:
        return None
    text = str(signed["text"]).encode("utf-8", "replace").decode()  # a batch that we refused may have said anything
    between, joined = _JOINED[partner]
    values = text.split(between)
    labels = _LABELS.get((partner, len(values)), tuple(f"第 {n} 项" for n in range(1, len(values) + 1)))
    return {
        "parts": [{"label": label, "value": value} for label, value in zip(labels, values, strict=True)],
        "joined": joined,
        "text": text,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "algorithm": signed["algorithm"],
        "proof": dict(signed["proof"]),
    }
