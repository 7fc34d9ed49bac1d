"""XLSX ↔ tables of text (电子表格), by openpyxl; formulas are never evaluated."""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from catalog.tables import Table
from domain.errors import BadInput

_MAX_UNPACKED = 100 * 1024 * 1024
_MAX_ROWS = 20_000
_MAX_COLUMNS = 60
_EPOCH = datetime(2020, 1, 1)  # noqa: DTZ001  (a workbook's properties have no offset)


def read_workbook(data: bytes, names: set[str]) -> dict[str, Table]:
    """Sheet → its cells as text, for those of `names` that the workbook has.

    Raises:
        BadInput: no workbook, entities of its own, or too large (100 MB unpacked, 20,000 rows, 60 columns).
    """
    _check_size(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True)
    except (InvalidFileException, KeyError, ValueError, OSError):
        raise BadInput("文件不是有效的XLSX工作簿，请用表格软件另存为.xlsx后再导入。", field="file") from None
    try:
        return {name: _sheet(name, book[name].iter_rows(values_only=True)) for name in book.sheetnames if name in names}
    finally:
        book.close()


def write_workbook(tables: Sequence[Table]) -> bytes:
    """The bytes of a workbook: one sheet per table, header in bold and frozen.

    Every cell is text, so that no number is rewritten by the program; the same content gives the same bytes.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        sheet = book.create_sheet(table.file)
        sheet.append(list(table.header))
        for row in table.rows:
            sheet.append(list(row))
        for cells in sheet.iter_rows():
            for cell in cells:
                cell.data_type = "s"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
    book.properties.created = _EPOCH
    raw = io.BytesIO()
    book.save(raw)
    return _without_clock(raw.getvalue())


def _check_size(data: bytes) -> None:
    """Refuse what unpacks beyond reason or carries its own entities, before anything parses it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > _MAX_UNPACKED:
                raise BadInput("工作簿解压后过大，请检查。", field="file")
            parts = [archive.read(info) for info in archive.infolist() if info.filename.endswith((".xml", ".rels"))]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        raise BadInput("文件不是有效的XLSX工作簿，请用表格软件另存为.xlsx后再导入。", field="file") from None
    if any(b"<!DOCTYPE" in part or b"<!ENTITY" in part for part in parts):
        raise BadInput("工作簿含有不允许的内容，请另存为新的.xlsx后再导入。", field="file")


def _sheet(name: str, rows: Iterable[tuple[object, ...]]) -> Table:
    lines: list[tuple[str, ...]] = []
    for row in rows:
        if len(lines) > _MAX_ROWS or len(row) > _MAX_COLUMNS:
            raise BadInput(f"“{name}”表的行或列太多，请删除空白行列后再导入。", field="file")
        lines.append(tuple(map(_text, row)))
    if not lines:
        raise BadInput(f"“{name}”表是空的。", field="file")
    header = [cell.strip() for cell in lines[0]]
    while header and not header[-1]:
        header.pop()
    return Table(file=name, header=tuple(header), rows=tuple(lines[1:]))


def _text(value: object) -> str:
    """A cell as it is read aloud: 20, not 20.0; a formula stays text and is refused by the parser."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _without_clock(data: bytes) -> bytes:
    """The same archive without the moment it was written, so that equal content is equal bytes."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for info in archive.infolist():
            content = archive.read(info)
            if info.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2020-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(info.filename, (2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return fixed.getvalue()
