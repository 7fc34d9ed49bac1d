"""Rules between the values of fields (栏目之间的规则): order of dates, bounds by other fields, numbers, regions."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from catalog.forms.model import FieldKind, FormField, Tense
from catalog.forms.problems import FieldProblem, pointer_of
from catalog.regions import find
from domain.identifiers import IdentifierError, check_credit_code, check_id, check_name, normalise_phone
from domain.terms import IdType


def value_problems(
    fields: Sequence[FormField], values: Mapping[str, Any], path: Sequence[str | int], on: date
) -> Iterator[FieldProblem]:
    """Problems of values that have the right shape; `path`: where the values stand, `on`: the day of application."""
    by_key = {field.key: field for field in fields}
    for field in fields:
        if (value := values.get(field.key)) is not None and (fault := _fault(field, value, values, by_key, on)):
            yield FieldProblem(pointer=pointer_of(*path, field.key), sentence=fault)


def day_of(value: object) -> date | None:
    """A date as it is written in answers, None for anything else."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _fault(
    field: FormField, value: object, values: Mapping[str, Any], by_key: Mapping[str, FormField], on: date
) -> str | None:
    if field.kind is FieldKind.DATE:
        return _date_fault(field, value, values, by_key, on)
    if field.kind.is_number:
        other = values.get(field.at_most) if field.at_most else None
        if field.at_most and isinstance(value, int) and isinstance(other, int) and value > other:
            return f"{field.label}不能超过{by_key[field.at_most].label}。"
        return None
    return _text_fault(field, value, on) if isinstance(value, str) else None


def _date_fault(
    field: FormField, value: object, values: Mapping[str, Any], by_key: Mapping[str, FormField], on: date
) -> str | None:
    day = day_of(value)
    if day is None:
        return None
    if field.tense is Tense.PAST and day > on:
        return f"{field.label}不能晚于今天。"
    if field.tense is Tense.FUTURE and day < on:
        return f"{field.label}不能早于今天。"
    ago = (on - day).days
    why = f"（{field.hint.rstrip('。')}）" if field.hint else ""
    if field.days_ago_least is not None and ago < field.days_ago_least:
        return f"{field.label}距今不足{field.days_ago_least}天{why}。"
    if field.days_ago_most is not None and ago > field.days_ago_most:
        return f"{field.label}距今超过{field.days_ago_most}天{why}。"
    earlier = day_of(values.get(field.not_before)) if field.not_before else None
    if field.not_before and earlier is not None and day < earlier:
        return f"{field.label}不能早于{by_key[field.not_before].label}。"
    return None


def _text_fault(field: FormField, value: str, on: date) -> str | None:
    checks: dict[FieldKind, Callable[[str], object]] = {
        FieldKind.NAME: check_name,
        FieldKind.PHONE: normalise_phone,
        FieldKind.RESIDENT_ID: lambda number: check_id(IdType.RESIDENT, number, today=on),
        FieldKind.CREDIT_CODE: check_credit_code,
    }
    if check := checks.get(field.kind):
        return identifier_fault(check, value)
    if field.kind is FieldKind.REGION:
        known = re.fullmatch(r"[1-9][0-9]{5}", value) and find(value)
        return None if known else f"{field.label}不是现行的行政区划代码，请从列表中选择。"
    if not value.strip():
        return f"请填写{field.label}。"
    allowed = "\n" if field.kind is FieldKind.LONG_TEXT else ""
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char not in allowed for char in value):
        return f"{field.label}中有看不见的控制字符，请删除后重新输入。"
    return None


def identifier_fault(check: Callable[[str], object], value: str) -> str | None:
    """What the domain's own check says against a number or name; None where it passes."""
    try:
        check(value)
    except IdentifierError as fault:
        return fault.sentence
    return None
