"""The form of an item that has none of its own (通用表单), built from its catalogue row.

What the name says is asked for: what changes, what is replaced and why, what it is wanted for, where money goes.
"""

from collections.abc import Iterator

from catalog.forms.model import (
    FeeRule,
    FieldKind,
    FormDefinition,
    FormField,
    Party,
    ResultMoney,
    Section,
)
from catalog.model import Applicants, ServiceItem, ServiceType
from domain.terms import Payer


def form_of(item: ServiceItem) -> FormDefinition:
    """The item's own form, else the generic one."""
    return item.form or generic_form(item)


def generic_form(item: ServiceItem) -> FormDefinition:
    """A form for any item. Nothing in it is required but a benefit's account, so that no case is held up by it."""
    pays = item.service_type is ServiceType.BENEFIT
    sections = [Section(title="事项信息", fields=tuple(_fields(item)))]
    if pays:
        sections.append(Section(title="收款账户", hint="本人在境内开立的账户", fields=ACCOUNT))
    parties: tuple[Party, ...] = ()
    if item.applicant is not Applicants.PERSONAL:
        parties = (Party(key="handler", label="经办人", least=0, phone=True),)
        sections.append(Section(title="经办人", hint="企业办理时填写", party="handler"))
    return FormDefinition(
        item_code=item.code,
        sections=tuple(sections),
        parties=parties,
        fee=FeeRule(payers=(Payer.APPLICANT, Payer.UNIT, Payer.GOVERNMENT)) if item.fee_yuan else None,
        result_money=ResultMoney(label="核定金额") if pays else None,
    )


ACCOUNT = (
    FormField(key="bankName", label="开户银行", kind=FieldKind.TEXT, hint="写明支行"),
    FormField(key="bankAccount", label="银行账号", kind=FieldKind.ACCOUNT),
)
"""Where money goes; the account is the applicant's own."""


def _fields(item: ServiceItem) -> Iterator[FormField]:
    name = item.name
    if any(word in name for word in ("变更", "更正", "换领", "换发", "换证", "补发", "补领", "补办", "注销", "延续")):
        hint = "原证件或登记的编号"
        yield FormField(key="formerNumber", label="原证件编号", kind=FieldKind.TEXT, required=False, hint=hint)
    if any(word in name for word in ("变更", "更正")):
        yield FormField(key="changeFrom", label="变更前内容", kind=FieldKind.LONG_TEXT, required=False)
        yield FormField(key="changeTo", label="变更后内容", kind=FieldKind.LONG_TEXT, required=False)
    if any(word in name for word in ("查询", "证明", "核验", "公证", "出具", "开具")):
        hint = "用在哪里、交给谁"
        yield FormField(key="purpose", label="用途", kind=FieldKind.TEXT, required=False, hint=hint)
    yield FormField(key="reason", label="申请说明", kind=FieldKind.LONG_TEXT, required=False, hint="需要说明的情况")
