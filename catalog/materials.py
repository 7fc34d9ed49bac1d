"""Checking what was brought against an item's list of materials (形式审查), with one notice for everything.

容缺受理: a secondary material is still owed and has a deadline; 告知承诺: a promise replaces the proof and is checked
afterwards (国办发〔2020〕42号); electronic licences stand in for papers; trust grades A–D (国办函〔2016〕108号).
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from catalog.model import ItemSnapshot, Material, Requirement, ServiceItem
from domain.model import Frozen
from domain.terms import ItemKind, MaterialForm, Provided, TrustGrade


class GapReason(StrEnum):
    """Why a material does not pass (不符合原因)."""

    MISSING = "MISSING"
    WRONG_FORM = "WRONG_FORM"
    NOT_DEFERRABLE = "NOT_DEFERRABLE"
    NO_COMMITMENT = "NO_COMMITMENT"
    NO_LICENCE = "NO_LICENCE"
    DISCREDITED = "DISCREDITED"
    TWICE = "TWICE"
    UNKNOWN = "UNKNOWN"


class Brought(Frozen):
    """One material as the applicant brought it. `checked`: the window has compared it with the original."""

    seq: int
    provided: Provided
    checked: bool = False


class Gap(Frozen):
    """One line of the one-time notice (一次性告知书)."""

    seq: int
    name: str
    reason: GapReason
    sentence: str


class Deferral(Frozen):
    """A material still owed (容缺材料); the date that counts is its arrival at the office."""

    seq: int
    name: str
    form: MaterialForm
    workdays: int = Field(description="working days to hand it in, at most the item's 承诺时限")


class Commitment(Frozen):
    """A proof replaced by a written promise (告知承诺): nothing is owed, a check follows the decision."""

    seq: int
    name: str


class MaterialCheck(Frozen):
    """The outcome of one form check. `grades`: sequence number → trust grade of what is at hand."""

    gaps: tuple[Gap, ...]
    deferred: tuple[Deferral, ...]
    committed: tuple[Commitment, ...]
    licences: tuple[str, ...]
    grades: dict[int, TrustGrade]

    @property
    def complete(self) -> bool:
        """Whether the hall may take the papers (收件)."""
        return not self.gaps

    @property
    def notice(self) -> tuple[str, ...]:
        """Everything that must be put right, at once (一次性告知)."""
        return tuple(f"{place}. {gap.sentence}" for place, gap in enumerate(self.gaps, start=1))


# 即办件 have no promised days to bound the deferral: a working week, a default for the district to confirm.
_IMMEDIATE_DEFERRAL_WORKDAYS = 5

_SUITS: dict[MaterialForm, frozenset[Provided]] = {
    MaterialForm.ORIGINAL: frozenset({Provided.ORIGINAL}),
    MaterialForm.COPY: frozenset({Provided.ORIGINAL, Provided.COPY, Provided.ELECTRONIC}),
    MaterialForm.ELECTRONIC: frozenset({Provided.ORIGINAL, Provided.COPY, Provided.ELECTRONIC}),
    MaterialForm.FORM: frozenset({Provided.ORIGINAL, Provided.COPY, Provided.ELECTRONIC}),
}
_FORM_LABELS = {
    MaterialForm.ORIGINAL: "原件",
    MaterialForm.COPY: "复印件",
    MaterialForm.ELECTRONIC: "电子件",
    MaterialForm.FORM: "表格",
}


def check_materials(
    item: ServiceItem | ItemSnapshot, provided: Iterable[Brought], *, discredited: bool = False
) -> MaterialCheck:
    """Check what was brought against the item's list (形式审查). Pure; every gap is found, not only the first.

    `discredited`: a 失信 applicant whose credit is not repaired can neither defer nor commit.
    """
    given = list(provided)
    known = {material.seq: material for material in item.materials}
    gaps = _stray(given, known)
    by_seq = {brought.seq: brought for brought in reversed(given)}
    for material in item.materials:
        gap = _gap(item, material, by_seq.get(material.seq), discredited)
        if gap is not None:
            gaps.append(gap)
    failed = {gap.seq for gap in gaps}
    passed = [(known[seq], by_seq[seq]) for seq in sorted(by_seq) if seq in known and seq not in failed]
    return MaterialCheck(
        gaps=tuple(sorted(gaps, key=lambda gap: gap.seq)),
        deferred=tuple(_deferral(item, m) for m, b in passed if b.provided is Provided.DEFERRED),
        committed=tuple(Commitment(seq=m.seq, name=m.name) for m, b in passed if b.provided is Provided.COMMITTED),
        licences=tuple(m.e_licence for m, b in passed if b.provided is Provided.LICENCE and m.e_licence),
        grades={m.seq: grade for m, b in passed if (grade := grade_of(m, b)) is not None},
    )


def grade_of(material: Material, brought: Brought) -> TrustGrade | None:
    """The grade of trust of a material as it is at hand; None while it is owed.

    B: compared with the original at the window, or an electronic licence at which the clerk has looked. C: uploaded, or
    a licence that nobody has seen; only its office's word makes it A (`domain.licences`). D: made by the applicant, or
    promised.
    """
    if brought.provided is Provided.DEFERRED:
        return None
    if brought.provided is Provided.COMMITTED or material.form is MaterialForm.FORM:
        return TrustGrade.D
    seen = brought.checked or brought.provided is Provided.ORIGINAL
    return TrustGrade.B if seen else TrustGrade.C


def deferral_workdays(item: ServiceItem | ItemSnapshot) -> int:
    """Working days to hand in what was deferred: the item's 承诺时限, 5 for a 即办件."""
    return _IMMEDIATE_DEFERRAL_WORKDAYS if item.kind is ItemKind.IMMEDIATE else item.promised_days


