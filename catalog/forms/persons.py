"""Rules of persons (人员规则): documents, ages on a day, presence, who is named twice."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from catalog.forms.ages import born, full_years, is_man
from catalog.forms.model import AgeRule, Party
from catalog.forms.problems import FieldProblem, pointer_of
from catalog.forms.values import day_of, identifier_fault, value_problems
from domain.identifiers import IdentifierError, check_id, check_name, normalise_phone
from domain.model import Frozen
from domain.terms import ApplicantType, IdType

_Path = Sequence[str | int]


class FormApplicant(Frozen):
    """What the rules of a form need to know of the applicant, whose data is in the case and not in the form.

    `stated_birth`, `stated_man`: as the form says it, for documents that do not.
    """

    type: ApplicantType = ApplicantType.PERSONAL
    id_type: IdType
    id_number: str
    stated_birth: date | None = None
    stated_man: bool | None = None

    @property
    def birth(self) -> date | None:
        """By the document, else as stated; None where neither says."""
        return born(self.id_type, self.id_number) or self.stated_birth

    @property
    def man(self) -> bool | None:
        """By the document, else as stated; None where neither says."""
        known = is_man(self.id_type, self.id_number)
        return self.stated_man if known is None else known


def person_problems(
    party: Party, person: Mapping[str, Any], path: _Path, on: date, applicant: FormApplicant | None
) -> Iterator[FieldProblem]:
    """Problems of one person of a party whose shape is right. `on`: the day of application."""
    enterprise = person.get("type", party.types[0]) == ApplicantType.ENTERPRISE
    kind = ApplicantType.ENTERPRISE if enterprise else ApplicantType.PERSONAL
    if fault := identifier_fault(lambda name: check_name(name, kind), str(person.get("name", ""))):
        yield FieldProblem(pointer=pointer_of(*path, "name"), sentence=fault)
    if "phone" in person and (fault := identifier_fault(normalise_phone, str(person["phone"]))):
        yield FieldProblem(pointer=pointer_of(*path, "phone"), sentence=fault)
    yield from _document_problems(person, enterprise, path, on)
    if party.in_person and person.get("present") is not True:
        told = f"{party.label}须本人到场，请核验本人后勾选“本人到场”。"
        yield FieldProblem(pointer=pointer_of(*path, "present"), sentence=told)
    yield from _age_problems(party, person, path, on)
    yield from _sex_problems(party, person, path, applicant)
    values = person.get("values")
    if isinstance(values, Mapping):
        yield from value_problems(party.fields, values, [*path, "values"], on)


def twice_problems(
    party: Party, persons: Sequence[Any], path: _Path, applicant: FormApplicant | None
) -> Iterator[FieldProblem]:
    """The same number twice within a party, or the applicant's own."""
    seen: set[str] = set()
    own = _plain(applicant.id_number) if applicant is not None and not party.may_be_applicant else None
    for place, person in enumerate(persons):
        if not isinstance(person, Mapping) or not isinstance(person.get("idNumber"), str):
            continue
        number = _plain(person["idNumber"])
        if number == own:
            told = f"{party.label}不能是申请人本人，请核对证件号码。"
            yield FieldProblem(pointer=pointer_of(*path, place, "idNumber"), sentence=told)
        elif number in seen:
            told = f"{party.label}中有两人证件号码相同，请核对。"
            yield FieldProblem(pointer=pointer_of(*path, place, "idNumber"), sentence=told)
        seen.add(number)


def age_fault(rule: AgeRule, who: str, birth: date, man: bool | None, on: date) -> str | None:
    """What the ages rule out, as a sentence with its basis. Where the sex is not known, the lower age decides."""
    years = full_years(birth, on)
    basis = f"（{rule.basis}）" if rule.basis else ""
    by_sex = {True: rule.men, False: rule.women}.get(man) if man is not None else _lower(rule.men, rule.women)
    least = max((age for age in (rule.least, by_sex) if age is not None), default=None)
    if birth > on:
        return f"{who}的出生日期晚于今天，请核对。"
    if least is not None and years < least:
        sex = {True: "男方", False: "女方"}.get(man, "") if man is not None and by_sex == least else ""
        return f"{who}未满{least}周岁：{sex}须年满{least}周岁{basis}。"
    if rule.most is not None and years > rule.most:
        return f"{who}已超过{rule.most}周岁{basis}。"
    return None


