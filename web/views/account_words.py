"""What pages say of accounts and sessions."""

from typing import Final

from domain.people import SessionStage

_PROOFS: Final = {
    "pwd": "密码",
    "otp": "动态口令",
    "hwk": "安全密钥",
    "recovery": "恢复码",
    "mfa": "第二因素",
    "sc": "数字证书",
    "oidc": "统一认证",
}

STAGES: Final = {
    SessionStage.SECOND_FACTOR: "等第二步验证",
    SessionStage.PASSWORD_CHANGE: "等本人改密码",
    SessionStage.OPEN: "",
}
"""How far a session is, where it is not open."""


def proofs_said(amr: str) -> str:
    """How somebody proved himself: 密码、动态口令; what is not known stays as it is."""
    return "、".join(_PROOFS.get(each, each) for each in amr.split())
