"""The catalogue's own values (事项清单): an item, its materials, its place in the networks.

What each column means and how sure it is: catalog/data/PROVENANCE.md.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from pydantic import Field

from catalog.eligibility import Eligibility
from catalog.forms.model import FormDefinition
from catalog.joint import JointRole, JointStep, plain_steps
from catalog.kept import kept_of
from catalog.regions import outwards
from domain.messages import ItemBrief
from domain.model import Frozen, is_unset
from domain.terms import ApplicantType, ItemKind, MaterialForm, Mode, ResultForm, Scheme

ITEM_COUNT = 624
"""The district's list has 624 slots (渝中区624项跨地域通办事项); the bundled catalogue must fill them."""


class Applicants(StrEnum):
    """Who may apply for an item (申请对象)."""

    PERSONAL = "personal"
    ENTERPRISE = "enterprise"
    BOTH = "both"

    def admits(self, kind: ApplicantType) -> bool:
        """Whether an applicant of this type may apply."""
        return self is Applicants.BOTH or self.value == kind.value


class Listed(StrEnum):
    """How sure an item's place in the official lists is (来源可信度)."""

    LISTED = "listed"
    REPORTED = "reported"
    UNLISTED = "unlisted"

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {"listed": "见于公开清单", "reported": "据报道列入", "unlisted": "是否列入待区里确认"}[self.value]


class ServiceType(StrEnum):
    """政务服务事项类型; only 行政许可 follows the Licensing Act's own limits."""

    LICENCE = "行政许可"
    CONFIRMATION = "行政确认"
    BENEFIT = "行政给付"
    REWARD = "行政奖励"
    RULING = "行政裁决"
    LEVY = "行政征收"
    OTHER = "其他行政权力"
    PUBLIC_SERVICE = "公共服务"


class Requirement(StrEnum):
    """Whether a material must be there (是否必需)."""

    YES = "yes"
    NO = "no"
    DEFERRABLE = "deferrable"  # 容缺


class Material(Frozen):
    """One row of an item's list of materials (申请材料)."""

    seq: int = Field(ge=1)
    name: str
    form: MaterialForm
    copies: int = Field(ge=1, description="sheets or sets (份)")
    required: Requirement
    e_licence: str | None = Field(default=None, description="licence that can replace it (电子证照)")
    commitment: bool = Field(default=False, description="告知承诺 can replace it")
    kept: bool = Field(default=False, description="the authority keeps it once it approves (留存), data/kept.csv")


class Alias(Frozen):
    """Another wording of an item's name (别名), for search."""

    source_name: str
    item_code: str
    item_name: str
    relation: str