def _lower(one: int | None, other: int | None) -> int | None:
    return min((age for age in (one, other) if age is not None), default=None)


def _plain(number: str) -> str:
    return "".join(number.split()).upper()


def _document(person: Mapping[str, Any]) -> tuple[IdType, str] | None:
    try:
        return IdType(person["idType"]), str(person["idNumber"])
    except (KeyError, ValueError):
        return None


def _checked(person: Mapping[str, Any]) -> tuple[IdType, str] | None:
    """Kind and normalised number of a document that is sound; None otherwise."""
    document = _document(person)
    if document is None:
        return None
    try:
        return document[0], check_id(*document)
    except IdentifierError:
        return None


def _document_problems(person: Mapping[str, Any], enterprise: bool, path: _Path, on: date) -> Iterator[FieldProblem]:
    document = _document(person)
    if document is None:
        return
    if enterprise != (document[0] is IdType.CREDIT_CODE):
        instead = "单位请用统一社会信用代码。" if enterprise else "个人请用身份证件，不用统一社会信用代码。"
        yield FieldProblem(pointer=pointer_of(*path, "idType"), sentence=instead)
        return
    if fault := identifier_fault(lambda number: check_id(document[0], number, today=on), document[1]):
        yield FieldProblem(pointer=pointer_of(*path, "idNumber"), sentence=fault)


def _age_problems(party: Party, person: Mapping[str, Any], path: _Path, on: date) -> Iterator[FieldProblem]:
    said, document = day_of(person.get("birthDate")), _checked(person)
    known = born(*document) if document else None
    if said is not None and known is not None and said != known:
        told = f"{party.label}的出生日期与证件号码不一致，请核对。"
        yield FieldProblem(pointer=pointer_of(*path, "birthDate"), sentence=told)
        return
    birth = known or said
    if birth is None:
        if party.ages is not None and (document is not None or _document(person) is None):
            told = f"{party.label}的证件不含出生日期，请填写出生日期。"
            yield FieldProblem(pointer=pointer_of(*path, "birthDate"), sentence=told)
        return
    at = "birthDate" if known is None else "idNumber"
    if party.ages is not None and (fault := age_fault(party.ages, party.label, birth, _man(person), on)):
        yield FieldProblem(pointer=pointer_of(*path, at), sentence=fault)
    elif party.ages is None and said is not None and said > on:
        told = f"{party.label}的出生日期不能晚于今天。"
        yield FieldProblem(pointer=pointer_of(*path, at), sentence=told)


def _man(person: Mapping[str, Any]) -> bool | None:
    document = _checked(person)
    by_number = is_man(*document) if document else None
    said = {"男": True, "女": False}.get(str(person.get("sex")))
    return said if by_number is None else by_number


def _sex_problems(
    party: Party, person: Mapping[str, Any], path: _Path, applicant: FormApplicant | None
) -> Iterator[FieldProblem]:
    document = _checked(person)
    by_number = is_man(*document) if document else None
    said = {"男": True, "女": False}.get(str(person.get("sex")))
    if said is not None and by_number is not None and said != by_number:
        told = f"{party.label}的性别与证件号码不一致，请核对。"
        yield FieldProblem(pointer=pointer_of(*path, "sex"), sentence=told)
        return
    if not party.of_other_sex:
        return
    man = said if by_number is None else by_number
    if man is None and (document is not None or _document(person) is None):
        told = f"{party.label}的证件不含性别，请选择性别。"
        yield FieldProblem(pointer=pointer_of(*path, "sex"), sentence=told)
    if man is not None and applicant is not None and applicant.man is man:
        at = "idNumber" if by_number is not None else "sex"
        told = f"{party.label}与申请人性别相同，请核对双方证件。"
        yield FieldProblem(pointer=pointer_of(*path, at), sentence=told)
