"""The form of an item at registration (事项表单): checked, its situation applied to the item, kept for the dossier."""

from collections.abc import Iterator
from datetime import date

from catalog.forms.ages import full_years
from catalog.forms.checking import check_form
from catalog.forms.choosing import for_situation
from catalog.forms.conditions import asked, situation_of
from catalog.forms.generic import form_of
from catalog.forms.model import FormDefinition
from catalog.forms.persons import FormApplicant
from catalog.forms.problems import FieldProblem
from catalog.forms.shown import lines_of
from catalog.model import ServiceItem
from domain.filled_form import FilledForm
from domain.terms import AuthorisationKind
from web.foundation.problems import FieldsRefused, Unprocessable
from web.foundation.request_schemas import CaseRequest

_OF_AGE = 18


def filled_form(item: ServiceItem, wanted: CaseRequest, version: str, on: date) -> FilledForm | None:
    """The checked form of a request, None where none was given and the item can do without.

    `version`: of the catalogue in force; `on`: the day of application (Asia/Shanghai).

    Raises:
        FieldsRefused: the form lacks something or is wrong (`FORM`), each problem at its field.
        Unprocessable: it lacks altogether (`FORM_MISSING`), or the applicant must come in person (`IN_PERSON`).
    """
    definition = form_of(item)
    if wanted.form is None:
        if definition.obligatory:
            told = f"“{item.name}”须填写事项信息，请先填写再提交"
            raise Unprocessable(told, code="FORM_MISSING", field="form")
        return None
    answers = wanted.form.answers
    person = wanted.applicant
    who = FormApplicant(type=person.type, id_type=person.id_type, id_number=person.id_number)
    _check_in_person(definition, wanted, who, on)
    if problems := check_form(definition, answers, on=on, applicant=who):
        raise FieldsRefused("事项信息有内容未填对，请按提示修改", code="FORM", faults=tuple(_faults(problems)))
    fee = for_situation(item, definition, situation_of(answers)).fee_yuan
    return FilledForm(version=version, answers=answers, lines=lines_of(definition, answers, fee_yuan=fee))


def asked_of(item: ServiceItem, wanted: CaseRequest) -> ServiceItem:
    """The item as the form's situation asks for it.

    Raises:
        Unprocessable: a material was brought that this situation does not ask for (`MATERIAL_UNKNOWN`).
    """
    if wanted.form is None:
        return item
    chosen = for_situation(item, form_of(item), situation_of(wanted.form.answers))
    left_out = {m.seq: m.name for m in item.materials} | {m.seq: "" for m in chosen.materials}
    for material in wanted.materials:
        if name := left_out.get(material.seq):
            told = f"所选情形不需要《{name}》，请改选情形或去掉这项材料"
            raise Unprocessable(told, code="MATERIAL_UNKNOWN", field="materials")
    return chosen


def _faults(problems: tuple[FieldProblem, ...]) -> Iterator[tuple[str, str]]:
    """Pointers as the page names its fields."""
    for problem in problems:
        yield "form.answers" + problem.pointer.replace("/", "."), problem.sentence


def _check_in_person(definition: FormDefinition, wanted: CaseRequest, who: FormApplicant, on: date) -> None:
    assert wanted.form is not None  # noqa: S101  (the caller asks only then)
    rules = [r for r in definition.applicant if r.in_person and asked(r.when, wanted.form.answers)]
    if not rules:
        return
    basis = f"（{rules[0].basis}）" if rules[0].basis else ""
    if wanted.agent is not None and not (_is_guardian(wanted) and _is_minor(who, on)):
        raise Unprocessable(f"该事项须申请人本人到场，不能由他人代办{basis}", code="IN_PERSON", field="agent")
    if wanted.pickup is not None:
        raise Unprocessable(f"该事项须申请人本人到场，不能上门取件{basis}", code="IN_PERSON", field="pickup")


def _is_guardian(wanted: CaseRequest) -> bool:
    authorisation = wanted.agent.authorisation if wanted.agent is not None else None
    return authorisation is not None and authorisation.kind is AuthorisationKind.GUARDIAN


def _is_minor(who: FormApplicant, on: date) -> bool:
    return who.birth is not None and full_years(who.birth, on) < _OF_AGE
