"""What cannot succeed however often it is tried, and what a person can do about it."""

from enum import StrEnum

from domain.model import Frozen


class Trouble(StrEnum):
    """Why a step cannot succeed by itself."""

    CONFLICTING_ROW = "CONFLICTING_ROW"
    MISSING_ROW = "MISSING_ROW"
    BAD_DATA = "BAD_DATA"
    REFUSED = "REFUSED"
    SETTINGS = "SETTINGS"
    SCHEMA = "SCHEMA"
    FILES = "FILES"
    SERVER = "SERVER"
    PROGRAM = "PROGRAM"


REMEDIES: dict[Trouble, str] = {
    Trouble.CONFLICTING_ROW: "数据库中已有一条与此冲突的记录。请核对并更正该记录，系统会自动继续。",
    Trouble.MISSING_ROW: "缺少所需的记录。请恢复或补录该记录，系统会自动继续。",
    Trouble.BAD_DATA: "有一项数据不合格式。请核对并更正该数据，系统会自动继续。",
    Trouble.REFUSED: "对方不予受理。请与对方核实原因，排除后系统会自动继续。",
    Trouble.SETTINGS: "系统设置不全或有误。请运行 kuayu doctor，改正设置后重启。",
    Trouble.SCHEMA: "数据库结构与程序版本不符。请运行 kuayu migrate，完成后系统会自动继续。",
    Trouble.FILES: "文件读写失败。请检查磁盘空间、文件和权限，恢复后系统会自动继续。",
    Trouble.SERVER: "流程服务器不接受这一请求。请检查其状态和设置，恢复后系统会自动继续。",
    Trouble.PROGRAM: "程序出错。请把日志交给维护人员，修复并更新后系统会自动继续。",
}
"""What the person who reads the task can do."""


class Subject(Frozen):
    """What a step was about, for the task. `key`: its id among the rows of its kind; "": no single row."""

    key: str = ""
    case_no: str | None = None
    handling_no: str | None = None
    leg_id: str | None = None


STUCK_AFTER = 5
"""Attempts in a row after which what cannot succeed opens a task."""
