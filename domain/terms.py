"""The words of the trade as enums: networks, modes, legs, statuses, events.

Values are what travels (HTTP, wires, database); names are what the code reads.
Sources: interfaces.md "Names", contracts.md "Common rules" and "Values".
"""

from enum import StrEnum


class Scheme(StrEnum):
    """The network under whose agreements a handling travels (通办网络)."""

    CHUANYU = "chuanyu"  # 川渝通办
    SOUTHWEST = "southwest"  # 跨西南五省通办
    INTERPROVINCIAL = "interprovincial"  # 跨省通办
    QUANYU = "quanyu"  # 全渝通办, in-city

    @property
    def label(self) -> str:
        """The network's Chinese name, as people read it."""
        return _SCHEME_LABELS[self]


_SCHEME_LABELS = {
    Scheme.CHUANYU: "川渝通办",
    Scheme.SOUTHWEST: "跨西南五省通办",
    Scheme.INTERPROVINCIAL: "跨省通办",
    Scheme.QUANYU: "全渝通办",
}


class Partner(StrEnum):
    """A partner network with a wire of its own (合作方)."""

    SICHUAN = "sichuan"
    SOUTHWEST = "southwest"
    INTERPROVINCIAL = "interprovincial"


PARTNER_OF_SCHEME: dict[Scheme, Partner | None] = {
    Scheme.CHUANYU: Partner.SICHUAN,
    Scheme.SOUTHWEST: Partner.SOUTHWEST,
    Scheme.INTERPROVINCIAL: Partner.INTERPROVINCIAL,
    Scheme.QUANYU: None,
}


class Mode(StrEnum):
    """How a matter is carried (办理模式), 国办发〔2020〕35号 三."""

    ONLINE = "全程网办"
    COLLECT = "异地代收代办"
    JOINT = "多地联办"


class ItemKind(StrEnum):
    """办件类型: decided at once, or within a promised limit (承诺时限)."""

    IMMEDIATE = "即办件"
    PROMISED = "承诺件"


class ApplicantType(StrEnum):
    """申请人类型: a person, or an enterprise or other organisation."""

    PERSONAL = "personal"
    ENTERPRISE = "enterprise"


class IdType(StrEnum):
    """证件类型, contracts.md "Values"."""

    RESIDENT = "居民身份证"
    HMT_RESIDENT = "港澳台居民居住证"
    FOREIGN_PERMANENT = "外国人永久居留身份证"
    PASSPORT = "护照"
    CREDIT_CODE = "统一社会信用代码"


class MaterialForm(StrEnum):
    """In which form a material is (材料形式): contracts.md "Values", `form`."""

    ORIGINAL = "original"
    COPY = "copy"
    ELECTRONIC = "electronic"
    FORM = "form"


class Provided(StrEnum):
    """How the applicant brought a material (提供方式)."""

    ORIGINAL = "original"
    COPY = "copy"
    ELECTRONIC = "electronic"
    LICENCE = "licence"  # 电子证照
    DEFERRED = "deferred"  # 容缺
    COMMITTED = "committed"  # 告知承诺


class TrustGrade(StrEnum):
    """How far an electronic material can be trusted (可信等级), 国办函〔2016〕108号."""

    A = "A"  # issued by an authority with its e-seal: used directly
    B = "B"  # compared with the original at a window: may be used again
    C = "C"  # uploaded by the user: the original must be seen
    D = "D"  # made by the user: their own promise


class AuthorisationKind(StrEnum):
    """On what an agent acts for the applicant (帮代办授权)."""

    LETTER = "letter"  # 授权委托书
    NOTARISED = "notarised"  # 公证委托书
    GUARDIAN = "guardian"  # 监护关系证明
    EMPLOYER = "employer"  # 单位介绍信


class Payer(StrEnum):
    """Who pays the fee (缴费人)."""

    APPLICANT = "applicant"
    UNIT = "unit"
    GOVERNMENT = "government"

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {"applicant": "申请人", "unit": "单位", "government": "政府承担"}[self.value]


class ResultForm(StrEnum):
    """结果形式: on paper, as a file, or both."""

    PAPER = "paper"
    ELECTRONIC = "electronic"
    BOTH = "both"


