"""Items, regions, routes and agreements."""

from typing import Any

from pydantic import Field

from catalog.model import Listed
from domain.terms import ItemKind, Leg, MaterialForm, Mode, Partner, ResultForm, Scheme
from web.answers.base import Answer, Day


class ItemLine(Answer):
    """A cross-region item (通办事项). Days are working days; `feeYuan` a decimal as text."""

    code: str
    name: str
    department: str
    service_type: str
    applicant: str
    schemes: list[Scheme]
    mode: Mode
    kind: ItemKind
    statutory_days: int
    promised_days: int
    inbound_courier: bool
    outbound_courier: bool
    fee_yuan: str
    listed: Listed
    listed_label: str
    source: str


class ItemList(Answer):
    """One page of `total`."""

    total: int
    items: list[ItemLine]


class MembershipShown(Answer):
    """Since when and how an item is carried by a network in a region; null: everywhere else."""

    scheme: Scheme
    region: str | None
    mode: Mode
    valid_from: Day | None
    valid_to: Day | None
    source: str


class EligibilityShown(Answer):
    """Who can't use it across regions, and what to do instead."""

    id_types: list[str]
    excluded_households: list[str]
    reason: str
    instead: str


class MaterialListed(Answer):
    """A row of the list of materials (申请材料)."""

    seq: int
    name: str
    form: MaterialForm
    copies: int
    required: str
    e_licence: str | None
    commitment: bool


class Item(ItemLine):
    """One item with what to bring."""

    result: str
    result_form: ResultForm
    memberships: list[MembershipShown]
    eligibility: EligibilityShown | None
    roles: list[str]
    materials: list[MaterialListed]


class ItemForm(Answer):
    """What an item asks for beside its papers. `own`: false for the generic form. `definition`: the layout, its members
    as docs/decisions/0030-item-forms.md and `catalog.forms.model` name them; `schema`: of `form.answers` (2020-12).
    """

    item_code: str
    version: str
    own: bool
    definition: dict[str, Any]
    schema_: dict[str, Any] = Field(alias="schema")
    materials: list[MaterialListed]
    fee_yuan: str


class RegionShown(Answer):
    """GB/T 2260."""

    code: str
    name: str
    full_name: str


class RegionList(Answer):
    """Best first."""

    regions: list[RegionShown]


class AgreementShown(Answer):
    """A cooperation agreement (合作协议); null in `items` or `modes`: all."""

    scheme: Scheme
    region: str
    region_name: str | None
    items: list[str] | None
    modes: list[Mode] | None
    contact: str | None
    postal_address: str | None
    valid_from: Day | None
    valid_to: Day | None
    delegated: list[str]
    confirmed: bool


class RouteFound(Answer):
    """Which network carries an item to a region, and why."""

    scheme: Scheme
    partner: Partner | None
    mode: Mode
    legs: list[Leg]
    reason: str
    agreement: AgreementShown | None


class AgreementList(Answer):
    """`declared`: how many the district has declared in all."""

    declared: int
    recorded: int
    summary: str
    version: str
    agreements: list[AgreementShown]


class AgreementChange(Answer):
    """What a new list changes; in force where `applied`."""

    applied: bool
    version: str
    summary: str
    added: list[AgreementShown]
    removed: list[AgreementShown]