def _deferral(item: ServiceItem | ItemSnapshot, material: Material) -> Deferral:
    return Deferral(seq=material.seq, name=material.name, form=material.form, workdays=deferral_workdays(item))


def _stray(given: list[Brought], known: dict[int, Material]) -> list[Gap]:
    """Materials that the item does not have, or that came twice."""
    gaps = []
    for seq, times in sorted(Counter(brought.seq for brought in given).items()):
        if seq not in known:
            sentence = f"事项没有第{seq}项材料，请核对材料清单。"
            gaps.append(Gap(seq=seq, name="", reason=GapReason.UNKNOWN, sentence=sentence))
        elif times > 1:
            name = known[seq].name
            sentence = f"《{name}》重复登记了{times}次，请保留一项。"
            gaps.append(Gap(seq=seq, name=name, reason=GapReason.TWICE, sentence=sentence))
    return gaps


def _gap(
    item: ServiceItem | ItemSnapshot, material: Material, brought: Brought | None, discredited: bool
) -> Gap | None:
    reason = _reason(material, brought, discredited)
    if reason is None:
        return None
    name, form = material.name, _FORM_LABELS[material.form]
    if material.form is MaterialForm.FORM:
        form = "填写并签名的表格"
    sentences = {
        GapReason.MISSING: f"缺《{name}》：请提供{form}{material.copies}份{_ways_out(item, material, discredited)}。",
        GapReason.WRONG_FORM: f"《{name}》形式不符：请提供{form}。",
        GapReason.NOT_DEFERRABLE: f"《{name}》不能容缺：请当场提供{form}{material.copies}份。",
        GapReason.NO_COMMITMENT: f"《{name}》不适用告知承诺：请提供{form}{material.copies}份。",
        GapReason.NO_LICENCE: f"《{name}》没有可用的电子证照：请提供{form}{material.copies}份。",
        GapReason.DISCREDITED: f"《{name}》：信用修复前不能容缺或承诺，请提供{form}{material.copies}份。",
    }
    return Gap(seq=material.seq, name=name, reason=reason, sentence=sentences[reason])


def _reason(material: Material, brought: Brought | None, discredited: bool) -> GapReason | None:
    if brought is None:
        return None if material.required is Requirement.NO else GapReason.MISSING
    match brought.provided:
        case Provided.DEFERRED | Provided.COMMITTED if discredited:
            return GapReason.DISCREDITED
        case Provided.DEFERRED:
            return None if material.required is Requirement.DEFERRABLE else GapReason.NOT_DEFERRABLE
        case Provided.COMMITTED:
            return None if material.commitment else GapReason.NO_COMMITMENT
        case Provided.LICENCE:
            return None if material.e_licence else GapReason.NO_LICENCE
        case paper:
            return None if paper in _SUITS[material.form] else GapReason.WRONG_FORM


def _ways_out(item: ServiceItem | ItemSnapshot, material: Material, discredited: bool) -> str:
    """What else would do, said in the same breath."""
    ways = []
    if material.e_licence:
        ways.append(f"出示电子证照“{material.e_licence}”")
    if material.commitment and not discredited:
        ways.append("签署告知承诺书")
    if material.required is Requirement.DEFERRABLE and not discredited:
        ways.append(f"签署容缺承诺后{deferral_workdays(item)}个工作日内补交")
    return f"，也可以{'，或'.join(ways)}" if ways else ""
