"""A filled form as lines for people (表单展示): labels and values in the form's order, kept with the case.

A case keeps its lines, so that it reads the same whatever the form becomes later.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from catalog.forms.conditions import asked, situation_of, values_of
from catalog.forms.model import FieldKind, FormDefinition, FormField
from catalog.regions import find
from domain.filled_form import FormLine, Personal
from domain.terms import Payer

_PERSON: Final = (
    ("name", "姓名或名称", Personal.NAME),
    ("idType", "证件类型", None),
    ("idNumber", "证件号码", Personal.NUMBER),
    ("phone", "联系电话", Personal.PHONE),
    ("birthDate", "出生日期", None),
    ("sex", "性别", None),
    ("present", "本人到场", None),
)
_PERSONAL: Final = {
    FieldKind.NAME: Personal.NAME,
    FieldKind.PHONE: Personal.PHONE,
    FieldKind.RESIDENT_ID: Personal.NUMBER,
    FieldKind.ACCOUNT: Personal.NUMBER,
}


def lines_of(
    definition: FormDefinition, answers: Mapping[str, Any], *, fee_yuan: Decimal = Decimal(0)
) -> tuple[FormLine, ...]:
    """Every answer of a checked form, in the form's order; what was left empty has no line. `fee_yuan`: what is due."""
    return (*_lines(definition, answers), *_fee_lines(answers, fee_yuan))


def _lines(definition: FormDefinition, answers: Mapping[str, Any]) -> Iterator[FormLine]:
    chosen = definition.situation(situation_of(answers))
    if chosen is not None:
        yield FormLine(section=definition.situation_label, label=definition.situation_label, value=chosen.label)
    if "applicantPresent" in answers:
        yield FormLine(section="申请人", label="本人到场", value=_flag(answers["applicantPresent"]))
    for member, label in (("applicantBirthDate", "出生日期"), ("applicantSex", "性别")):
        if member in answers:
            yield FormLine(section="申请人", label=label, value=answers[member])
    for section in definition.sections:
        there = [field for field in section.fields if asked(field.when, answers)]
        yield from _field_lines(section.title, there, values_of(answers))
        if section.party is not None:
            yield from _party_lines(definition, section.party, answers)


def _fee_lines(answers: Mapping[str, Any], due: Decimal) -> Iterator[FormLine]:
    if due:
        yield FormLine(section="缴费", label="应缴", value=yuan(int(due * 100)))
    fee = answers.get("fee")
    if isinstance(fee, Mapping):
        yield FormLine(section="缴费", label="缴费人", value=Payer(fee["payer"]).label)
        yield FormLine(section="缴费", label="已缴费", value=_flag(fee["paid"]))
        if "receiptNo" in fee:
            yield FormLine(section="缴费", label="票据号", value=fee["receiptNo"])


def _field_lines(title: str, fields: Sequence[FormField], values: Mapping[str, Any]) -> Iterator[FormLine]:
    for field in fields:
        if (value := values.get(field.key)) is not None:
            shown = text_of(field, value)
            yield FormLine(section=title, label=field.label, value=shown, personal=_PERSONAL.get(field.kind))


def _party_lines(definition: FormDefinition, key: str, answers: Mapping[str, Any]) -> Iterator[FormLine]:
    party, persons = definition.party(key), answers.get("parties", {}).get(key, [])
    if party is None:
        return
    for place, person in enumerate(persons, start=1):
        title = party.label if party.most == 1 else f"{party.label} {place}"
        for member, label, personal in _PERSON:
            if (value := person.get(member)) is not None:
                shown = _flag(value) if isinstance(value, bool) else str(value)
                yield FormLine(section=title, label=label, value=shown, personal=personal)
        yield from _field_lines(title, party.fields, person.get("values", {}))


def text_of(field: FormField, value: Any) -> str:
    """A value of a field as people read it: money in yuan, a region by its name."""
    match field.kind:
        case FieldKind.MONEY:
            return yuan(value)
        case FieldKind.FLAG:
            return _flag(value)
        case FieldKind.CHOICES:
            return "、".join(value)
        case FieldKind.REGION:
            region = find(value)
            return region.full_name if region is not None else str(value)
        case _:
            return str(value)


def yuan(fen: int) -> str:
    """A sum as people read it: `1,234.50元`; exact, without floating point."""
    return f"{fen // 100:,}.{fen % 100:02d}元"


def _flag(value: bool) -> str:
    return "是" if value else "否"
