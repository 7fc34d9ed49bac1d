"""What an applicant is told and in which words (办件提醒): short messages that name no person and no secret matter."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

LONGEST = 70
"""Characters of one short message in Chinese (UCS-2); a longer one is cut in two and paid twice."""

SIGN = "【跨域通办】"
LOCAL = ZoneInfo("Asia/Shanghai")


class MessageState(StrEnum):
    """Where a message stands (提醒状态)."""

    QUEUED = "queued"  # waits for its moment, or for the next attempt
    SENT = "sent"  # the gateway has taken it
    DELIVERED = "delivered"  # the gateway says that the phone has it
    FAILED = "failed"  # given up, and nothing on paper is needed
    LETTER = "letter"  # to be told on paper: a task of the hall
    PRINTED = "printed"  # a person has printed it
    UNSENT = "unsent"  # kept, but told to nobody: no consent, no channel, or too late

    @property
    def label(self) -> str:
        """The state in Chinese, as people read it."""
        return _STATE_LABELS[self]


_STATE_LABELS = {
    MessageState.QUEUED: "待发送",
    MessageState.SENT: "已发送",
    MessageState.DELIVERED: "已送达",
    MessageState.FAILED: "未送达",
    MessageState.LETTER: "待打印信件",
    MessageState.PRINTED: "已打印信件",
    MessageState.UNSENT: "未发送",
}


class MessageKind(StrEnum):
    """What a message tells; the words of each are in `TEMPLATES`."""

    COLLECTED = "COLLECTED"
    ACCEPTED = "ACCEPTED"
    SUPPLEMENT_NEEDED = "SUPPLEMENT_NEEDED"
    SUPPLEMENT_PASSED_ON = "SUPPLEMENT_PASSED_ON"
    PAPER_OWED = "PAPER_OWED"
    PAPER_DUE_SOON = "PAPER_DUE_SOON"
    PAPERS_COMPLETE = "PAPERS_COMPLETE"
    PAPERS_DIFFER = "PAPERS_DIFFER"
    PAPER_TO_BRING = "PAPER_TO_BRING"
    SUSPENDED = "SUSPENDED"
    RESUMED = "RESUMED"
    LIMIT_EXTENDED = "LIMIT_EXTENDED"
    APPROVED = "APPROVED"
    STEP_DONE = "STEP_DONE"
    PART_DONE_ONLY = "PART_DONE_ONLY"
    APPROVED_WITHHELD = "APPROVED_WITHHELD"
    RESULT_WITHHELD = "RESULT_WITHHELD"
    REJECTED = "REJECTED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    WITHDRAWN = "WITHDRAWN"
    ENDED = "ENDED"
    RESULT_ON_ITS_WAY = "RESULT_ON_ITS_WAY"
    RESULT_ONLINE = "RESULT_ONLINE"
    RESULT_STILL_ONLINE = "RESULT_STILL_ONLINE"
    RESULT_AT_HALL = "RESULT_AT_HALL"
    RESULT_STILL_AT_HALL = "RESULT_STILL_AT_HALL"
    VISIT_PLANNED = "VISIT_PLANNED"
    VISIT_MOVED = "VISIT_MOVED"
    VISIT_FAILED = "VISIT_FAILED"
    PROMISE_LATE = "PROMISE_LATE"
    ADDRESS_UNCLEAR = "ADDRESS_UNCLEAR"
    PARCEL_DAMAGED = "PARCEL_DAMAGED"
    PARCEL_LOST = "PARCEL_LOST"
    PARCEL_LATE = "PARCEL_LATE"
    DELIVERED = "DELIVERED"
    ONE_TIME_CODE = "ONE_TIME_CODE"


class Template(NamedTuple):
    """The words of one kind. `{…}`: values; `{no}` is the case's tail, `{item}` its item, and neither names a person.

    `on_paper`: where nobody can be reached it becomes a letter; else it is kept as not sent. `urgent`: quiet hours do
    not hold it back. `lasts_minutes`: later it is no use any more. `at_door`: told to whoever is named at the door.
    `by_request`: the applicant asks for it at that moment, so no consent is needed.
    """

    label: str
    words: str
    on_paper: bool = False
    urgent: bool = False
    lasts_minutes: int | None = None
    at_door: bool = False
    by_request: bool = False


_K = MessageKind

TEMPLATES: Mapping[MessageKind, Template] = {
    _K.COLLECTED: Template("收件", "您的{item}（尾号{no}）材料已收齐，办理进度会及时告诉您。"),
    _K.ACCEPTED: Template("受理", "您的{item}（尾号{no}）已受理。"),
    _K.SUPPLEMENT_NEEDED: Template(
        "补正", "您的{item}（尾号{no}）还缺材料，请{due}补齐，清单见查询页或询大厅。", on_paper=True
    ),
    _K.SUPPLEMENT_PASSED_ON: Template("补正转交", "您的{item}（尾号{no}）补正材料已转交办理部门。"),
    _K.PAPER_OWED: Template("容缺", "您的{item}（尾号{no}）先行办理，所缺材料请{due}补交。"),
    _K.PAPER_DUE_SOON: Template("补交提醒", "您的{item}（尾号{no}）所缺材料请{due}补交。", on_paper=True),
    _K.PAPERS_COMPLETE: Template("已补齐", "您的{item}（尾号{no}）所缺材料已收到，谢谢您。"),
    _K.PAPERS_DIFFER: Template(
        "清点不符", "您的{item}（尾号{no}）材料清点与清单不符，先暂停，会打电话与您商定。", on_paper=True
    ),
    _K.PAPER_TO_BRING: Template(
        "补来", "您的{item}（尾号{no}）缺的材料请{due}送到大厅，收到后接着办理。", on_paper=True
    ),
    _K.SUSPENDED: Template("特别程序", "您的{item}（尾号{no}）进入听证、检验等程序，所需时间不计入办理时限。"),
    _K.RESUMED: Template("恢复办理", "您的{item}（尾号{no}）已恢复办理，办理时限接着计算。"),
    _K.LIMIT_EXTENDED: Template(
        "延长期限", "您的{item}（尾号{no}）依法延长办理期限，将{due}办结，理由见查询页或询大厅。", on_paper=True
    ),
    _K.APPROVED: Template("办结", "您的{item}（尾号{no}）已办好，领取方式见查询页或询大厅。"),
    _K.STEP_DONE: Template("联办一步", "您的{item}（尾号{no}）已有一步办成，其余办好后告诉您。"),
    _K.PART_DONE_ONLY: Template(
        "联办未成", "您的{item}（尾号{no}）只办成一部分，正与各地处理，请先勿自行办理，详见查询页。", on_paper=True
    ),
    _K.APPROVED_WITHHELD: Template(
        "办结待补", "您的{item}（尾号{no}）已有结果，所缺材料补齐后发放，请尽快补交。", on_paper=True
    ),
    _K.RESULT_WITHHELD: Template(
        "结果不发放", "您的{item}（尾号{no}）所缺材料逾期未补，结果不能发放，请联系大厅。", on_paper=True
    ),
    _K.REJECTED: Template(
        "办理结论", "您的{item}（尾号{no}）已有办理结论，请到查询页或大厅查看理由和救济途径。", on_paper=True
    ),
    _K.NOT_ACCEPTED: Template(
        "受理结论", "您的{item}（尾号{no}）已有受理结论，请到查询页或大厅查看理由和救济途径。", on_paper=True
    ),
    _K.WITHDRAWN: Template("撤回", "您的{item}（尾号{no}）已撤回，您的材料会退还给您。"),
    _K.ENDED: Template("终止", "您的{item}（尾号{no}）已终止办理，原因和去处请询大厅。", on_paper=True),
    _K.RESULT_ON_ITS_WAY: Template("结果寄出", "您的{item}（尾号{no}）结果已由办理地寄出，到达后告诉您。"),
    _K.RESULT_ONLINE: Template(
        "电子结果", "您的{item}（尾号{no}）电子结果可在查询页凭领取码下载，也可到大厅领取。", on_paper=True
    ),
    _K.RESULT_STILL_ONLINE: Template(
        "下载提醒", "您的{item}（尾号{no}）电子结果还没有下载，请到查询页或大厅领取。", on_paper=True
    ),
    _K.RESULT_AT_HALL: Template("待领取", "您的{item}（尾号{no}）结果在大厅，请{due}来领取。", on_paper=True),
    _K.RESULT_STILL_AT_HALL: Template("领取提醒", "您的{item}（尾号{no}）结果还在大厅，请抽空来领取。"),
    _K.VISIT_PLANNED: Template(
        "上门", "邮政人员预计{at}上门（尾号{no}），请留人在家，备好证件。", urgent=True, lasts_minutes=120, at_door=True
    ),
    _K.VISIT_MOVED: Template(
        "上门改时", "上门时间改为约{at}（尾号{no}），给您添麻烦了。", urgent=True, lasts_minutes=120, at_door=True
    ),
    _K.VISIT_FAILED: Template("未遇", "今日上门未能办成（尾号{no}），会再次安排，请保持电话畅通。", at_door=True),
    _K.PROMISE_LATE: Template(
        "上门延误",
        "上门晚于承诺时间（尾号{no}），正在催办，很抱歉让您久等。",
        urgent=True,
        lasts_minutes=240,
        at_door=True,
    ),
    _K.ADDRESS_UNCLEAR: Template("地址待核", "上门地址不够清楚（尾号{no}），工作人员会打电话与您核对。", at_door=True),
    _K.PARCEL_DAMAGED: Template("邮件破损", "您的邮件（尾号{no}）有破损，正在核对材料，工作人员会打电话告诉您。"),
    _K.PARCEL_LOST: Template("邮件查找", "您的邮件（尾号{no}）暂未找到，正在查找，工作人员会打电话告诉您。"),
    _K.PARCEL_LATE: Template("邮件延误", "您的邮件（尾号{no}）比预计晚到，正在查询，不影响您的办理权益。"),
    _K.DELIVERED: Template("送达", "您的{item}（尾号{no}）已送达签收。如非您本人经手，请联系大厅。"),
    _K.ONE_TIME_CODE: Template(
        "验证码",
        "验证码{code}，10分钟内有效（尾号{no}）。请勿告诉他人。",
        urgent=True,
        lasts_minutes=10,
        by_request=True,
    ),
}
"""kind → its words; each fits in `LONGEST` characters with `SIGN` in front and the longest values."""

PLAIN_ITEM = "办件"
"""What an item is called where its name says something about a person that nobody else should read."""

_ITEM_LONGEST = 14
_SENSITIVE = (
    *("残疾", "低保", "最低生活", "特困", "救助", "困难", "抚恤", "优抚", "退役", "烈士", "孤儿", "收养", "婚", "生育"),
    *("计划生", "再生", "独生", "医疗", "疾病", "健康", "病", "精神", "戒毒", "死亡", "殡葬", "丧葬", "遗属", "工伤"),
    *("失业", "犯罪", "刑", "监护", "宗教", "民族", "出入境", "港澳", "台湾", "户", "身份", "性别", "姓名", "出生"),
)
"""Parts of names that tell of health, family, hardship, belief or origin (PIPL §28); taken rather too wide."""


def item_said(name: str) -> str:
    """An item's name as a message may say it: itself where it is short and tells nothing, else `PLAIN_ITEM`."""
    if len(name) > _ITEM_LONGEST or any(part in name for part in _SENSITIVE):
        return PLAIN_ITEM
    return f"“{name}”"


def day_said(at: datetime) -> str:
    """A limit as a message says it, in local time: `在12月5日（含）前`."""
    day = at.astimezone(LOCAL)
    return f"在{day.month}月{day.day}日（含）前"


def time_said(at: datetime) -> str:
    """A time of a visit as a message says it, in local time: `12月5日18:30`."""
    there = at.astimezone(LOCAL)
    return f"{there.month}月{there.day}日{there:%H:%M}"


SOON = "尽快"
"""In place of a day, where no limit was named."""


def tail_of(case_no: str) -> str:
    """The last four digits of a case number: enough for its owner, useless to anybody else."""
    return case_no[-4:]


def words_of(kind: MessageKind, values: Mapping[str, str]) -> str:
    """The whole text of a message, at most `LONGEST` characters with values of usual length.

    Raises:
        KeyError: a value that the template names is not given.
    """
    return SIGN + TEMPLATES[kind].words.format_map(values)


def message_id(case_no: str, key: str) -> str:
    """The id under which a gateway knows the message: the UUID (version 5) of case and key, so a repeat is the same."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{case_no}/{key}"))
