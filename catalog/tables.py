"""Bytes of a list → header and rows of text; no meaning yet (表格读取)."""

import csv
import io
from typing import Final

from domain.errors import BadInput
from domain.model import Frozen

BUNDLED_NAMES: Final = ("items.csv", "materials.csv", "aliases.csv")


class Table(Frozen):
    """One sheet or file: a header and rows of cells as text."""

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Tables(Frozen):
    """The three lists that make a catalogue (事项、材料、别名)."""

    items: Table
    materials: Table
    aliases: Table


def read_csv(file: str, data: bytes) -> Table:
    """Read one CSV in UTF-8 (with or without BOM). Raises BadInput with the sentence for the importer."""
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
