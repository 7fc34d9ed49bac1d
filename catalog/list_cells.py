"""The catalogue → cells of its lists, in their columns' order: what an export writes and a difference compares."""

from collections.abc import Iterable
from datetime import date

from catalog.model import Catalogue, ServiceItem
from catalog.rows import ANY
from catalog.tables import COLUMNS, Table, file_of

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
        "eligibility": [row for item in items for row in _eligibility(item)],
        "synonyms": [(s.kind, ";".join(s.said), ";".join(s.meant)) for s in catalogue.synonyms],
    }
    return {
        part: Table(file=file_of(part), header=columns, rows=tuple(rows[part])) for part, columns in COLUMNS.items()
    }


def member_cells(item: ServiceItem) -> dict[str, str]:
    """An item as text by field: its columns, then its rows of the other lists as one field each."""
    return dict(zip(COLUMNS["items"], _item(item), strict=True)) | {
        "materials": _joined(row[2:] for row in _materials(item)),
        "memberships": _joined(row[1:] for row in _memberships(item)),
        "roles": ";".join(item.roles),
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


def _eligibility(item: ServiceItem) -> list[_Cells]:
    rule = item.eligibility
    if rule is None:
        return []
    return [
        (item.code, item.name, ";".join(rule.id_types), ";".join(rule.excluded_households), rule.reason, rule.instead)
    ]
