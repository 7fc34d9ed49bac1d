"""The catalogue → cells of its lists, in their columns' order: what an export writes and a difference compares."""

from collections.abc import Iterable
from datetime import date

from catalog.forms.reading import write_form
from catalog.forms.texts import FormText, file_of_form
from catalog.labels import FORM_HEADER, FORMS
from catalog.model import Catalogue, ServiceItem
from catalog.rows import ANY
from catalog.tables import COLUMNS, Table, file_of
from domain.errors import BadInput

_Cells = tuple[str, ...]


def tables_of(catalogue: Catalogue) -> dict[str, Table]:
    """Every list of a catalogue, by its part (the keys of `tables.COLUMNS`)."""
    items = catalogue.items
    rows: dict[str, list[_Cells]] = {
        "items": [_item(item) for item in items],
        "materials": [row for item in items for row in _materials(item)],
        "aliases": [(a.source_name, a.item_code, a.item_name, a.relation) for a in catalogue.aliases],
        "memberships": [row for item in items for row in _memberships(item)],
        "roles": [(item.code, ";".join(item.roles)) for item in items if item.roles],
        "joint_steps": [row for item in items for row in _joint_steps(item)],
        "eligibility": [row for item in items for row in _eligibility(item)],
        "synonyms": [(s.kind, ";".join(s.said), ";".join(s.meant)) for s in catalogue.synonyms],
    }
    return {
        part: Table(file=file_of(part), header=columns, rows=tuple(rows[part])) for part, columns in COLUMNS.items()
    }


def form_texts(items: Iterable[ServiceItem]) -> tuple[FormText, ...]:
    """The forms of the items that have their own, as files."""
    return tuple(
        FormText(file=file_of_form(item.code), code=item.code, text=write_form(item.form))
        for item in items
        if item.form
    )


def form_sheet(items: Iterable[ServiceItem]) -> Table:
    """The same as a sheet, one definition per cell."""
    return Table(file=FORMS, header=FORM_HEADER, rows=tuple((form.code, form.text) for form in form_texts(items)))


def forms_of_sheet(sheet: Table) -> tuple[FormText, ...]:
    """The definitions of a sheet, blank rows left out.

    Raises:
        BadInput: a column lacks.
    """
    if missing := [column for column in FORM_HEADER if column not in sheet.header]:
        raise BadInput(f"“{FORMS}”表缺少这些列：{'、'.join(missing)}。", field="file")
    code, text = (sheet.header.index(column) for column in FORM_HEADER)
    rows = [(number, (*row, "", "")) for number, row in enumerate(sheet.rows, start=2) if any(map(str.strip, row))]
    return tuple(FormText(file=FORMS, row=number, code=row[code].strip(), text=row[text]) for number, row in rows)


def member_cells(item: ServiceItem) -> dict[str, str]:
    """An item as text by field: its columns, then its rows of the other lists as one field each."""
    return dict(zip(COLUMNS["items"], _item(item), strict=True)) | {
        "materials": _joined(row[2:] for row in _materials(item)),
        "memberships": _joined(row[1:] for row in _memberships(item)),
        "roles": ";".join(item.roles),
        "joint_steps": _joined(row[1:] for row in _joint_steps(item)),
        "eligibility": _joined(row[2:] for row in _eligibility(item)),
    }


def _joined(rows: Iterable[_Cells]) -> str:
    return "；".join("/".join(filter(None, row)) for row in rows)


def _flag(value: bool) -> str:
    return "yes" if value else "no"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _item(item: ServiceItem) -> _Cells:
    return (
        *(item.code, item.name, item.department, item.service_type, item.applicant),
        *(";".join(item.schemes), item.mode, item.kind),
        *(str(item.statutory_days), str(item.promised_days)),
        *(_flag(item.inbound_courier), _flag(item.outbound_courier)),
        *(item.result, item.result_form, str(item.fee_yuan), item.listed, item.source),
    )


def _materials(item: ServiceItem) -> list[_Cells]:
    return [
        (item.code, str(m.seq), m.name, m.form, str(m.copies), m.required, m.e_licence or "", _flag(m.commitment))
        for m in item.materials
    ]


def _memberships(item: ServiceItem) -> list[_Cells]:
    return [
        (item.code, m.scheme, m.region or ANY, m.mode or ANY, _day(m.valid_from), _day(m.valid_to), m.source)
        for m in item.memberships
    ]


def _joint_steps(item: ServiceItem) -> list[_Cells]:
    return [
        (item.code, step.name, step.role, ";".join(step.after), step.gives, ";".join(step.compensation))
        for step in item.joint_steps
    ]


def _eligibility(item: ServiceItem) -> list[_Cells]:
    rule = item.eligibility
    if rule is None:
        return []
    return [
        (item.code, item.name, ";".join(rule.id_types), ";".join(rule.excluded_households), rule.reason, rule.instead)
    ]
