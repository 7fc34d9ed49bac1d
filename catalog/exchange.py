"""Import, check and export of the list as XLSX or CSV (清单交换): bytes in, bytes out, nothing stored.

An import is all or nothing and a dry run: `plan_import` gives the faults by row and column, or the new catalogue
and what would change. Who stores versions keeps the old ones; running cases keep their snapshots.
"""

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Mapping

from catalog.forms.differing import form_changes
from catalog.forms.texts import FOLDER, FormText
from catalog.labels import FORMS, SHEETS, header_label, to_codes, to_words
from catalog.list_cells import form_sheet, form_texts, forms_of_sheet, member_cells, tables_of
from catalog.model import ITEM_COUNT, Catalogue, ServiceItem
from catalog.parsing import parse
from catalog.rows import RowError
from catalog.synonyms import Wordings
from catalog.tables import COLUMNS, Table, Tables, file_of, read_csv
from catalog.workbook import read_workbook, write_workbook
from domain.errors import BadInput
from domain.model import Frozen
from domain.terms import Mode

MAX_BYTES = 20 * 1024 * 1024
"""A list is a few hundred kilobytes; more is a mistake."""


class FieldChange(Frozen):
    """One field of an item that differs (变更), old and new as text.

    `field`: a column of the items, or the name of another list, whose rows are then joined to one text; a place of
    the item's form begins with `form`.
    """

    code: str
    name: str
    field: str
    old: str
    new: str


class CatalogueDiff(Frozen):
    """What an import would change (差异): items by code; `changed` has those that are in both.

    `words`: how many rows of everyday words differ, beside what follows from the items.
    """

    added: tuple[ServiceItem, ...]
    removed: tuple[ServiceItem, ...]
    changed: tuple[FieldChange, ...]
    words: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.added or self.removed or self.changed or self.words)

    @property
    def summary(self) -> str:
        """One sentence for the importer."""
        items = len({change.code for change in self.changed})
        words = f"，口语词改动{self.words}行" if self.words else ""
        return f"新增{len(self.added)}项，删除{len(self.removed)}项，变更{items}项（{len(self.changed)}处）{words}。"


class ImportPlan(Frozen):
    """The outcome of a dry run: faults and no catalogue, or a catalogue, its differences and warnings."""

    catalogue: Catalogue | None
    errors: tuple[RowError, ...]
    warnings: tuple[str, ...]
    diff: CatalogueDiff


def plan_import(base: Catalogue, filename: str, data: bytes) -> ImportPlan:
    """Check a list that would replace `base`; nothing is changed.

    `filename` says the form: `.xlsx` with the sheets of `labels.SHEETS` and the forms · `.zip` with the CSVs and the
    folder of the forms · one CSV, named after its list or else the items · one `.json`: the form of the item whose code
    is its name. Lists left out are taken from `base` for the items that stay.

    Raises:
        BadInput: bytes that are no list, over 20 MB, or another ending.
    """
    tables, workbook = _read(base, filename, data)
    catalogue, errors = parse(tables)
    if catalogue is None:
        shown = tuple(_as_in_sheet(error) for error in errors) if workbook else tuple(errors)
        nothing = CatalogueDiff(added=(), removed=(), changed=())
        return ImportPlan(catalogue=None, errors=shown, warnings=(), diff=nothing)
    return ImportPlan(catalogue=catalogue, errors=(), warnings=_warnings(catalogue), diff=diff(base, catalogue))


def export_csv(catalogue: Catalogue) -> dict[str, bytes]:
    """File name → CSV: UTF-8, comma, LF; the same bytes for the same content. `plan_import` reads them back.

    Forms are files of their own; the folder's own empty entry says that none else has one.
    """
    lists = {table.file: _csv_bytes(table) for table in tables_of(catalogue).values()}
    return lists | {FOLDER: b""} | {form.file: form.text.encode() for form in form_texts(catalogue.items)}


def export_xlsx(catalogue: Catalogue) -> bytes:
    """One workbook with Chinese headers and values; the same bytes for the same content."""
    lists = [to_words(part, table) for part, table in tables_of(catalogue).items()]
    return write_workbook([*lists, form_sheet(catalogue.items)])


def diff(old: Catalogue, new: Catalogue) -> CatalogueDiff:
    """What is different in `new` compared with `old`, in the order of `new`."""
    before, after = _flat(old), _flat(new)
    changed = [
        FieldChange(code=code, name=new.by_code[code].name, field=field, old=before[code][field], new=value)
        for code, fields in after.items()
        if code in before
        for field, value in fields.items()
        if before[code][field] != value
    ]
    changed += [
        FieldChange(code=item.code, name=item.name, field=field, old=was, new=now)
        for item in new.items
        if (former := old.get(item.code)) is not None
        for field, was, now in form_changes(former.form, item.form)
    ]
    return CatalogueDiff(
        added=tuple(item for item in new.items if item.code not in before),
        removed=tuple(item for item in old.items if item.code not in after),
        changed=tuple(changed),
        words=len(set(_wordings(new).fitted(old.synonyms)) ^ set(new.synonyms)),
    )


def _wordings(catalogue: Catalogue) -> Wordings:
    names = [item.name for item in catalogue.items] + [alias.source_name for alias in catalogue.aliases]
    return Wordings(catalogue.by_code, names)


