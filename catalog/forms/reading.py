"""Text → form definitions, every fault named by file, item and place (表单读取)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from catalog.forms.model import FormDefinition
from catalog.forms.soundness import faults
from catalog.forms.texts import FormText
from catalog.rows import RowError

_WIDTH = 110
MAX_CHARACTERS = 30_000
"""A cell of a workbook holds 32,767; a form of forty fields is some eight thousand."""


def read_forms(
    texts: Sequence[FormText], materials: Mapping[str, tuple[Sequence[int], Sequence[int]]], errors: list[RowError]
) -> dict[str, FormDefinition]:
    """Item code → definition. `materials`: item code → (all numbers of its list, those that are needed).

    Faults go into `errors`; a text with one gives no definition.
    """
    found: dict[str, FormDefinition] = {}
    for text in texts:
        if text.code not in materials:
            errors.append(_error(text, "item_code", f"事项清单中没有这个编码：{text.code}"))
            continue
        if text.code in found:
            errors.append(_error(text, "item_code", "这个事项已有一份表单"))
            continue
        definition = _definition(text, errors)
        if definition is None:
            continue
        wrong = faults(definition, *materials[text.code])
        errors += [_error(text, fault.place, fault.message) for fault in wrong]
        if not wrong:
            found[text.code] = definition
    return found


def write_form(definition: FormDefinition) -> str:
    """The text of a definition: what is not its default, two blanks deep; `read_forms` reads it back."""
    said = definition.model_dump(mode="json", exclude_defaults=True)
    return _written(said, "\n") + "\n"


def _written(value: object, line: str) -> str:
    """JSON for people: what fits into a line stays in one."""
    short = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(short) + len(line) <= _WIDTH:
        return short
    further = line + "  "
    if isinstance(value, list):
        return "[" + ",".join(further + _written(member, further) for member in value) + line + "]"
    pairs = (f"{further}{json.dumps(key, ensure_ascii=False)}: {_written(v, further)}" for key, v in value.items())
    return "{" + ",".join(pairs) + line + "}"


def _error(text: FormText, place: str, message: str) -> RowError:
    return RowError(file=text.file, row=text.row, column=f"{text.code} {place}".strip(), message=message)


def _definition(text: FormText, errors: list[RowError]) -> FormDefinition | None:
    if len(text.text) > MAX_CHARACTERS:
        errors.append(_error(text, "", f"表单最多{MAX_CHARACTERS}个字，现在是{len(text.text)}个"))
        return None
    try:
        raw = json.loads(text.text)
    except (ValueError, RecursionError) as fault:
        where = f"第{fault.lineno}行第{fault.colno}列" if isinstance(fault, json.JSONDecodeError) else ""
        errors.append(_error(text, "", f"{where}不是有效的JSON，请检查逗号、引号和括号"))
        return None
    try:
        definition = FormDefinition.model_validate(raw)
    except ValidationError as refused:
        errors += [_error(text, _place(raw, e["loc"]), _message(dict(e))) for e in refused.errors()]
        return None
    if definition.item_code != text.code:
        errors.append(_error(text, "item_code", f"应为{text.code}，现在是{definition.item_code}"))
        return None
    return definition


def _place(raw: object, loc: Sequence[int | str]) -> str:
    """`sections.0.fields.moveOut.label`: numbers become keys where the definition has some, as people look for them."""
    steps, here = [], raw
    for step in loc:
        here = _member(here, step)
        key = here.get("key") if isinstance(here, dict) else None
        steps.append(key if isinstance(step, int) and isinstance(key, str) else str(step))
    return ".".join(steps)


def _member(here: object, step: int | str) -> object:
    if isinstance(here, dict):
        return here.get(step)
    return here[step] if isinstance(here, list) and isinstance(step, int) and step < len(here) else None


def _message(error: dict[str, Any]) -> str:
    limits = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "缺少这一项"
        case "extra_forbidden":
            return "没有这样的项，请核对拼写"
        case "string_too_long" | "too_long":
            return f"最多{limits.get('max_length')}个字或项"
        case "string_too_short" | "too_short":
            return "不能为空"
        case "enum":
            return f"应为{limits.get('expected')}之一"
        case "string_pattern_mismatch":
            return "只能用字母和数字，以小写字母开头"
        case "less_than_equal" | "greater_than_equal":
            return f"应{'不大于' if 'le' in limits else '不小于'}{limits.get('le', limits.get('ge'))}"
        case _:
            return "格式不对，请对照其他事项的表单"
