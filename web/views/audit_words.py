"""The audit trail in words."""

from collections.abc import Mapping
from typing import Final

from domain.audit import AuditKind
from domain.audit_verdict import AuditFault, AuditVerdict

KINDS: Final = {
    AuditKind.CHANGE: "办理",
    AuditKind.LOOK: "查阅",
    AuditKind.EXPORT: "导出",
    AuditKind.UNMASK: "查看明文",
    AuditKind.REFUSAL: "被拒绝",
}
_PAGES: Final = {
    "/window": "窗口",
    "/search": "查找",
    "/officer": "审批",
    "/scan": "扫描",
    "/devices": "设备",
    "/supervisor": "督办",
    "/partner": "合作方往来",
    "/track": "进度查询",
    "/t/": "进度查询",
    "/audit": "审计",
    "/account": "账号",
    "/units": "账号",
    "/login": "登录",
    "/logout": "登录",
}
_OF_PAGES: Final = {
    "GET /accounts/{username}": "看账号",
    "GET /audit": "看审计记录",
    "GET /audit/entries.csv": "导出审计记录",
    "GET /officer/{handling_no}": "看审批件",
    "GET /partner/deliveries/{line_id}": "看一条往来",
    "GET /partner/{what}.csv": "导出合作方清单",
    "GET /scan/tasks": "看扫描待办",
    "GET /window/{case_no}": "看办件",
    "GET /window/{case_no}/done": "看登记结果",
    "GET /window/{case_no}/live": "看办件",
    "GET /window/{case_no}/receipt.png": "打印受理单",
    "POST /account/password": "改自己的密码",
    "POST /account/sessions": "结束自己的登录",
    "POST /accounts": "加账号",
    "POST /accounts/{username}": "管理账号",
    "POST /audit/verify": "核对审计记录",
    "POST /devices": "取设备登记码",
    "POST /devices/{device_id}": "停用设备",
    "POST /login": "登录",
    "POST /logout": "退出登录",
    "POST /officer/{handling_no}/letter": "预览决定书",
    "POST /search": "查找",
    "POST /track": "查办件进度",
    "POST /units": "加单位",
    "POST /units/{unit_id}": "停用或启用单位",
    "POST /window/new": "登记办件",
    "POST /window/new/notice": "打印补正告知",
}
"""What a page shows or does that stands in the trail."""
_FAULTS: Final = {
    AuditFault.MISSING: "第 {first_bad} 条缺失，或者它前面多了一条",
    AuditFault.ALTERED: "第 {first_bad} 条被改动过",
    AuditFault.NOT_AS_SIGNED: "第 {first_bad} 条与签名时不一致，它之前有内容被重写",
    AuditFault.CUT_OFF: "从第 {first_bad} 条起被截断，签名表明后面还有记录",
}


def verdict_said(verdict: AuditVerdict) -> str:
    """What a look through the trail has found, with what to note down where all is well."""
    if verdict.fault is not None:
        return f"{_FAULTS[verdict.fault].format(first_bad=verdict.first_bad)}。之前的 {verdict.entries} 条完整。"
    unknown = verdict.heads_of_unknown_keys
    old = f"有 {unknown} 处签名用的密钥已撤下，只核对了摘要。" if unknown else ""
    noted = f"请另行记下 {verdict.entries}:{verdict.digest}，下次核对用。" if verdict.digest and verdict.entries else ""
    return f"{verdict.entries} 条记录全部完整。{old}{noted}"


def action_said(action: str, operations: Mapping[str, str]) -> str:
    """What was done, in words; empty for what has none. `operations`: `GET /api/v1/…` → its words."""
    return operations.get(action) or _OF_PAGES.get(action, "")


def area_of(action: str, tags: Mapping[str, str]) -> str:
    """Where an action belongs, in a word. `tags`: of the interface's operations, by `GET /api/v1/…`."""
    if action.startswith("kuayu "):
        return "命令行"
    if action.startswith("job "):
        return "定时任务"
    path = action.partition(" ")[2]
    of_pages = (word for start, word in _PAGES.items() if path.startswith(start))
    return tags.get(action) or next(of_pages, "其他")
