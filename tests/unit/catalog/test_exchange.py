"""Exchange of the list: what goes out comes in again, a dry run tells everything, nothing is half done."""

import csv
import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from catalog.exchange import MAX_BYTES, diff, export_csv, export_xlsx, plan_import
from catalog.items import bundled_tables, load
from catalog.tables import COLUMNS, file_of
from catalog.workbook import read_workbook
from domain.errors import BadInput

BASE = load()
CSVS = export_csv(BASE)
XLSX = export_xlsx(BASE)


def zipped(files, compression=zipfile.ZIP_STORED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def edited_csv(change):
    """items.csv after `change(rows)`; rows[0] is the header."""
    rows = list(csv.reader(io.StringIO(CSVS["items.csv"].decode())))
    change(rows)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def edited_xlsx(change):
    book = load_workbook(io.BytesIO(XLSX))
    change(book)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def test_csv_export_is_the_bundled_list_byte_for_byte():
    bundled = bundled_tables()
    for name, table in [(file_of(part), getattr(bundled, part)) for part in COLUMNS]:
        lines = list(csv.reader(io.StringIO(CSVS[name].decode())))
        assert tuple(lines[0]) == table.header
        assert tuple(map(tuple, lines[1:])) == table.rows


@pytest.mark.parametrize(
    ("name", "data"), [("list.zip", zipped(CSVS)), ("list.XLSX", XLSX), ("items.csv", CSVS["items.csv"])]
)
def test_what_goes_out_comes_in_again(name, data):
    plan = plan_import(BASE, name, data)
    assert plan.errors == () and plan.warnings == ()
    assert plan.catalogue == BASE
    assert plan.diff.empty


def test_exports_are_deterministic():
    assert export_xlsx(BASE) == XLSX
    assert export_csv(BASE) == CSVS


def test_the_workbook_speaks_chinese():
    sheets = read_workbook(XLSX, {"事项", "材料", "别名"})
    assert sheets["事项"].header[:3] == ("事项编码", "事项名称", "主管部门")
    row = dict(zip(sheets["事项"].header, sheets["事项"].rows[0], strict=True))
    assert row["通办网络"] == "川渝通办;跨西南五省通办;跨省通办;全渝通办"
    assert (row["原件须寄送"], row["结果可寄回"], row["申请对象"]) == ("否", "是", "个人")


def test_a_dry_run_tells_what_changes():
    def change(rows):
        rows[1][9] = "15"
        rows[2][1] = "居民身份证补办"
        rows.append([*rows[-1]])
        rows[-1][0], rows[-1][1] = "YZ-NEW-001", "全新事项"
        del rows[600]

    plan = plan_import(BASE, "items.csv", edited_csv(change))
    # A new item has no materials yet. The renamed one keeps its aliases.
    assert plan.catalogue is None and plan.diff.empty
    assert [(e.file, e.column, e.message) for e in plan.errors] == [
        ("materials.csv", "item_code", "YZ-NEW-001没有材料")
    ]

    def smaller(rows):
        rows[1][9] = "15"
        del rows[600]

    plan = plan_import(BASE, "items.csv", edited_csv(smaller))
    assert plan.catalogue is not None
    assert [(c.code, c.field, c.old, c.new) for c in plan.diff.changed] == [("YZ-MPS-001", "promised_days", "20", "15")]
    assert [item.code for item in plan.diff.removed] == [BASE.items[599].code]
    assert plan.diff.added == ()
    assert plan.diff.summary == "新增0项，删除1项，变更1项（1处）。"
    assert plan.warnings == ("清单有623项，公布的是624项，请确认。",)
    assert plan.catalogue.version != BASE.version


def test_materials_are_part_of_the_difference():
    text = (
        CSVS["materials.csv"].decode().replace("YZ-MPS-001,2,原居民身份证,original", "YZ-MPS-001,2,原居民身份证,copy")
    )
    plan = plan_import(BASE, "list.zip", zipped({**CSVS, "materials.csv": text.encode()}))
    assert [(c.code, c.field) for c in plan.diff.changed] == [("YZ-MPS-001", "materials")]
    assert "原居民身份证/copy" in plan.diff.changed[0].new
    assert plan.catalogue is not None
    assert diff(plan.catalogue, BASE).changed[0].old == plan.diff.changed[0].new


def test_the_lists_beside_the_items_are_exchanged_too():
    def change(book):
        book["入网"].append(["YZ-MPS-001", "跨省通办", "440000", "*", "2027-01-01", "", "协议附件"])
        book["联办角色"]["B2"] = "迁出地;迁入地"
        book["办理条件"]["C2"] = "居民身份证；护照"

    plan = plan_import(BASE, "list.xlsx", edited_xlsx(change))
    assert plan.errors == ()
    assert [(c.code, c.field) for c in plan.diff.changed] == [
        ("YZ-MPS-001", "memberships"), ("YZ-MPS-001", "eligibility"), ("YZ-MPS-006", "roles")
    ]  # fmt: skip
    assert plan.diff.changed[0].new == "interprovincial/440000/*/2027-01-01/协议附件"
    assert plan.catalogue.by_code["YZ-MPS-006"].roles == ("迁出地", "迁入地")
    again = plan_import(BASE, "list.zip", zipped(export_csv(plan.catalogue)))
    assert again.catalogue == plan.catalogue and again.catalogue.version == plan.catalogue.version


def test_one_list_alone_goes_with_the_items_in_force():
    data = CSVS["memberships.csv"] + "YZ-MPS-001,southwest,*,全程网办,,,\n".encode()
    plan = plan_import(BASE, "some/folder/memberships.csv", data)
    assert [(c.code, c.field, c.new) for c in plan.diff.changed] == [
        ("YZ-MPS-001", "memberships", "southwest/*/全程网办")
    ]
    fault = plan_import(BASE, "memberships.csv", data + b"YZ-MPS-001,chuanyu,999999,*,,,\n")
    assert [(e.file, e.row, e.column) for e in fault.errors] == [("memberships.csv", 46, "region")]


def test_what_no_longer_fits_the_items_is_let_go_with_a_difference():
    """A list of items without a network, or with another mode, leaves no place for what stood there."""

    def change(rows):
        for row in rows:
            if row[0] == "YZ-TAX-002":
                row[5] = "chuanyu"
            if row[0] == "YZ-MPS-006":
                row[6] = "异地代收代办"

    plan = plan_import(BASE, "items.csv", edited_csv(change))
    assert plan.errors == ()
    fields = {(c.code, c.field): c.new for c in plan.diff.changed}
    assert fields["YZ-TAX-002", "memberships"] == "chuanyu/*/*/2022-09-28/国办发〔2022〕34号"
    assert fields["YZ-MPS-006", "roles"] == ""


def test_faults_of_a_workbook_are_named_as_it_shows_them():
    def change(book):
        book["事项"]["J3"] = "二十天"
        book["事项"]["L4"] = "也许"
        book["材料"]["D5"] = "=1+1"

    plan = plan_import(BASE, "list.xlsx", edited_xlsx(change))
    assert plan.catalogue is None
    assert {str(error).split("：")[0] for error in plan.errors} == {
        "事项 第3行 承诺时限（工作日）",
        "事项 第4行 结果可寄回",
        "材料 第5行 材料形式",
    }


def test_numbers_and_blank_rows_of_a_spreadsheet():
    def change(book):
        sheet = book["事项"]
        sheet["J2"] = 15.0
        sheet["O2"] = 20
        sheet["A700"] = "  "

    plan = plan_import(BASE, "list.xlsx", edited_xlsx(change))
    assert plan.errors == ()
    assert plan.catalogue is not None and plan.catalogue.items[0].promised_days == 15


def test_formulas_are_refused():
    def change(rows):
        rows[1][1] = '=HYPERLINK("x")'

    plan = plan_import(BASE, "items.csv", edited_csv(change))
    assert [str(e) for e in plan.errors if e.file == "items.csv"] == [
        "items.csv 第2行 name_zh：不能以=、+、-或@开头（不接受公式）"
    ]


def book_of(*sheets):
    book = Workbook()
    book.remove(book.worksheets[0])
    for name in sheets:
        book.create_sheet(name)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("list.pdf", b"%PDF", "只能导入"),
        ("list.xlsx", b"PK nonsense", "不是有效的XLSX"),
        ("list.xlsx", zipped({"a.txt": b"x"}), "不是有效的XLSX"),
        ("list.xlsx", zipped({"xl/a.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]>"}), "不允许的内容"),
        ("list.xlsx", book_of("别的"), "没有“事项”表"),
        ("list.xlsx", book_of("事项"), "“事项”表是空的"),
        ("list.zip", b"nonsense", "不是有效的ZIP"),
        ("list.zip", zipped({"materials.csv": CSVS["materials.csv"]}), "没有“事项”表"),
        ("items.csv", b"x" * (MAX_BYTES + 1), "超过20 MB"),
        ("list.zip", zipped({"items.csv": b"0" * (MAX_BYTES + 1)}, zipfile.ZIP_DEFLATED), "解压后超过20 MB"),
        ("items.csv", "编码".encode("gb18030"), "UTF-8"),
    ],
)
def test_bytes_that_are_no_list(name, data, message):
    with pytest.raises(BadInput, match=message):
        plan_import(BASE, name, data)


def test_everyday_words_are_exchanged_and_counted():
    data = CSVS["synonyms.csv"] + "thing,月球证,居民身份证换领\n".encode()
    plan = plan_import(BASE, "synonyms.csv", data)
    assert plan.errors == () and plan.diff.changed == ()
    assert not plan.diff.empty and plan.diff.summary == "新增0项，删除0项，变更0项（0处），口语词改动1行。"
    assert plan.catalogue.version != BASE.version
    assert plan.catalogue.synonyms[-1].said == ("月球证",)

    def change(book):
        book["口语词"].append(["事物", "月球证", "火星"])

    plan = plan_import(BASE, "list.xlsx", edited_xlsx(change))
    assert [(e.file, e.column) for e in plan.errors] == [("口语词", "事项用词或编码")]
    assert "“火星”" in plan.errors[0].message


def test_everyday_words_go_with_the_items_they_mean():
    def without_tobacco(rows):
        rows[:] = [row for row in rows if not row[0].startswith("YZ-TOBAC")]

    plan = plan_import(BASE, "items.csv", edited_csv(without_tobacco))
    assert plan.errors == () and plan.diff.words == 0
    assert not any("烟草" in word for synonym in plan.catalogue.synonyms for word in synonym.meant)
