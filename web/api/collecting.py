"""All that registration would refuse of an unfinished case at once: its shape part by part, then step by step."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from sqlalchemy.orm import Session

from domain.errors import BadInput
from domain.identifiers import IdentifierError, check_id
from storage.people.users import LoggedIn
from web.api.judging import STEPS, Judging, Section
from web.foundation.context import Context
from web.foundation.problems import FieldsRefused, MaterialsMissing, SameMatterFound, faults_of
from web.foundation.request_schemas import CaseRequest, PersonRequest

_SECTIONS: Mapping[str, Section] = {
    "itemCode": Section.ITEM,
    "handlings": Section.PLACES,
    "mode": Section.PLACES,
    "applicant": Section.APPLICANT,
    "agent": Section.APPLICANT,
    "discredited": Section.APPLICANT,
    "duplicateReason": Section.APPLICANT,
    "form": Section.FORM,
    "materials": Section.MATERIALS,
    "pickup": Section.POST,
    "delivery": Section.POST,
    "consent": Section.CONSENT,
}
_MISSING: Mapping[str, str] = {
    "itemCode": "请选择事项",
    "handlings": "请选择办理地",
    "region": "请选择办理地",
    "name": "请填写姓名或单位名称",
    "idNumber": "请填写证件号码",
    "phone": "请填写手机",
    "address": "请填写详细地址",
    "contactName": "请填写联系人",
    "contactPhone": "请填写联系电话",
    "consent": "请先取得申请人的知情同意",
}
_WHOSE: Mapping[str, str] = {"agent": "代办人：", "pickup": "取件：", "delivery": "送达："}
_LACKS = frozenset(
    {
        "CONSENT",
        "FORM_MISSING",
        "MATERIALS_MISSING",
        "DOCUMENT_MISSING",
        "LICENCE_MISSING",
        "LICENCE_CONSENT",
        "LICENCE_LOOK",
        "AGENT_UNAUTHORISED",
        "ROLE_NEEDED",
        "ROLE_MISSING",
        "HOUSEHOLD_UNKNOWN",
        "SAME_MATTER",
    }
)
"""Codes of refusals that only say what is not there yet."""
_OURS = frozenset({"SAME_MATTER", "ROLE_NEEDED", "ROLE_MISSING", "SHAPE"})
"""Codes of what the clerk puts right alone: not for the applicant's notice."""


class Found(NamedTuple):
    """One refusal. `lacks`: it only says what is not there yet. `on_paper`: it concerns the applicant."""

    section: Section
    field: str
    detail: str
    lacks: bool
    on_paper: bool
    seq: int | None = None


class Collected:
    """An unfinished case, what was found of it, and all that would be refused. `name`: the applicant's, "" for none."""

    def __init__(self, case: Judging, faults: list[Found], same: list[dict[str, Any]], name: str) -> None:
        self.case = case
        self.faults = faults
        self.same = same
        self.name = name
        self._open = {step.section for step in STEPS if not all(case.has(need) for need in step.needs)}

    @property
    def ready(self) -> bool:
        """Whether registration would take it as it is."""
        return not self.faults

    def state(self, section: Section) -> str:
        """`wrong`, `lacks`, `open` (other parts are needed before it can be said), or `ok`."""
        faults = [each for each in self.faults if each.section is section]
        if any(not each.lacks for each in faults):
            return "wrong"
        if faults:
            return "lacks"
        return "open" if section in self._open and section is not Section.APPLICANT else "ok"


def collect(session: Session, ctx: Context, given: Mapping[str, Any], by: LoggedIn) -> Collected:
    """What every step says that can be asked already. Only reads; `given`: the body of `POST /cases` so far."""
    members: dict[str, Any] = {}
    faults = list(_shape(given, members))
    wanted = CaseRequest.model_construct(**members)
    case = Judging(session, ctx, wanted, by, ctx.now(), ctx.reference_data.lists(), registering=False)
    same: list[dict[str, Any]] = []
    for step in STEPS:
        if not all(case.has(need) for need in step.needs):
            continue
        try:
            step.take(case)
        except SameMatterFound as refused:
            same = refused.cases
            faults += _refused(step.section, refused, given)
        except BadInput as refused:
            faults += _refused(step.section, refused, given)
    applicant = members.get("applicant")
    return Collected(case, list(dict.fromkeys(faults)), same, getattr(applicant, "name", None) or "")


