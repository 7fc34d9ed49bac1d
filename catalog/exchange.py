"""Import, check and export of the list as XLSX or CSV (清单交换): bytes in, bytes out, nothing stored.

An import is all or nothing and a dry run: `plan_import` gives the faults by row and column, or the new catalogue
and what would change. Who stores versions keeps the old ones; running cases keep their snapshots.
"""

import csv
import io
import zipfile
from collections.abc import Mapping

from catalog.labels import SHEETS, header_label, to_codes, to_words
from catalog.model import ITEM_COUNT, Catalogue, ServiceItem
from catalog.parsing import ALIAS_COLUMNS, ITEM_COLUMNS, MATERIAL_COLUMNS, RowError, parse
from catalog.tables import BUNDLED_NAMES, Table, Tables, read_csv
from catalog.workbook import read_workbook, write_workbook
from domain.errors import BadInput
from domain.model import Frozen

MAX_BYTES = 20 * 1024 * 1024
"""A list is a few hundred kilobytes; more is a mistake."""

_PARTS = ("items", "materials", "aliases")
_FILES = dict(zip(_PARTS, BUNDLED_NAMES, strict=True))


class FieldChange(Frozen):
    """One field of an item that differs (变更). `field` is a column of the list, or `materials`, `aliases`."""

    code: str
    name: str
    field: str
    old: str
    new: str


class CatalogueDiff(Frozen):
    """What an import would change (差异)."""

    added: tuple[ServiceItem, ...]
    removed: tuple[ServiceItem, ...]
    changed: tuple[FieldChange, ...]

    @property
    def empty(self) -> bool:
        return not (self.added or self.removed or self.changed)

    @property
    def summary(self) -> str:
        """One sentence for the importer."""
        items = len({change.code for change in self.changed})
        return f"新增{len(self.added)}项，删除{len(self.removed)}项，变更{items}项（{len(self.changed)}处）。"


class ImportPlan(Frozen):
    """The outcome of a dry run: faults and no catalogue, or a catalogue, its differences and warnings."""

    catalogue: Catalogue | None
    errors: tuple[RowError, ...]
    warnings: tuple[str, ...]
    diff: CatalogueDiff


def plan_import(base: Catalogue, filename: str, data: bytes) -> ImportPlan:
    """Check a list that would replace `base`; nothing is changed.

    `filename` tells the form: `.xlsx` with the sheets 事项, 材料, 别名 · `.zip` with the three CSVs · `items.csv`
    alone. Lists left out are taken from `base` for the items that stay. Raises BadInput for bytes that are no list.
    """
    tables, workbook = _read(base, filename, data)
    catalogue, errors = parse(tables)
    if catalogue is None:
        shown = tuple(_as_in_sheet(error) for error in errors) if workbook else tuple(errors)
        nothing = CatalogueDiff(added=(), removed=(), changed=())
        return ImportPlan(catalogue=None, errors=shown, warnings=(), diff=nothing)
    return ImportPlan(catalogue=catalogue, errors=(), warnings=_warnings(catalogue), diff=diff(base, catalogue))


def export_csv(catalogue: Catalogue) -> dict[str, bytes]:
    """The three CSVs by file name: UTF-8, comma, LF; the same bytes for the same content."""
    return {_FILES[part]: _csv_bytes(table) for part, table in _tables_of(catalogue).items()}


def export_xlsx(catalogue: Catalogue) -> bytes:
    """One workbook with Chinese headers and values; the same bytes for the same content."""
    return write_workbook([to_words(part, table) for part, table in _tables_of(catalogue).items()])


def diff(old: Catalogue, new: Catalogue) -> CatalogueDiff:
    """What is different in `new`, in its order."""
    before, after = _flat(old), _flat(new)
    changed = [
        FieldChange(code=code, name=new.by_code[code].name, field=field, old=before[code][field], new=value)
        for code, fields in after.items()
        if code in before
        for field, value in fields.items()
        if before[code][field] != value
    ]
    return CatalogueDiff(
        added=tuple(item for item in new.items if item.code not in before),
        removed=tuple(item for item in old.items if item.code not in after),
        changed=tuple(changed),
    )


def _warnings(catalogue: Catalogue) -> tuple[str, ...]:
    count = len(catalogue.items)
    if count == ITEM_COUNT:
        return ()
    return (f"清单有{count}项，公布的是{ITEM_COUNT}项，请确认。",)


