"""Checking a filled form (表单校验): shape, persons, ages, dates, sums. Pure; finds every problem, not only the first.

The page asks it while one types, the interface before a case is registered; both show the same sentences.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from catalog.forms.ages import full_years
from catalog.forms.conditions import asked, values_of
from catalog.forms.model import ApplicantRule, FormDefinition
from catalog.forms.persons import FormApplicant, age_fault, person_problems, twice_problems
from catalog.forms.problems import FieldProblem, pointer_of
from catalog.forms.shape import shape_problems
from catalog.forms.values import day_of, value_problems
from domain.terms import ApplicantType

APPLICANT = pointer_of("applicantPresent")
"""Where a problem of the applicant's own age or presence stands: his data is in the case, not in the form."""
_BIRTH, _SEX = pointer_of("applicantBirthDate"), pointer_of("applicantSex")


def check_form(
    definition: FormDefinition, answers: Mapping[str, Any], *, on: date, applicant: FormApplicant | None = None
) -> tuple[FieldProblem, ...]:
    """Problems of the answers as (pointer, sentence), at most one per place, in the form's order.

    `on`: the day of application (Asia/Shanghai), at which ages count. `applicant`: None leaves out what needs him.
    `answers`: as `catalog.forms.schema` gives them; anything else is a problem too, never an exception.
    """
    if isinstance(answers, Mapping):
        answers = {**_groups(definition), **answers}
    found: dict[str, FieldProblem] = {p.pointer: p for p in shape_problems(definition, answers)}
    if isinstance(answers, Mapping) and not _deep(definition, found):
        for problem in _rules(definition, answers, on, applicant):
            found.setdefault(problem.pointer, problem)
    places = _places(definition)
    return tuple(sorted(found.values(), key=lambda problem: _place(problem.pointer, places)))


def _groups(definition: FormDefinition) -> dict[str, Any]:
    """A group that was left out is an empty one, so that what lacks is said at its own place."""
    return {"values": {}} | ({"parties": {}} if definition.parties else {})


def _places(definition: FormDefinition) -> dict[str, int]:
    """What the page shows, from top to bottom: the first two steps of pointers."""
    shown = ["/situation", APPLICANT, _BIRTH, _SEX]
    for section in definition.sections:
        shown += [pointer_of("values", field.key) for field in section.fields]
        shown += [pointer_of("parties", section.party)] if section.party else []
    return {pointer: place for place, pointer in enumerate(shown)}


def _place(pointer: str, places: Mapping[str, int]) -> int:
    return places.get("/".join(pointer.split("/")[:3]), len(places))


def _deep(definition: FormDefinition, found: Mapping[str, FieldProblem]) -> bool:
    """Whether the groups themselves are out of shape, so that nothing can be read in them."""
    return any(place in found for place in ("/values", "/parties", *(f"/parties/{p.key}" for p in definition.parties)))


def _rules(
    definition: FormDefinition, answers: Mapping[str, Any], on: date, applicant: FormApplicant | None
) -> Iterator[FieldProblem]:
    if applicant is not None:
        applicant = _with_stated(applicant, answers)
        yield from _stated_problems(definition, answers, applicant)
    yield from _applicant_problems(definition, answers, on, applicant)
    yield from value_problems(definition.fields, values_of(answers), ["values"], on)
    parties = answers.get("parties", {})
    if not isinstance(parties, Mapping):
        return
    for party in definition.parties:
        persons = parties.get(party.key)
        path = ["parties", party.key]
        if persons is None:
            if _needed_for_young(party.when_applicant_under, on, applicant) and asked(party.when, answers):
                told = f"申请人未满{party.when_applicant_under}周岁，请填写{party.label}。"
                yield FieldProblem(pointer=pointer_of(*path), sentence=told)
            continue
        for place, person in enumerate(persons):
            if isinstance(person, Mapping):
                yield from person_problems(party, person, [*path, place], on, applicant)
        yield from twice_problems(party, persons, path, applicant)


def _with_stated(applicant: FormApplicant, answers: Mapping[str, Any]) -> FormApplicant:
    """The applicant with what the form states of birth and sex."""
    man = {"男": True, "女": False}.get(str(answers.get("applicantSex")))
    birth = day_of(answers.get("applicantBirthDate"))
    return applicant.model_copy(update={"stated_birth": birth, "stated_man": man})


def _stated_problems(
    definition: FormDefinition, answers: Mapping[str, Any], applicant: FormApplicant
) -> Iterator[FieldProblem]:
    """Birth and sex of the applicant: needed where age counts and the document is silent, never against it."""
    rules = [rule.ages for rule in definition.applicant if rule.ages is not None and asked(rule.when, answers)]
    if applicant.type is not ApplicantType.PERSONAL:
        return
    if rules and applicant.birth is None:
        yield FieldProblem(pointer=_BIRTH, sentence="申请人的证件不含出生日期，请填写出生日期。")
    if applicant.stated_birth is not None and applicant.birth != applicant.stated_birth:
        yield FieldProblem(pointer=_BIRTH, sentence="申请人的出生日期与证件号码不一致，请核对。")
    if applicant.man is None and any(rule.men is not None or rule.women is not None for rule in rules):
        yield FieldProblem(pointer=_SEX, sentence="申请人的证件不含性别，请选择性别。")
    if applicant.stated_man is not None and applicant.man is not applicant.stated_man:
        yield FieldProblem(pointer=_SEX, sentence="申请人的性别与证件号码不一致，请核对。")


def _applicant_problems(
    definition: FormDefinition, answers: Mapping[str, Any], on: date, applicant: FormApplicant | None
) -> Iterator[FieldProblem]:
    """What the item asks of the applicant himself: age, presence."""
    for rule in definition.applicant:
        if asked(rule.when, answers) and (fault := _applicant_fault(rule, answers, on, applicant)):
            yield FieldProblem(pointer=APPLICANT, sentence=fault)


def _applicant_fault(
    rule: ApplicantRule, answers: Mapping[str, Any], on: date, applicant: FormApplicant | None
) -> str | None:
    personal = applicant is not None and applicant.type is ApplicantType.PERSONAL
    birth = applicant.birth if applicant is not None and personal else None
    if rule.ages is not None and applicant is not None and birth is not None:
        fault = age_fault(rule.ages, "申请人", birth, applicant.man, on)
        if fault is not None:
            return fault
    if rule.in_person and answers.get("applicantPresent") is not True:
        basis = f"（{rule.basis}）" if rule.basis else ""
        return f"申请人须本人到场{basis}，请核验本人后勾选“申请人本人到场”。"
    return None


def _needed_for_young(under: int | None, on: date, applicant: FormApplicant | None) -> bool:
    birth = applicant.birth if applicant is not None else None
    return under is not None and birth is not None and full_years(birth, on) < under