def _shape(given: Mapping[str, Any], members: dict[str, Any]) -> Iterator[Found]:
    """What does not fit its shape; what does is put into `members`, by the names of `CaseRequest`."""
    for name, member in CaseRequest.model_fields.items():
        alias = member.alias or name
        if given.get(alias) is None:
            if member.is_required():
                yield from _lacking(alias)
            continue
        try:
            members[name] = _PARTS[name].validate_python(given[alias])
        except ValidationError as fault:
            if name == "applicant" and isinstance(given[alias], Mapping):
                members[name] = _known(given[alias], fault)
            for error, (path, detail) in zip(fault.errors(), faults_of(fault.errors()), strict=True):
                where = f"{alias}.{path}" if path else alias
                lacks = error["type"] == "missing"
                told = _WHOSE.get(alias, "") + (_MISSING.get(where.rpartition(".")[2], detail) if lacks else detail)
                yield Found(_SECTIONS.get(alias, Section.ITEM), where, told, lacks, on_paper=not lacks)


def _lacking(alias: str) -> Iterator[Found]:
    """A whole part that is not there, by its first fields."""
    fields = ("name", "idNumber", "phone") if alias == "applicant" else ("",)
    for each in fields:
        where = f"{alias}.{each}" if each else alias
        yield Found(_SECTIONS[alias], where, _MISSING[each or alias], lacks=True, on_paper=False)


def _adapter(member: FieldInfo) -> TypeAdapter[Any]:
    return TypeAdapter(member.rebuild_annotation())


_PARTS: Mapping[str, TypeAdapter[Any]] = {name: _adapter(each) for name, each in CaseRequest.model_fields.items()}
_OF_A_PERSON: Mapping[str, TypeAdapter[Any]] = {
    name: _adapter(each) for name, each in PersonRequest.model_fields.items()
}


def _known(given: Mapping[str, Any], fault: ValidationError) -> BaseModel:
    """Those members of a person that are right, for what can be asked of them already."""
    bad = {str(error["loc"][0]) for error in fault.errors()}
    known: dict[str, Any] = {}
    for name, member in PersonRequest.model_fields.items():
        alias = member.alias or name
        if given.get(alias) is not None and alias not in bad:
            known[name] = _OF_A_PERSON[name].validate_python(given[alias])
    try:
        if "id_number" in known:
            known["id_number"] = check_id(known["id_type"], known["id_number"])
    except (IdentifierError, KeyError):
        known.pop("id_number")
    return PersonRequest.model_construct(**known)


def _refused(section: Section, refused: BadInput, given: Mapping[str, Any]) -> Iterator[Found]:
    """A refusal as what it says of single fields, of single materials, or of the whole."""
    code, lacks = refused.code, refused.code in _LACKS
    if isinstance(refused, FieldsRefused):
        for where, detail in refused.faults:
            yield Found(section, where, detail, _absent(where, given), on_paper=True, seq=_seq_at(where, given))
    elif isinstance(refused, MaterialsMissing):
        for sentence, seq in zip(refused.gaps, refused.seqs, strict=True):
            yield Found(section, "materials", sentence.partition(". ")[2], lacks=True, on_paper=True, seq=seq)
    else:
        where = refused.field or ""
        at = _SECTIONS.get(where.partition(".")[0], section)
        yield Found(at, where, refused.sentence, lacks, on_paper=code not in _OURS, seq=_seq_at(where, given))


def _absent(where: str, given: Mapping[str, Any]) -> bool:
    """Whether nothing was given at this field."""
    at: Any = given
    for part in where.split("."):
        if isinstance(at, Mapping):
            at = at.get(part)
        elif isinstance(at, list) and part.isdigit() and int(part) < len(at):
            at = at[int(part)]
        else:
            at = None
    return at is None or at == "" or at is False


def _seq_at(where: str, given: Mapping[str, Any]) -> int | None:
    """The number of the material that `materials.2.sha256` is about."""
    parts = where.split(".")
    if parts[0] != "materials" or len(parts) < 2:
        return None
    materials = given.get("materials")
    if not isinstance(materials, list) or not parts[1].isdigit() or int(parts[1]) >= len(materials):
        return None
    seq = materials[int(parts[1])].get("seq") if isinstance(materials[int(parts[1])], Mapping) else None
    return seq if isinstance(seq, int) else None