def _as_in_sheet(error: RowError) -> RowError:
    part = next((part for part, sheet in SHEETS.items() if sheet == error.file), None)
    return error if part is None else error.model_copy(update={"column": header_label(part, error.column)})


def _read(base: Catalogue, filename: str, data: bytes) -> tuple[Tables, bool]:
    """The three tables of an upload, and whether it was a workbook."""
    if len(data) > MAX_BYTES:
        raise BadInput("清单文件超过20 MB，请检查。", field="file")
    ending = filename.lower().rpartition(".")[2]
    if ending == "xlsx":
        sheets = read_workbook(data, set(SHEETS.values()))
        given = {part: to_codes(part, sheets[name]) for part, name in SHEETS.items() if name in sheets}
    elif ending == "zip":
        given = _unzip(data)
    elif ending == "csv":
        given = {"items": to_codes("items", read_csv("items.csv", data))}
    else:
        raise BadInput("只能导入.xlsx、.zip或.csv文件。", field="file")
    if "items" not in given:
        raise BadInput(f"清单里没有“{SHEETS['items']}”表（items.csv）。", field="file")
    return _completed(base, given), ending == "xlsx"


def _unzip(data: bytes) -> dict[str, Table]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if sum(sizes.values()) > MAX_BYTES:
                raise BadInput("清单解压后超过20 MB，请检查。", field="file")
            return {
                part: to_codes(part, read_csv(name, archive.read(name)))
                for part, name in _FILES.items()
                if name in sizes
            }
    except zipfile.BadZipFile:
        raise BadInput("文件不是有效的ZIP压缩包。", field="file") from None


def _completed(base: Catalogue, given: Mapping[str, Table]) -> Tables:
    """Lists that were not given come from `base`, for the items that stay."""
    items = given["items"]
    name_of = {}
    if {"code", "name_zh"} <= set(items.header):
        places = items.header.index("code"), items.header.index("name_zh")
        name_of = {row[places[0]].strip(): row[places[1]].strip() for row in items.rows if len(row) > max(places)}
    staying = tuple(item for item in base.items if item.code in name_of)
    # An item may be renamed; its other wordings go on standing for it.
    aliases = tuple(
        alias.model_copy(update={"item_name": name_of[alias.item_code]})
        for alias in base.aliases
        if alias.item_code in name_of
    )
    rest = _tables_of(Catalogue(version="", items=staying, aliases=aliases))
    return Tables(**{part: given.get(part, rest[part]) for part in _PARTS})


def _tables_of(catalogue: Catalogue) -> dict[str, Table]:
    items = catalogue.items
    rows = {
        "items": (ITEM_COLUMNS, [list(_item_cells(item).values()) for item in items]),
        "materials": (MATERIAL_COLUMNS, [row for item in items for row in _material_rows(item)]),
        "aliases": (ALIAS_COLUMNS, [[getattr(a, c) for c in ALIAS_COLUMNS] for a in catalogue.aliases]),
    }
    return {
        part: Table(file=_FILES[part], header=tuple(columns), rows=tuple(map(tuple, cells)))
        for part, (columns, cells) in rows.items()
    }


def _flag(value: bool) -> str:
    return "yes" if value else "no"


def _item_cells(item: ServiceItem) -> dict[str, str]:
    """Column → cell, in the list's order."""
    cells = (
        item.code,
        item.name,
        item.department,
        item.service_type,
        item.applicant,
        ";".join(item.schemes),
        item.mode,
        item.kind,
        str(item.statutory_days),
        str(item.promised_days),
        _flag(item.inbound_courier),
        _flag(item.outbound_courier),
        item.result,
        item.result_form,
        str(item.fee_yuan),
        item.listed,
        item.source,
    )
    return dict(zip(ITEM_COLUMNS, map(str, cells), strict=True))


def _material_rows(item: ServiceItem) -> list[list[str]]:
    return [
        [item.code, str(m.seq), m.name, m.form, str(m.copies), m.required, m.e_licence or "", _flag(m.commitment)]
        for m in item.materials
    ]


def _flat(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """Every item as text by field, its materials and aliases as one field each."""
    flat = {}
    for item in catalogue.items:
        materials = "；".join("/".join(filter(None, row[2:])) for row in _material_rows(item))
        names = sorted(alias.source_name for alias in catalogue.aliases if alias.item_code == item.code)
        flat[item.code] = {**_item_cells(item), "materials": materials, "aliases": "；".join(names)}
    return flat


def _csv_bytes(table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return text.getvalue().encode()