class ScanSource(StrEnum):
    """Who wrote a line of the parcels' event log (扫描来源); none can take another's place."""

    DEVICE = "device"  # an outlet's or courier's device, POST /scans:batch
    OWN = "own"  # what we say ourselves
    HANDOVER = "handover"  # both sides of a hand-over have confirmed it
    CARRIER = "carrier"  # a line of the carrier's trace


class Leg(StrEnum):
    """One way of the two-way delivery (双向寄递)."""

    PICKUP = "PICKUP"  # 上门揽件: door → our hall
    FORWARD = "FORWARD"  # 材料转递: our hall → the authority's hall
    BACK = "BACK"  # 结果回寄: the authority's hall → our hall
    DELIVERY = "DELIVERY"  # 送达: our hall → door


DOOR_LEGS = frozenset({Leg.PICKUP, Leg.DELIVERY})
INTERREGIONAL_LEGS = frozenset({Leg.FORWARD, Leg.BACK})


class CaseStatus(StrEnum):
    """Where a case stands (办件状态), interfaces.md "HTTP"."""

    REGISTERED = "REGISTERED"  # 已登记
    COLLECTED = "COLLECTED"  # 已收件
    WAITING = "WAITING"  # 联办：待前一步办成
    SUBMITTED = "SUBMITTED"  # 已转递
    RECEIVED = "RECEIVED"  # 属地已收
    ACCEPTED = "ACCEPTED"  # 已受理
    SUPPLEMENT_REQUIRED = "SUPPLEMENT_REQUIRED"  # 待补正
    SUPPLEMENTED = "SUPPLEMENTED"  # 已补正
    REVIEWING = "REVIEWING"  # 审查中
    SUSPENDED = "SUSPENDED"  # 特别程序
    APPROVED = "APPROVED"  # 准予
    NOT_ACCEPTED = "NOT_ACCEPTED"  # 不予受理
    REJECTED = "REJECTED"  # 不予许可
    WITHDRAWN = "WITHDRAWN"  # 已撤回
    FAILED = "FAILED"  # 人工终止
    NOT_BEGUN = "NOT_BEGUN"  # 联办：另一步没有办成，这一步未启动

    @property
    def is_outcome(self) -> bool:
        """Whether it is one of `OUTCOMES`: the handling is over."""
        return self in OUTCOMES

    @property
    def label(self) -> str:
        """The status in Chinese, as people read it."""
        return _STATUS_LABELS[self]


OUTCOMES = frozenset(
    {
        CaseStatus.APPROVED,
        CaseStatus.NOT_ACCEPTED,
        CaseStatus.REJECTED,
        CaseStatus.WITHDRAWN,
        CaseStatus.FAILED,
        CaseStatus.NOT_BEGUN,
    }
)

_STATUS_LABELS = {
    CaseStatus.REGISTERED: "已登记",
    CaseStatus.COLLECTED: "已收件",
    CaseStatus.WAITING: "待前一步办成",
    CaseStatus.SUBMITTED: "已转递",
    CaseStatus.RECEIVED: "属地已收件",
    CaseStatus.ACCEPTED: "已受理",
    CaseStatus.SUPPLEMENT_REQUIRED: "待补正",
    CaseStatus.SUPPLEMENTED: "已补正",
    CaseStatus.REVIEWING: "审查中",
    CaseStatus.SUSPENDED: "特别程序中",
    CaseStatus.APPROVED: "已办结（准予）",
    CaseStatus.NOT_ACCEPTED: "不予受理",
    CaseStatus.REJECTED: "不予许可",
    CaseStatus.WITHDRAWN: "已撤回",
    CaseStatus.FAILED: "已终止",
    CaseStatus.NOT_BEGUN: "未启动",
}


