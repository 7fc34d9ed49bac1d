"""Filling an item's form as an applicant might: answers at random that the form takes; nobody's real data."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from catalog.forms.checking import check_form
from catalog.forms.choosing import for_situation
from catalog.forms.conditions import asked, situation_of
from catalog.forms.generic import form_of
from catalog.forms.model import AgeRule, FieldKind, FormDefinition, FormField, Identity, Party, Tense
from catalog.forms.persons import FormApplicant
from catalog.model import ServiceItem
from catalog.workdays import SHANGHAI
from domain.identifiers import mod_11_2
from domain.terms import ApplicantType, IdType

_TEXTS = ("渝中区民生路235号", "因工作需要", "办理后续手续", "与材料一致", "Ａ座12层，无其他说明")
_NAMES = ("王秀兰", "李建国", "张敏", "古丽·买买提", "欧阳修远", "𬭸明")
_REGIONS = ("500103", "510104", "520102", "440103", "110105")
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PATTERNS: dict[str, Callable[[random.Random], str]] = {
    "^[0-9]{6,20}$": lambda r: _some(r, _DIGITS, r.randint(6, 20)),
    "^[0-9]{17}[0-9X][1-7][1-4](B[1-9])?$": lambda r: _some(r, _DIGITS, 17) + r.choice("0X") + r.choice("17") + "4",
    "^[0-9]{12}$": lambda r: _some(r, _DIGITS, 12),
    "^[A-Z][0-9]{9}$": lambda r: r.choice(_LETTERS) + _some(r, _DIGITS, 9),
    "^[0-9]{1,5}([.][0-9]{1,2})?$": lambda r: r.choice(("1", "99999", "45.5", "120.25")),
    "^[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][A-Z][A-Z0-9]{5,6}$": (
        lambda r: r.choice("渝川贵") + "A" + _some(r, _DIGITS, r.choice((5, 6)))
    ),
    "^[A-Z][A-Z0-9][0-9]{7}$": lambda r: r.choice(_LETTERS) + "8" + _some(r, _DIGITS, 7),
    "^[GLJ][0-9]{17}[0-9X]$": lambda r: r.choice("GLJ") + _some(r, _DIGITS, 17) + "X",
    "^[A-Z0-9]{9}$": lambda r: _some(r, _LETTERS + _DIGITS, 9),
    "^[A-HJ-NPR-Z0-9]{17}$": lambda r: _some(r, "ABCDEFGHJKLMNPRSTUVWXYZ" + _DIGITS, 17),
    "^[0-9A-Z]{28}$": lambda r: _some(r, _DIGITS, 28),
    "^C[A-Z0-9][0-9]{7}$": lambda r: "CA" + _some(r, _DIGITS, 7),
    "^([0-9]{10}|[0-9]{13})$": lambda r: _some(r, _DIGITS, r.choice((10, 13))),
}
"""Of every pattern that a bundled form has."""
_TRIES = 400
_TRIES_TO_STAY_AT_HOME = 10


class Unfillable(ValueError):
    """No answers were found that this form takes from this applicant."""


class Filled(NamedTuple):
    """Answers, None without; and the item as they ask for it."""

    answers: dict[str, Any] | None
    item: ServiceItem


def answers_of(definition: FormDefinition, who: FormApplicant, chance: random.Random, on: date) -> dict[str, Any]:
    """Answers of an applicant that the form takes.

    Raises:
        Unfillable: none was found, because he may not apply or because a rule can't be fulfilled.
    """
    problems: tuple[Any, ...] = ()
    for _ in range(_TRIES):
        answers = _Answers(definition, who, chance, on).all()
        problems = check_form(definition, answers, on=on, applicant=who)
        if not problems:
            return answers
    raise Unfillable(f"{definition.item_code}: {[(p.pointer, p.sentence) for p in problems]}")


def filled(item: ServiceItem, person: dict[str, Any], number: int, *, fetched: bool) -> Filled:
    """The form of the `number`-th applicant, with what his situation asks for; `fetched`: by a courier at his door.

    No answers where he can't fill it: he is too young, or has to come himself.
    """
    on = datetime.now(SHANGHAI).date()
    definition, chance = form_of(item), random.Random(number)
    for _ in range(_TRIES_TO_STAY_AT_HOME):
        try:
            answers = answers_of(definition, applicant_of(person), chance, on)
        except Unfillable:
            break
        if not fetched or not any(rule.in_person and asked(rule.when, answers) for rule in definition.applicant):
            return Filled(answers, for_situation(item, definition, situation_of(answers)))
    return Filled(None, item)


def resident(chance: random.Random, birth: date, *, man: bool) -> str:
    """A number of an identity card by GB 11643, of a region code that was never given out."""
    body = f"500199{birth:%Y%m%d}{chance.randint(10, 99)}{chance.choice('13579' if man else '02468')}"
    return body + mod_11_2(body)


def credit_code(chance: random.Random) -> str:
    """A number of a firm by GB 32100."""
    body = f"91500103MA{chance.randint(0, 9_999_999):07d}"
    total = sum(_USCC.index(char) * 3**place % 31 for place, char in enumerate(body))
    return body + _USCC[(31 - total % 31) % 31]


class _Answers:
    """One try; what is not asked is left out, and what is free is left out now and then."""

    def __init__(self, definition: FormDefinition, who: FormApplicant, chance: random.Random, on: date) -> None:
        self._form, self._who, self._chance, self._on = definition, who, chance, on
        self._said: dict[str, Any] = {}

    def all(self) -> dict[str, Any]:
        if self._form.situations:
            self._said["situation"] = self._chance.choice(self._form.situations).key
        self._said["values"] = {}
        self._values(self._form.fields, self._said["values"])
        if any(rule.in_person for rule in self._form.applicant):
            self._said["applicantPresent"] = True
        if self._form.asks_age and self._who.birth is None:
            self._said["applicantBirthDate"] = date(1985, 6, 1).isoformat()
        if self._form.asks_sex and self._who.man is None:
            self._said["applicantSex"] = "女"
        if self._form.parties:
            self._said["parties"] = {party.key: people for party in self._form.parties if (people := self._of(party))}
        if self._form.fee is not None and self._chance.random() < 0.7:
            paid = self._chance.random() < 0.5
            fee = {"payer": self._chance.choice(self._form.fee.payers), "paid": paid}
            self._said["fee"] = fee | ({"receiptNo": _some(self._chance, _DIGITS, 10)} if paid else {})
        return self._said

    def _values(self, fields: tuple[FormField, ...], into: dict[str, Any]) -> None:
        for field in fields:
            if asked(field.when, self._said) and (field.required or self._chance.random() < 0.5):
                into[field.key] = self._value(field, into)

    def _value(self, field: FormField, beside: dict[str, Any]) -> Any:
        chance = self._chance
        match field.kind:
            case FieldKind.CHOICE:
                return chance.choice(field.choices)
            case FieldKind.CHOICES:
                return chance.sample(field.choices, chance.randint(1, len(field.choices)))
            case FieldKind.FLAG:
                return field.declared or chance.random() < 0.5
            case FieldKind.DATE:
                return self._date(field, beside)
            case FieldKind.REGION:
                return chance.choice(_REGIONS)
            case FieldKind.MONEY | FieldKind.COUNT:
                least = field.least or 0
                most = min(field.most or 10**7, beside.get(field.at_most or "", 10**13))
                return chance.randint(least, max(least, min(most, least + 10**6)))
            case FieldKind.ACCOUNT:
                return _some(chance, _DIGITS, chance.randint(8, 30))
            case FieldKind.PHONE:
                return f"1380000{chance.randint(0, 9999):04d}"
            case FieldKind.RESIDENT_ID:
                return resident(chance, date(1990, 1, 1), man=True)
            case FieldKind.CREDIT_CODE:
                return credit_code(chance)
            case FieldKind.NAME:
                return chance.choice(_NAMES)
            case _:
                return self._text(field)

    def _text(self, field: FormField) -> str:
        if field.pattern:
            return _PATTERNS[field.pattern](self._chance)
        text = self._chance.choice(_TEXTS)
        most = field.most or 60
        return (text * 3)[: max(field.least or 1, min(len(text), most))]

    def _date(self, field: FormField, beside: dict[str, Any]) -> str:
        least = max(field.days_ago_least or 0, 0)
        most = field.days_ago_most if field.days_ago_most is not None else least + 300
        ago = self._chance.randint(least, max(least, min(most, least + 300)))
        if field.tense is Tense.FUTURE:
            ago = -ago
        day = self._on - timedelta(days=ago)
        earlier = beside.get(field.not_before or "")
        return max(day.isoformat(), earlier) if earlier else day.isoformat()

    def _of(self, party: Party) -> list[dict[str, Any]]:
        if not asked(party.when, self._said):
            return []
        young = party.when_applicant_under is not None
        count = self._chance.randint(party.least, min(party.most, party.least + 1))
        return [self._person(party) for _ in range(count if not young else max(1, count))]

    def _person(self, party: Party) -> dict[str, Any]:
        chance = self._chance
        kind = chance.choice(party.types)
        found: dict[str, Any] = {"type": kind.value, "name": chance.choice(_NAMES)}
        man = chance.random() < 0.5
        if party.of_other_sex and self._who.man is not None:
            man = not self._who.man
        birth = _birth(chance, party.ages, self._on, man=man)
        if kind is ApplicantType.ENTERPRISE:
            found["name"] = "重庆渝中记贸易有限公司"
            found |= {"idType": IdType.CREDIT_CODE.value, "idNumber": credit_code(chance)}
        elif party.identity is Identity.NONE:
            found |= {"birthDate": birth.isoformat(), "sex": "男" if man else "女"}
        else:
            found |= {"idType": IdType.RESIDENT.value, "idNumber": resident(chance, birth, man=man)}
        if party.phone or chance.random() < 0.3:
            found["phone"] = f"1380000{chance.randint(0, 9999):04d}"
        if party.in_person:
            found["present"] = True
        if party.fields:
            found["values"] = {}
            self._values(party.fields, found["values"])
        return found


def _birth(chance: random.Random, ages: AgeRule | None, on: date, *, man: bool) -> date:
    by_sex = (ages.men if man else ages.women) if ages else None
    least = max(ages.least or 0, by_sex or 0) if ages else 0
    most = ages.most if ages and ages.most is not None else max(least + 40, 60)
    oldest = on - timedelta(days=int((most + 1) * 365.25) - 2)
    youngest = on - timedelta(days=int(least * 365.25) + 2)
    return oldest + timedelta(days=chance.randint(0, max((youngest - oldest).days, 0)))


def applicant_of(person: dict[str, Any]) -> FormApplicant:
    """The applicant of a request, as the form's rules see him."""
    return FormApplicant(
        type=ApplicantType(person["type"]), id_type=IdType(person["idType"]), id_number=person["idNumber"]
    )


def _some(chance: random.Random, letters: str, count: int) -> str:
    return "".join(chance.choice(letters) for _ in range(count))
