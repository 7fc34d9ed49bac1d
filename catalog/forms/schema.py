"""A form definition → JSON Schema (draft 2020-12) of its answers: for partners, for our page, for the check itself.

Answers: `{"situation", "applicantPresent", "applicantBirthDate", "applicantSex", "values": {key: value},
"parties": {key: [person]}, "fee"}`; a person:
`{"type", "name", "idType", "idNumber", "phone", "birthDate", "sex", "present", "values"}`. Dates `YYYY-MM-DD`, money
whole fen, regions 6 digits. What goes beyond a schema is in `catalog.forms.checking`.
"""

from typing import Any, Final

from catalog.forms.model import MAX_FEN, FieldKind, FormDefinition, FormField, Identity, Party, When
from domain.terms import IdType

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_MAX_TEXT: Final = {FieldKind.TEXT: 60, FieldKind.LONG_TEXT: 300, FieldKind.NAME: 64}
_MAX_COUNT: Final = 1_000_000
_Schema = dict[str, Any]
_DATE: Final[_Schema] = {"type": "string", "format": "date", "maxLength": 10, "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


_NEVER: Final[_Schema] = {"not": {}}
"""As `false`, but the validator names the place."""


def schema_of(definition: FormDefinition) -> _Schema:
    """The schema of a whole form's answers."""
    properties: _Schema = {}
    required = ["values"]
    if definition.situations:
        properties["situation"] = {"type": "string", "enum": [s.key for s in definition.situations]}
        required.insert(0, "situation")
    if any(rule.in_person for rule in definition.applicant):
        properties["applicantPresent"] = {"type": "boolean", "title": "申请人本人到场"}
    if definition.asks_age:
        properties["applicantBirthDate"] = {"title": "申请人出生日期", **_DATE}
    if definition.asks_sex:
        properties["applicantSex"] = {"type": "string", "title": "申请人性别", "enum": ["男", "女"]}
    properties["values"] = _values(list(definition.fields))
    if definition.parties:
        properties["parties"] = _parties(definition)
        if any(p.when is None and p.when_applicant_under is None and p.least for p in definition.parties):
            required.append("parties")
    if definition.fee is not None:
        properties["fee"] = _fee(definition)
    whole = {"$schema": DIALECT, **_object(properties, required)}
    if rules := _conditions(definition):
        whole["allOf"] = rules
    return whole


def field_schema(field: FormField) -> _Schema:
    """The schema of one field's value."""
    said = {"title": field.label} | ({"description": field.hint} if field.hint else {})
    match field.kind:
        case FieldKind.CHOICE:
            shape: _Schema = {"type": "string", "enum": list(field.choices)}
        case FieldKind.CHOICES:
            items = {"type": "string", "enum": list(field.choices)}
            shape = {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}
        case FieldKind.FLAG:
            shape = {"type": "boolean"} | ({"const": True} if field.declared else {})
        case FieldKind.DATE:
            shape = dict(_DATE)
        case FieldKind.REGION:
            shape = {"type": "string", "pattern": "^[1-9][0-9]{5}$", "maxLength": 6}
        case FieldKind.MONEY | FieldKind.COUNT:
            most = field.most or (MAX_FEN if field.kind is FieldKind.MONEY else _MAX_COUNT)
            shape = {"type": "integer", "minimum": field.least or 0, "maximum": most}
        case FieldKind.ACCOUNT:
            shape = {"type": "string", "pattern": "^[0-9]{8,30}$", "maxLength": 30}
        case FieldKind.PHONE | FieldKind.RESIDENT_ID | FieldKind.CREDIT_CODE:
            shape = {"type": "string", "minLength": 1, "maxLength": 40}
        case kind:
            shape = {"type": "string", "minLength": field.least or 1, "maxLength": field.most or _MAX_TEXT[kind]}
            shape |= {"pattern": field.pattern} if field.pattern else {}
    return said | shape


def _object(properties: _Schema, required: list[str]) -> _Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _values(fields: list[FormField]) -> _Schema:
    always = [f.key for f in fields if f.required and f.when is None]
    return _object({f.key: field_schema(f) for f in fields}, always)


def _parties(definition: FormDefinition) -> _Schema:
    always = [p.key for p in definition.parties if p.least and p.when is None and p.when_applicant_under is None]
    return _object({p.key: _party(p) for p in definition.parties}, always)


def _party(party: Party) -> _Schema:
    person = {
        "type": {"type": "string", "enum": list(party.types)},
        "name": {"type": "string", "minLength": 1, "maxLength": 120},
        "phone": {"type": "string", "minLength": 1, "maxLength": 40},
        "birthDate": dict(_DATE),
        "sex": {"type": "string", "enum": ["男", "女"]},
    }
    required = ["name"]
    if party.identity is not Identity.NONE:
        person["idType"] = {"type": "string", "enum": [kind.value for kind in IdType]}
        person["idNumber"] = {"type": "string", "minLength": 1, "maxLength": 40}
    required += {Identity.REQUIRED: ["idType", "idNumber"], Identity.NONE: ["birthDate", "sex"]}.get(party.identity, [])
    if party.phone:
        required.append("phone")
    if party.in_person:
        person["present"] = {"type": "boolean", "title": "本人到场"}
    if party.fields:
        person["values"] = _values(list(party.fields))
        if any(f.required for f in party.fields):
            required.append("values")
    items = _object(person, required) | {"dependentRequired": {"idType": ["idNumber"], "idNumber": ["idType"]}}
    return {"type": "array", "title": party.label, "minItems": party.least, "maxItems": party.most, "items": items}


def _fee(definition: FormDefinition) -> _Schema:
    assert definition.fee is not None  # noqa: S101  (the caller asks only then)
    properties = {
        "payer": {"type": "string", "enum": list(definition.fee.payers)},
        "paid": {"type": "boolean"},
        "receiptNo": {"type": "string", "minLength": 1, "maxLength": 40},
    }
    return _object(properties, ["payer", "paid"])


def _conditions(definition: FormDefinition) -> list[_Schema]:
    """For each conditional field and party: where it is asked it may be required, elsewhere it is refused."""
    rules = []
    for field in definition.fields:
        if field.when is not None:
            rules.append(_rule(field.when, "values", field.key, field.required))
    for party in definition.parties:
        if party.when is not None:
            needed = party.least > 0 and party.when_applicant_under is None
            rules.append(_rule(party.when, "parties", party.key, needed))
    return rules


def _rule(when: When, where: str, key: str, needed: bool) -> _Schema:
    rule: _Schema = {"if": _if(when), "else": {"properties": {where: {"properties": {key: _NEVER}}}}}
    if needed:
        rule["then"] = {"required": [where], "properties": {where: {"required": [key]}}}
    return rule


def _if(when: When) -> _Schema:
    properties: _Schema = {}
    required = []
    if when.situations:
        properties["situation"] = {"enum": list(when.situations)}
        required.append("situation")
    if when.field is not None:
        plain: list[object] = [{"true": True, "false": False}.get(value, value) for value in when.values]
        one_of = {"anyOf": [{"enum": plain}, {"type": "array", "contains": {"enum": plain}}]}
        properties["values"] = {"properties": {when.field: one_of}, "required": [when.field]}
        required.append("values")
    return {"properties": properties, "required": required}