class WireEvent(StrEnum):
    """What an authority says about a handling (办理环节事件), contracts.md "Events"."""

    RECEIVED = "RECEIVED"  # 收件
    ACCEPTED = "ACCEPTED"  # 受理
    NOT_ACCEPTED = "NOT_ACCEPTED"  # 不予受理
    NEED_SUPPLEMENT = "NEED_SUPPLEMENT"  # 补正告知
    REVIEWING = "REVIEWING"  # 审查
    SUSPENDED = "SUSPENDED"  # 特别程序开始
    RESUMED = "RESUMED"  # 特别程序结束
    APPROVED = "APPROVED"  # 准予
    REJECTED = "REJECTED"  # 不予许可/不予办理
    RESULT_SENT = "RESULT_SENT"  # 结果寄出
    WITHDRAWN = "WITHDRAWN"  # 撤回完成


DECISIONS = frozenset({WireEvent.APPROVED, WireEvent.REJECTED, WireEvent.NOT_ACCEPTED, WireEvent.WITHDRAWN})


class CommandKind(StrEnum):
    """What we ask an authority to do (指令), contracts.md "Commands"."""

    SUBMIT = "submit"
    SUPPLEMENT = "supplement"
    WITHDRAW = "withdraw"
    NOTICE = "notice"  # a callback that we send


class Notice(StrEnum):
    """Callbacks that we send (回告), contracts.md "Callbacks that we send"."""

    PAPERS_SENT = "PAPERS_SENT"  # 材料寄出
    DELIVERED = "DELIVERED"  # 结果送达
    DISCREPANCY = "DISCREPANCY"  # 材料不符


class SignerKind(StrEnum):
    """Who took a parcel (签收人). The wires know no locker."""

    SELF = "self"
    AGENT = "agent"
    HALL = "hall"
    LOCKER = "locker"


class ParcelStage(StrEnum):
    """Stages of one leg (寄递环节), courier.md §3; rank orders the main line within an epoch."""

    ORDERED = "ORDERED"
    ACCEPTED = "ACCEPTED"
    ASSIGNED = "ASSIGNED"
    EN_ROUTE = "EN_ROUTE"
    ARRIVED_DOOR = "ARRIVED_DOOR"
    PICKED_UP = "PICKED_UP"
    AT_OUTLET = "AT_OUTLET"
    IN_TRANSIT = "IN_TRANSIT"
    AT_DEST_OUTLET = "AT_DEST_OUTLET"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERED = "DELIVERED"
    HALL_CHECKED = "HALL_CHECKED"
    # side stages
    ON_HOLD = "ON_HOLD"
    PICKUP_FAILED = "PICKUP_FAILED"
    DELIVERY_FAILED = "DELIVERY_FAILED"
    AWAITING_COLLECTION = "AWAITING_COLLECTION"  # 自取
    MISROUTED = "MISROUTED"
    DAMAGED = "DAMAGED"
    LOST = "LOST"
    CANCELLED = "CANCELLED"
    RETURNING = "RETURNING"
    RETURNED = "RETURNED"

    @property
    def rank(self) -> int | None:
        """Place on the main line in tens; None for side stages."""
        return PARCEL_RANK.get(self)


PARCEL_RANK: dict[ParcelStage, int] = {
    stage: 10 * place
    for place, stage in enumerate(
        [
            ParcelStage.ORDERED,
            ParcelStage.ACCEPTED,
            ParcelStage.ASSIGNED,
            ParcelStage.EN_ROUTE,
            ParcelStage.ARRIVED_DOOR,
            ParcelStage.PICKED_UP,
            ParcelStage.AT_OUTLET,
            ParcelStage.IN_TRANSIT,
            ParcelStage.AT_DEST_OUTLET,
            ParcelStage.OUT_FOR_DELIVERY,
            ParcelStage.DELIVERED,
            ParcelStage.HALL_CHECKED,
        ],
        start=1,
    )
}


class Role(StrEnum):
    """Who may do what (角色), interfaces.md "DEMO_USERS"."""

    CLERK = "clerk"  # 窗口人员
    OFFICER = "officer"  # 审批人员
    SUPERVISOR = "supervisor"  # 督办
    AUDITOR = "auditor"  # 审计
    OUTLET = "outlet"  # 邮政网点
    COURIER = "courier"  # 投递员
    OPERATOR = "operator"  # 运维（系统管理员）
    SECURITY = "security"  # 安全管理员


class Datum(StrEnum):
    """Geodetic datum (坐标系): never mix two."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"
