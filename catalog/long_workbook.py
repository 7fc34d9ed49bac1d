"""A workbook of very many rows, written while it is sent (电子表格): no sheet and no archive is ever whole in memory.

By hand and not by openpyxl, which takes forty times as long for a million cells.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

_MOST_ROWS: Final = 1_048_576
"""Of a sheet, by the programs that open it; what is more goes on in a further sheet."""
_AT_ONCE: Final = 4_000
"""Rows in one piece: about half a megabyte before it is packed."""
_LONG_AGO: Final = (2020, 1, 1, 0, 0, 0)
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_STYLES: Final = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font>'
    '</fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/>'
    '</borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf fontId="1" applyFont="1"/>'
    "</cellXfs></styleSheet>"
)
_BEFORE: Final = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_AFTER: Final = "</sheetData></worksheet>"
_CELL, _CELL_END = '<c t="inlineStr"><is><t>', "</t></is></c>"
_BOLD: Final = '<c t="inlineStr" s="1"><is><t>'


class Block(NamedTuple):
    """Rows that have the same first cells: one row for each of `last`."""

    shared: tuple[str, ...]
    last: Sequence[str]


class Sheet(NamedTuple):
    """`name` up to 28 characters, so that a number of a further sheet has room."""

    name: str
    header: tuple[str, ...]
    blocks: Iterable[Block]


class _Sink:
    """Where the archive writes to; what has come is taken from it and sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def stream_workbook(sheets: Iterable[Sheet]) -> Iterator[bytes]:
    """The bytes of a workbook in pieces; every cell is text, headers are bold and stay in view.

    The same content gives the same bytes.
    """
    sink, names = _Sink(), list[str]()
    with zipfile.ZipFile(sink, "w") as archive:  # type: ignore[call-overload]  # it asks for `write` and `flush` only
        for sheet in sheets:
            for name, pieces in _parts(sheet):
                names.append(name)
                with archive.open(_entry(f"xl/worksheets/sheet{len(names)}.xml"), "w", force_zip64=True) as part:
                    for piece in pieces:
                        part.write(piece.encode())
                        yield sink.taken()
        for path, content in _frame(names):
            archive.writestr(_entry(path), content)
    yield sink.taken()


def _entry(path: str) -> zipfile.ZipInfo:
    """Without a clock, so that equal content is equal bytes; packed lightly: these rows are alike and many."""
    entry = zipfile.ZipInfo(path, _LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry._compresslevel = 1  # type: ignore[attr-defined]  # no public name before Python 3.13
    return entry


def _parts(sheet: Sheet) -> Iterator[tuple[str, Iterator[str]]]:
    """Sheet after sheet with its text; the next may be asked for when the last one's text has been taken."""
    rows, number, more = _rows(sheet.blocks), 1, True
    waiting = next(rows, None)

    def text() -> Iterator[str]:
        nonlocal waiting
        yield _BEFORE + "<row>" + "".join(_BOLD + escape(cell) + _CELL_END for cell in sheet.header) + "</row>"
        room = _MOST_ROWS - 1
        while waiting is not None and waiting[0] <= room:
            room -= waiting[0]
            yield waiting[1]
            waiting = next(rows, None)
        yield _AFTER

    while more:
        yield sheet.name if number == 1 else f"{sheet.name} {number}", text()
        number, more = number + 1, waiting is not None


def _rows(blocks: Iterable[Block]) -> Iterator[tuple[int, str]]:
    """(How many rows, their text): large blocks in several pieces, small ones together."""
    count, pieces = 0, list[str]()
    for shared, last in blocks:
        head = "<row>" + "".join(_CELL + escape(cell) + _CELL_END for cell in shared) + _CELL
        tail = _CELL_END + "</row>"
        for start in range(0, len(last), _AT_ONCE):
            some = last[start : start + _AT_ONCE]
            pieces.append(head + escape("\0".join(some)).replace("\0", tail + head) + tail)
            count += len(some)
            if count >= _AT_ONCE:
                yield count, "".join(pieces)
                count, pieces = 0, []
    if count:
        yield count, "".join(pieces)


def _frame(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Path and content of what tells a program which sheets there are."""
    numbers = range(1, len(names) + 1)
    listed = zip(numbers, names, strict=True)
    sheets = "".join(f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in listed)
    yield "xl/workbook.xml", f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'
    yield "xl/styles.xml", _STYLES
    related = [_relation(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
    related.append(_relation("rStyles", "styles", "styles.xml"))
    yield "xl/_rels/workbook.xml.rels", _relations(related)
    yield "_rels/.rels", _relations([_relation("rId1", "officeDocument", "xl/workbook.xml")])
    kinds = {"workbook": "sheet.main", "styles": "styles"}
    kinds |= {f"worksheets/sheet{n}": "worksheet" for n in numbers}
    parts = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPES}.{kind}+xml"/>' for part, kind in kinds.items()
    )
    rels = f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{parts}'
    yield "[Content_Types].xml", f'{_XML}<Types xmlns="{_PACKAGE}/content-types">{rels}</Types>'


def _relation(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relations(relations: Iterable[str]) -> str:
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{"".join(relations)}</Relationships>'
