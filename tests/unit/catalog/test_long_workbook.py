"""A long workbook is read back by another program cell by cell, in further sheets where one is full."""

import io

from openpyxl import load_workbook

from catalog import long_workbook
from catalog.long_workbook import Block, Sheet, stream_workbook


def read(pieces):
    book = load_workbook(io.BytesIO(b"".join(pieces)), read_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def test_cells_come_back_as_they_were_given():
    blocks = [Block(("甲 & <乙>", "1.50"), ("x", "=1+1")), Block(("", "b"), ("",)), Block(("nobody", "c"), ())]
    assert read(stream_workbook([Sheet("明细", ("一", "二", "三"), blocks)])) == {
        "明细": [("一", "二", "三"), ("甲 & <乙>", "1.50", "x"), ("甲 & <乙>", "1.50", "=1+1"), ("", "b", "")]
    }


def test_the_header_is_bold_and_stays_in_view():
    book = load_workbook(io.BytesIO(b"".join(stream_workbook([Sheet("s", ("h",), [Block((), ("x",))])]))))
    assert book["s"]["A1"].font.bold and not book["s"]["A2"].font.bold
    assert book["s"].freeze_panes == "A2"


def test_what_one_sheet_cannot_hold_goes_on_in_the_next(monkeypatch):
    monkeypatch.setattr(long_workbook, "_MOST_ROWS", 6)
    monkeypatch.setattr(long_workbook, "_AT_ONCE", 2)
    numbers = [f"{n}" for n in range(12)]
    sheets = read(stream_workbook([Sheet("s", ("h",), [Block((), numbers)]), Sheet("empty", ("h",), ())]))
    assert [len(rows) for rows in sheets.values()] == [5, 5, 5, 1]
    assert [*sheets] == ["s", "s 2", "s 3", "empty"]
    assert [row[0] for name in ("s", "s 2", "s 3") for row in sheets[name][1:]] == numbers
    assert all(rows[0] == ("h",) for rows in sheets.values())


def test_it_comes_in_pieces_and_the_same_content_is_the_same_bytes():
    def made():
        return [*stream_workbook([Sheet("s", ("h",), (Block((f"{n}",), ("a", "b")) for n in range(20_000)))])]

    first = made()
    assert first == made()
    assert sum(map(bool, first)) > 5