class Membership(Frozen):
    """An item's place in one network (入网): since when, where, and how it is handled there.

    Without a row of its own an item is carried wherever the network reaches, in its main mode, at any time.
    """

    scheme: Scheme
    region: str | None = Field(default=None, description="GB/T 2260, province to county; None: everywhere else")
    mode: Mode | None = Field(default=None, description="how that region works; None: the item's main mode")
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, description="last day")
    source: str = Field(default="", description="where it is known from")

    def valid_on(self, day: date) -> bool:
        """Whether it is in force on a day (both ends included)."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class ItemSnapshot(ItemBrief):
    """What a case keeps of its item, whatever the catalogue says later (事项快照). No personal data."""

    department: str
    service_type: ServiceType
    mode: Mode
    inbound_courier: bool
    outbound_courier: bool
    result: str
    result_form: ResultForm
    fee_yuan: Decimal
    materials: tuple[Material, ...]
    catalogue_version: str
    listed: Listed | None = None  # cases of before it was kept have none
    source: str = ""
    joint_steps: tuple[JointStep, ...] = Field(
        default=(), exclude_if=is_unset, description="of joint handling; cases of before the steps have none"
    )


class ServiceItem(Frozen):
    """One cross-region item (通办事项). Days are working days; fees are yuan."""

    code: str
    name: str
    department: str
    service_type: ServiceType
    applicant: Applicants
    schemes: tuple[Scheme, ...]
    mode: Mode
    kind: ItemKind
    statutory_days: int = Field(ge=0)
    promised_days: int = Field(ge=0)
    inbound_courier: bool = Field(description="originals must travel to the authority")
    outbound_courier: bool = Field(description="a paper result can be posted")
    result: str
    result_form: ResultForm
    fee_yuan: Decimal = Field(ge=0)
    listed: Listed
    source: str
    materials: tuple[Material, ...] = ()
    memberships: tuple[Membership, ...] = ()
    roles: tuple[JointRole, ...] = Field(default=(), description="of joint handling, the deciding authority first")
    joint_steps: tuple[JointStep, ...] = Field(default=(), description="of joint handling, as its list has them")
    eligibility: Eligibility | None = None
    form: FormDefinition | None = Field(default=None, description="None: the generic one, catalog.forms.generic")

    def memberships_at(self, scheme: Scheme, region: str) -> tuple[Membership, ...]:
        """The rows that count for a network and a region: those of the nearest region, county before province.

        Several follow each other in time; without any, one that is always in force in the item's main mode.
        """
        rows = [row for row in self.memberships if row.scheme is scheme]
        for place in (*outwards(region), None):
            if nearest := tuple(row for row in rows if row.region == place):
                return nearest
        return (Membership(scheme=scheme),)

    @property
    def all_memberships(self) -> tuple[Membership, ...]:
        """Every row of its own, and for a network without one what holds there by default, network by network."""
        return tuple(
            row
            for scheme in self.schemes
            for row in ([m for m in self.memberships if m.scheme is scheme] or [Membership(scheme=scheme)])
        )

    def mode_in(self, membership: Membership) -> Mode:
        """How the item is handled under one of its memberships: the row's mode, else the item's main one."""
        return membership.mode or self.mode

    @property
    def order(self) -> tuple[JointStep, ...]:
        """The steps of joint handling: its own, else one for each role side by side; () for other modes."""
        return () if self.mode is not Mode.JOINT else self.joint_steps or plain_steps(self.roles)

    @property
    def brief(self) -> ItemBrief:
        """The few fields that travel in a workflow's input (decisions.md 4)."""
        return ItemBrief(
            code=self.code,
            name=self.name,
            kind=self.kind,
            statutory_days=self.statutory_days,
            promised_days=self.promised_days,
            is_licence=self.service_type is ServiceType.LICENCE,
        )

    def snapshot(self, catalogue_version: str) -> ItemSnapshot:
        """What a case that starts today keeps of the item; `catalogue_version`: of the list in force."""
        return ItemSnapshot(
            **dict(self.brief),
            department=self.department,
            service_type=self.service_type,
            mode=self.mode,
            inbound_courier=self.inbound_courier,
            outbound_courier=self.outbound_courier,
            result=self.result,
            result_form=self.result_form,
            fee_yuan=self.fee_yuan,
            materials=tuple(m.model_copy(update={"kept": m.seq in kept_of(self.code)}) for m in self.materials),
            catalogue_version=catalogue_version,
            listed=self.listed,
            source=self.source,
            joint_steps=self.order,
        )


class WordKind(StrEnum):
    """What an everyday word speaks of, which is how much it weighs (口语词类别)."""

    THING = "thing"  # 事物：驾照
    ACTION = "action"  # 动作：掉了
    CONTEXT = "context"  # 人和地方：娃儿、外地
    FILLER = "filler"  # 虚词：怎么办


class Synonym(Frozen):
    """What people say for official words (口语词), for the search.

    `said`: everyday words that mean the same. `meant`: words of which each stands in some item's name, or codes of
    items, likeliest first; none for a filler.
    """

    kind: WordKind
    said: tuple[str, ...]
    meant: tuple[str, ...]


class Catalogue(Frozen):
    """One version of the whole list (事项清单版本). `version`: 12 hex digits of a hash of its content."""

    version: str
    items: tuple[ServiceItem, ...]
    aliases: tuple[Alias, ...] = ()
    synonyms: tuple[Synonym, ...] = ()

    @cached_property
    def by_code(self) -> dict[str, ServiceItem]:
        """Code → item."""
        return {item.code: item for item in self.items}

    def get(self, code: str) -> ServiceItem | None:
        """The item with this code, or None."""
        return self.by_code.get(code)
