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
from catalog.forms.values import value_problems
from domain.terms import ApplicantType

APPLICANT = pointer_of("applicantPresent")
"""Where a problem of the applicant's own age or presence stands: his data is in the case, not in the form."""


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
    shown = ["/situation", APPLICANT]
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
    yield from applicant_problems(definition, answers, on=on, applicant=applicant)
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


def applicant_problems(
    definition: FormDefinition, answers: Mapping[str, Any], *, on: date, applicant: FormApplicant | None
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
