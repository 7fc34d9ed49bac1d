"""Rules between the parts of a definition (表单定义校验): what it names is there and fits the item's list."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from catalog.forms.model import ApplicantRule, FieldKind, FormDefinition, FormField, Party, When
from domain.model import Frozen


class Fault(Frozen):
    """A fault of a definition: the place in it, with keys where there are some, and what is wrong."""

    place: str
    message: str


def faults(definition: FormDefinition, materials: Iterable[int], obliged: Iterable[int]) -> list[Fault]:
    """Every fault. `materials`: numbers of the item's list; `obliged`: those that the list says are needed."""
    known, musts = set(materials), set(obliged)
    return [
        *_situation_faults(definition, known, musts),
        *_layout_faults(definition),
        *_field_faults(definition, "sections", definition.fields),
        *(fault for party in definition.parties for fault in _party_faults(definition, party)),
        *(fault for place, rule in enumerate(definition.applicant) for fault in _rule_faults(definition, place, rule)),
    ]


def _fault(place: str, message: str) -> Fault:
    return Fault(place=place, message=message)


def _twice(place: str, what: str, keys: Iterable[str]) -> Iterator[Fault]:
    for key, times in Counter(keys).items():
        if times > 1:
            yield _fault(f"{place}.{key}", f"{what}重复出现了{times}次")


def _situation_faults(definition: FormDefinition, known: set[int], musts: set[int]) -> Iterator[Fault]:
    yield from _twice("situations", "情形", (s.key for s in definition.situations))
    for situation in definition.situations:
        place, chosen = f"situations.{situation.key}", set(situation.materials)
        if strange := sorted(chosen - known):
            yield _fault(f"{place}.materials", f"事项没有这些材料序号：{'、'.join(map(str, strange))}")
        if len(chosen) != len(situation.materials):
            yield _fault(f"{place}.materials", "材料序号重复")
        if set(situation.needs) - chosen:
            yield _fault(f"{place}.needs", "只能是本情形的材料序号")
    asked = {seq for situation in definition.situations for seq in situation.materials}
    if definition.situations and (lost := sorted(musts - asked)):
        yield _fault("situations", f"必需的材料在任何情形中都没有：{'、'.join(map(str, lost))}")
    if definition.fee is None and any(s.fee_fen for s in definition.situations):
        yield _fault("fee", "有情形收费，但没有写明缴费人")


def _layout_faults(definition: FormDefinition) -> Iterator[Fault]:
    yield from _twice("sections", "栏目", (f.key for f in definition.fields))
    yield from _twice("sections", "分区", (s.title for s in definition.sections))
    yield from _twice("parties", "相关人", (p.key for p in definition.parties))
    shown = Counter(section.party for section in definition.sections if section.party)
    for party in definition.parties:
        if shown[party.key] != 1:
            yield _fault(f"parties.{party.key}", "应在一个分区中出现一次")
    for section in definition.sections:
        if section.party and definition.party(section.party) is None:
            yield _fault(f"sections.{section.title}.party", f"没有这个相关人：{section.party}")
        if not section.fields and not section.party:
            yield _fault(f"sections.{section.title}", "分区是空的")


def _field_faults(definition: FormDefinition, place: str, fields: Sequence[FormField]) -> Iterator[Fault]:
    by_key = {field.key: field for field in fields}
    for field in fields:
        at = f"{place}.{field.key}"
        if field.kind.chooses != bool(field.choices) or len(set(field.choices)) != len(field.choices):
            yield _fault(f"{at}.choices", "选择类栏目须有不重复的选项，其他栏目不能有选项")
        if field.kind.chooses and len(field.choices) == 1:
            yield _fault(f"{at}.choices", "只有一个选项，不用选")
        if field.pattern and not (field.kind is FieldKind.TEXT and field.hint and _compiles(field.pattern)):
            yield _fault(f"{at}.pattern", "只用于文字栏目，须是有效的正则表达式，并在hint中用文字说明")
        if (field.least or field.most) and not (field.kind.is_number or field.kind.is_text):
            yield _fault(f"{at}.most", "上下限只用于文字、金额和数量")
        if field.most is not None and (field.least or 0) > field.most:
            yield _fault(f"{at}.least", "下限大于上限")
        if field.at_most and not (field.kind.is_number and _same(by_key, field.at_most, field.kind)):
            yield _fault(f"{at}.at_most", "应是同一分区组里另一个同类的数字栏目")
        if field.not_before and not (field.kind is FieldKind.DATE and _same(by_key, field.not_before, field.kind)):
            yield _fault(f"{at}.not_before", "应是另一个日期栏目")
        dated = field.tense or field.days_ago_least is not None or field.days_ago_most is not None
        if dated and field.kind is not FieldKind.DATE:
            yield _fault(f"{at}.tense", "只用于日期栏目")
        if field.declared and field.kind is not FieldKind.FLAG:
            yield _fault(f"{at}.declared", "只用于是否栏目")
        if field.when is not None:
            yield from _when_faults(definition, f"{at}.when", field.when, field.key)


def _same(by_key: dict[str, FormField], other: str, kind: FieldKind) -> bool:
    return other in by_key and by_key[other].kind is kind


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return pattern.startswith("^") and pattern.endswith("$")


def _when_faults(definition: FormDefinition, place: str, when: When, own: str = "") -> Iterator[Fault]:
    if not when.situations and when.field is None:
        yield _fault(place, "条件是空的")
    if strange := [key for key in when.situations if definition.situation(key) is None]:
        yield _fault(f"{place}.situations", f"没有这些情形：{'、'.join(strange)}")
    if when.field is None:
        return
    field = next((f for f in definition.fields if f.key == when.field), None)
    if field is None or field.key == own:
        yield _fault(f"{place}.field", f"没有这个栏目：{when.field}")
        return
    known = {"true", "false"} if field.kind is FieldKind.FLAG else set(field.choices)
    if not when.values or set(when.values) - known:
        yield _fault(f"{place}.values", f"应为{'、'.join(sorted(known)) or '选择类栏目的选项'}")


def _party_faults(definition: FormDefinition, party: Party) -> Iterator[Fault]:
    place = f"parties.{party.key}"
    if party.least > party.most:
        yield _fault(f"{place}.least", "最少人数大于最多人数")
    if not party.types:
        yield _fault(f"{place}.types", "须有一种类型")
    if party.when is not None:
        yield from _when_faults(definition, f"{place}.when", party.when)
    yield from _twice(place, "栏目", (f.key for f in party.fields))
    yield from _field_faults(definition, f"{place}.fields", party.fields)
    if any(field.when is not None for field in party.fields):
        yield _fault(f"{place}.fields", "相关人的栏目不能有条件")


def _rule_faults(definition: FormDefinition, place: int, rule: ApplicantRule) -> Iterator[Fault]:
    if rule.when is not None:
        yield from _when_faults(definition, f"applicant.{place}.when", rule.when)
    if not rule.in_person and rule.ages is None:
        yield _fault(f"applicant.{place}", "既没有到场要求也没有年龄要求")