def _warnings(catalogue: Catalogue) -> tuple[str, ...]:
    count = len(catalogue.items)
    if count == ITEM_COUNT:
        return ()
    return (f"清单有{count}项，公布的是{ITEM_COUNT}项，请确认。",)


def _as_in_sheet(error: RowError) -> RowError:
    part = next((part for part, sheet in SHEETS.items() if sheet == error.file), None)
    return error if part is None else error.model_copy(update={"column": header_label(part, error.column)})


def _read(base: Catalogue, filename: str, data: bytes) -> tuple[Tables, bool]:
    """The tables of an upload, and whether it was a workbook."""
    if len(data) > MAX_BYTES:
        raise BadInput("清单文件超过20 MB，请检查。", field="file")
    ending, forms = filename.lower().rpartition(".")[2], None
    if ending == "xlsx":
        sheets = read_workbook(data, {*SHEETS.values(), FORMS})
        forms = forms_of_sheet(sheets[FORMS]) if FORMS in sheets else None
        given = {part: to_codes(part, sheets[name]) for part, name in SHEETS.items() if name in sheets}
    elif ending == "zip":
        given, forms = _unzip(data)
    elif ending == "csv":
        stem = filename.rpartition("/")[2][: -len(".csv")]
        part = stem if stem in COLUMNS else "items"
        given = {part: to_codes(part, read_csv(file_of(part), data))}
        given.setdefault("items", tables_of(base)["items"])
    elif ending == "json":
        given, forms = tables_of(base), _with_form(base, filename, data)
    else:
        raise BadInput("只能导入.xlsx、.zip、.csv或.json文件。", field="file")
    if "items" not in given:
        raise BadInput(f"清单里没有“{SHEETS['items']}”表（items.csv）。", field="file")
    return _completed(base, given, forms), ending == "xlsx"


def _with_form(base: Catalogue, filename: str, data: bytes) -> tuple[FormText, ...]:
    """The forms of `base`, with this one in the place of its item's."""
    name = filename.rpartition("/")[2]
    code = name[: -len(".json")]
    rest = tuple(form for form in form_texts(base.items) if form.code != code)
    return (*rest, FormText(file=name, code=code, text=_decoded(name, data)))


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{name} 不是UTF-8编码，请另存后再导入。", field="file") from None


def _unzip(data: bytes) -> tuple[dict[str, Table], tuple[FormText, ...] | None]:
    """The lists of a ZIP, and its forms; None where it has no folder of them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if sum(sizes.values()) > MAX_BYTES:
                raise BadInput("清单解压后超过20 MB，请检查。", field="file")
            lists = {
                part: to_codes(part, read_csv(file_of(part), archive.read(file_of(part))))
                for part in COLUMNS
                if file_of(part) in sizes
            }
            names = sorted(name for name in sizes if name.startswith(FOLDER))
            forms = tuple(
                FormText(
                    file=name,
                    code=name.removeprefix(FOLDER).removesuffix(".json"),
                    text=_decoded(name, archive.read(name)),
                )
                for name in names
                if name.endswith(".json")
            )
            return lists, forms if names else None
    except zipfile.BadZipFile:
        raise BadInput("文件不是有效的ZIP压缩包。", field="file") from None


def _completed(base: Catalogue, given: Mapping[str, Table], forms: tuple[FormText, ...] | None) -> Tables:
    """Lists that were not given come from `base`, as far as they still fit the items."""
    items = given["items"]
    rows = [dict(zip(items.header, map(str.strip, cells), strict=False)) for cells in items.rows]
    listed = {row.get("code", ""): row for row in rows}
    staying = tuple(_fitted(item, listed[item.code]) for item in base.items if item.code in listed)
    # An item may be renamed; its other wordings go on standing for it.
    aliases = tuple(
        alias.model_copy(update={"item_name": listed[alias.item_code].get("name_zh", "")})
        for alias in base.aliases
        if alias.item_code in listed
    )
    names = [row.get("name_zh", "") for row in listed.values()] + [alias.source_name for alias in aliases]
    said = Wordings(listed, names).fitted(base.synonyms)
    rest = tables_of(Catalogue(version="", items=staying, aliases=aliases, synonyms=said))
    kept = form_texts(staying) if forms is None else forms
    return Tables(**{part: given.get(part, rest[part]) for part in COLUMNS}, forms=kept)


def _fitted(item: ServiceItem, row: Mapping[str, str]) -> ServiceItem:
    """An item of before under its new name, without what its new networks and mode leave no place for."""
    schemes = row.get("schemes", "").split(";")
    return item.model_copy(
        update={
            "name": row.get("name_zh", ""),
            "memberships": tuple(m for m in item.memberships if m.scheme in schemes),
            "roles": item.roles if row.get("mode") == Mode.JOINT else (),
            "joint_steps": item.joint_steps if row.get("mode") == Mode.JOINT else (),
        }
    )


def _flat(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """Every item as text by field, what stands in the other lists as one field each."""
    names: dict[str, list[str]] = defaultdict(list)
    for alias in catalogue.aliases:
        names[alias.item_code].append(alias.source_name)
    return {
        item.code: member_cells(item) | {"aliases": "；".join(sorted(names[item.code]))} for item in catalogue.items
    }


def _csv_bytes(table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return text.getvalue().encode()
