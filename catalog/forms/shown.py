"""A filled form as lines for people (表单展示): labels and values in the form's order, kept with the case.

A case keeps its lines, so that it reads the same whatever the form becomes later.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from catalog.forms.conditions import asked, situation_of, values_of
from catalog.forms.model import FieldKind, FormDefinition, FormField, Payer
from catalog.regions import find
from domain.model import Frozen


class FormLine(Frozen):
    """One line: the section's or person's title, the label, the value as text."""

    section: str
    label: str
    value: str


def lines_of(definition: FormDefinition, answers: Mapping[str, Any]) -> tuple[FormLine, ...]:
    """Every answer of a checked form, in the form's order; what was left empty has no line."""
    return tuple(_lines(definition, answers))


def _lines(definition: FormDefinition, answers: Mapping[str, Any]) -> Iterator[FormLine]:
    chosen = definition.situation(situation_of(answers))
    if chosen is not None:
        yield FormLine(section=definition.situation_label, label=definition.situation_label, value=chosen.label)
    if "applicantPresent" in answers:
        yield FormLine(section="申请人", label="本人到场", value=_flag(answers["applicantPresent"]))
    for section in definition.sections:
        there = [field for field in section.fields if asked(field.when, answers)]
        yield from _field_lines(section.title, there, values_of(answers))
        if section.party is not None:
            yield from _party_lines(definition, section.party, answers)
    fee = answers.get("fee")
    if isinstance(fee, Mapping):
        yield FormLine(section="缴费", label="缴费人", value=Payer(fee["payer"]).label)
        yield FormLine(section="缴费", label="已缴费", value=_flag(fee["paid"]))
        if "receiptNo" in fee:
            yield FormLine(section="缴费", label="票据号", value=fee["receiptNo"])


def _field_lines(title: str, fields: Sequence[FormField], values: Mapping[str, Any]) -> Iterator[FormLine]:
    for field in fields:
        if (value := values.get(field.key)) is not None:
            yield FormLine(section=title, label=field.label, value=text_of(field, value))


def _party_lines(definition: FormDefinition, key: str, answers: Mapping[str, Any]) -> Iterator[FormLine]:
    party, persons = definition.party(key), answers.get("parties", {}).get(key, [])
    if party is None:
        return
    words = {"name": "姓名或名称", "idType": "证件类型", "idNumber": "证件号码", "phone": "联系电话"}
    words |= {"birthDate": "出生日期", "sex": "性别", "present": "本人到场"}
    for place, person in enumerate(persons, start=1):
        title = party.label if party.most == 1 else f"{party.label} {place}"
        for member, label in words.items():
            if (value := person.get(member)) is not None:
                shown = _flag(value) if isinstance(value, bool) else str(value)
                yield FormLine(section=title, label=label, value=shown)
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
