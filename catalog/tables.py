"""Bytes of a list → header and rows of text; no meaning yet (表格读取)."""

import csv
import io
from typing import Final

from catalog.forms.texts import FormText
from domain.errors import BadInput
from domain.model import Frozen

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "items": (
        *("code", "name_zh", "department_zh", "service_type", "applicant", "schemes", "mode", "kind"),
        *("statutory_days", "promised_days", "inbound_courier", "outbound_courier"),
        *("result_zh", "result_form", "fee_yuan", "listed", "source"),
    ),
    "materials": ("item_code", "seq", "name_zh", "form", "copies", "required", "e_licence", "commitment"),
    "aliases": ("source_name", "item_code", "item_name", "relation"),
    "memberships": ("item_code", "scheme", "region", "mode", "valid_from", "valid_to", "source"),
    "roles": ("item_code", "roles"),
    "joint_steps": ("item_code", "step", "role", "after", "gives", "compensation"),
    "eligibility": ("item_code", "item_name", "id_types", "excluded_households", "reason", "instead"),
    "synonyms": ("word_kind", "said", "meant"),
}
"""The lists that make a catalogue, each with its columns in order; the file of a list is named after it."""


def file_of(part: str) -> str:
    """The name of the CSV that holds a list."""
    return f"{part}.csv"


class Table(Frozen):
    """One sheet or file: header and rows of cells as text. `file`: its name, for faults."""

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Tables(Frozen):
    """The lists that make a catalogue, and its forms (表单).

    事项、材料、别名、入网、联办角色、联办步骤、办理条件、口语词.
    """

    items: Table
    materials: Table
    aliases: Table
    memberships: Table
    roles: Table
    joint_steps: Table
    eligibility: Table
    synonyms: Table
    forms: tuple[FormText, ...] = ()


def read_csv(file: str, data: bytes) -> Table:
    """Read one CSV in UTF-8, with or without BOM; `file`: its name, for faults.

    Raises:
        BadInput: not UTF-8, no CSV, or empty; with the sentence for the importer.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput(f"{file} 第{line}行不是UTF-8编码，请另存为“CSV UTF-8”后再导入。", field=file) from None
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise BadInput(f"{file} 不是有效的CSV：{error}。", field=file) from None
    if not lines:
        raise BadInput(f"{file} 是空的。", field=file)
    header, *rows = lines
    return Table(file=file, header=tuple(cell.strip() for cell in header), rows=tuple(map(tuple, rows)))
