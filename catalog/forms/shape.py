"""Answers against the form's JSON Schema (格式校验), its errors turned into sentences for people."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

from catalog.forms.model import FieldKind, FormDefinition, FormField
from catalog.forms.problems import FieldProblem, pointer_of
from catalog.forms.schema import schema_of


def _whole(_checker: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# 1.0 is an integer to JSON Schema; fen and counts are computed with, so only whole numbers pass.
_Validator = validators.extend(
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _whole)
)
_FORMATS = FormatChecker(["date"])
_PERSON = {
    "type": "类型",
    "name": "姓名或名称",
    "idType": "证件类型",
    "idNumber": "证件号码",
    "phone": "联系电话",
    "birthDate": "出生日期",
    "sex": "性别",
    "present": "本人到场",
    "payer": "缴费人",
    "paid": "是否已缴费",
    "receiptNo": "缴费票据号",
    "situation": "办理情形",
    "applicantPresent": "申请人本人到场",
    "applicantBirthDate": "申请人出生日期",
    "applicantSex": "申请人性别",
    "parties": "相关人信息",
    "values": "事项信息",
    "fee": "缴费信息",
}
_KINDS = {"object": "一组栏目", "array": "一个列表", "string": "文字", "integer": "整数", "boolean": "是或否"}
_FIXED = (FieldKind.DATE, FieldKind.REGION, FieldKind.ACCOUNT)
"""Kinds whose length says nothing to people."""
_FIELD_AT = 2
"""How deep a field of a person lies below its person: `values`, key."""


@lru_cache(maxsize=1024)
def _validator(definition: FormDefinition) -> Any:
    return _Validator(schema_of(definition), format_checker=_FORMATS)


def shape_problems(definition: FormDefinition, answers: object) -> list[FieldProblem]:
    """Every problem that the schema finds, in the order of the form, at most one per place."""
    words = _Words(definition)
    found: dict[str, FieldProblem] = {}
    for error in _validator(definition).iter_errors(answers):
        for problem in words.problems(error):
            found.setdefault(problem.pointer, problem)
    return list(found.values())


class _Words:
    """The form's own labels for what an error is about."""

    def __init__(self, definition: FormDefinition) -> None:
        self._definition = definition
        self._fields = {f.key: f for f in definition.fields}
        self._parties = {p.key: p for p in definition.parties}

    def problems(self, error: ValidationError) -> Iterator[FieldProblem]:
        """One error of the schema as one problem or, for members that lack or are too many, as several."""
        path = list(error.absolute_path)
        if error.validator in ("required", "dependentRequired"):
            yield from self._missing(error, path)
        elif error.validator == "additionalProperties":
            known = error.schema["properties"]
            for member in (m for m in error.instance if m not in known):
                yield self._at([*path, member], "表单里没有这一项，请删去。")
        else:
            yield self._at(path, self._sentence(error, path))

    def _missing(self, error: ValidationError, path: list[str | int]) -> Iterator[FieldProblem]:
        if error.validator == "dependentRequired":
            wanted = [n for o, names in error.validator_value.items() if o in error.instance for n in names]
        else:
            wanted = list(error.validator_value)
        for member in (m for m in wanted if m not in error.instance):
            yield self._at([*path, member], f"请{self._verb([*path, member])}{self._label([*path, member])}。")

    def _at(self, path: list[str | int], sentence: str) -> FieldProblem:
        return FieldProblem(pointer=pointer_of(*path), sentence=sentence)

    def _field(self, path: list[str | int]) -> FormField | None:
        """The field at a path, of the form or of a person; None for anything else, such as a person's name."""
        if path[:1] == ["values"] and len(path) >= _FIELD_AT:
            return self._fields.get(str(path[1]))
        party = self._parties.get(str(path[1])) if path[:1] == ["parties"] and len(path) > 1 else None
        if party is None or path[3:4] != ["values"] or len(path) <= 3 + 1:
            return None
        return next((f for f in party.fields if f.key == path[4]), None)

    def _label(self, path: list[str | int]) -> str:
        if field := self._field(path):
            return field.label
        if path[:1] == ["parties"] and len(path) in (2, 3) and (party := self._parties.get(str(path[1]))):
            return party.label
        if path == ["situation"]:
            return self._definition.situation_label
        return _PERSON.get(str(path[-1]), "这一项") if path else "表单"

    def _verb(self, path: list[str | int]) -> str:
        field = self._field(path)
        chosen = (field.kind.chooses or field.kind is FieldKind.FLAG) if field else path[-1:] in (["situation"],)
        return "选择" if chosen else "填写"

    def _sentence(self, error: ValidationError, path: list[str | int]) -> str:
        label, field, bound = self._label(path), self._field(path), error.validator_value
        match error.validator:
            case "not":
                return f"本情形不需要填写{label}，请留空。"
            case "const":
                return f"请确认并勾选：{label}。"
            case "type" if field is not None and field.kind is FieldKind.MONEY:
                return f"{label}应为金额，最多两位小数。"
            case "type":
                return f"{label}应为{_KINDS.get(bound, '别的格式')}。"
            case "enum":
                return f"{label}应从列表中选择。"
            case "minLength":
                return f"请填写{label}。" if bound == 1 else f"{label}至少{bound}个字。"
            case "maxLength" if field is None or field.kind not in _FIXED:
                return f"{label}最多{bound}个字。"
            case "minimum" | "maximum":
                return f"{label}{'不能小于' if error.validator == 'minimum' else '不能大于'}{_amount(field, bound)}。"
            case "minItems" | "maxItems":
                unit = "项" if field else "人"
                return f"{label}{'至少' if error.validator == 'minItems' else '最多'}{bound}{unit}。"
            case "uniqueItems":
                return f"{label}有重复，请保留一项。"
            case _:
                return f"{label}{_form(field, path)}"


def _form(field: FormField | None, path: list[str | int]) -> str:
    """How a value of this kind is written."""
    if field is not None and field.kind is FieldKind.REGION:
        return "应为6位行政区划代码，请从列表中选择。"
    if field is not None and field.kind is FieldKind.ACCOUNT:
        return "应为8至30位数字，不含空格。"
    if path[-1:] in (["birthDate"], ["applicantBirthDate"]) or (field is not None and field.kind is FieldKind.DATE):
        return "应为存在的日期，例如2026-09-01。"
    return f"格式不对，{field.hint.rstrip('。')}。" if field is not None and field.hint else "格式不对，请核对。"


def _amount(field: FormField | None, bound: int) -> str:
    return f"{bound / 100:.2f}元" if field is not None and field.kind is FieldKind.MONEY else str(bound)
