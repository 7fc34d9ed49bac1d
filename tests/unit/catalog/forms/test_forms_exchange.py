"""Forms are part of the list: one version, exported, imported with a diff first, every fault at its place."""

import csv
import io
import json
import zipfile

import pytest
from openpyxl import load_workbook

from catalog.exchange import export_csv, export_xlsx, plan_import
from catalog.forms.model import FormDefinition
from catalog.forms.reading import write_form
from catalog.items import load
from domain.errors import BadInput

BASE = load()
FILES = export_csv(BASE)
CODE = "YZ-NHSA-001"
NAME = f"forms/{CODE}.json"


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def edited(change):
    raw = json.loads(FILES[NAME])
    change(raw)
    return json.dumps(raw, ensure_ascii=False).encode()


def rename(raw):
    raw["sections"][0]["fields"][0]["label"] = "参加保险的地区"


def test_a_form_changes_the_version_of_the_list_and_the_diff_says_where():
    plan = plan_import(BASE, f"{CODE}.json", edited(rename))
    assert plan.errors == () and plan.catalogue.version != BASE.version
    assert [(c.code, c.field, c.old, c.new) for c in plan.diff.changed] == [
        (CODE, "form.sections.备案信息.fields.insuredRegion.label", "参保地", "参加保险的地区")
    ]
    others = [item for item in plan.catalogue.items if item.code != CODE]
    assert others == [item for item in BASE.items if item.code != CODE]


def test_the_order_of_fields_is_a_difference():
    plan = plan_import(BASE, f"{CODE}.json", edited(lambda raw: raw["sections"][0]["fields"].reverse()))
    assert [change.field for change in plan.diff.changed] == ["form.sections.备案信息.fields"]


def test_a_zip_with_a_folder_of_forms_replaces_them_all_and_one_without_keeps_them():
    less = {name: content for name, content in FILES.items() if name != NAME}
    plan = plan_import(BASE, "list.zip", zipped(less))
    assert plan.catalogue.get(CODE).form is None
    (change,) = plan.diff.changed
    assert (change.field, change.new) == ("form", "通用表单") and "专用表单" in change.old
    lists = {name: content for name, content in FILES.items() if not name.startswith("forms/")}
    assert plan_import(BASE, "list.zip", zipped(lists)).catalogue == BASE
    empty = plan_import(BASE, "list.zip", zipped(lists | {"forms/": b""}))
    assert all(item.form is None for item in empty.catalogue.items)
    again = plan_import(BASE, "list.zip", zipped(export_csv(empty.catalogue)))
    assert again.catalogue == empty.catalogue


def test_a_workbook_carries_the_forms_in_cells():
    book = load_workbook(io.BytesIO(export_xlsx(BASE)))
    sheet = book["表单"]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == CODE)
    assert write_form(BASE.get(CODE).form) == row[1].value
    row[1].value = edited(rename).decode()
    data = io.BytesIO()
    book.save(data)
    assert len(plan_import(BASE, "list.xlsx", data.getvalue()).diff.changed) == 1
    row[1].value = "{"
    book.save(data := io.BytesIO())
    (error,) = plan_import(BASE, "list.xlsx", data.getvalue()).errors
    assert str(error).startswith(f"表单 第{row[0].row}行 {CODE}：第1行第2列不是有效的JSON")
    sheet["B1"] = "定义"
    book.save(data := io.BytesIO())
    with pytest.raises(BadInput, match="表单定义"):
        plan_import(BASE, "list.xlsx", data.getvalue())


def test_an_item_that_goes_takes_its_form_along():
    rows = list(csv.reader(io.StringIO(FILES["items.csv"].decode())))
    rows = [row for row in rows if row[0] != CODE]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    plan = plan_import(BASE, "items.csv", text.getvalue().encode())
    assert plan.errors == () and plan.catalogue.get(CODE) is None
    assert plan.catalogue.get("YZ-NHSA-016").form == BASE.get("YZ-NHSA-016").form


def set_(path, value):
    def change(raw):
        *steps, last = path
        for step in steps:
            raw = raw[step]
        raw[last] = value

    return change


FIELD = ("sections", 0, "fields", 0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (set_((*FIELD, "label"), "很" * 17), "sections.0.fields.insuredRegion.label：最多16个字或项"),
        (set_((*FIELD, "kind"), "regoin"), "sections.0.fields.insuredRegion.kind：应为"),
        (set_((*FIELD, "lable"), "x"), "sections.0.fields.insuredRegion.lable：没有这样的项"),
        (set_((*FIELD, "key"), "to"), "sections.to：栏目重复出现了2次"),
        (set_(("item_code",), "YZ-NHSA-002"), "item_code：应为YZ-NHSA-001"),
        (set_(("situations", 0, "materials"), []), "situations.retired.materials：不能为空"),
        (set_(("situations", 0, "materials"), [1, 9]), "situations.retired.materials：事项没有这些材料序号：9"),
        (set_(("situations", 1, "key"), "retired"), "situations.retired：情形重复出现了2次"),
        (set_(("situations",), []), ".when.situations：没有这些情形"),
        (set_(("sections", 0, "fields", 4, "not_before"), "start"), "sections.to.not_before：应是另一个日期栏目"),
        (set_(("sections", 0, "fields", 2, "choices"), []), "sections.insurance.choices：选择类栏目须有不重复的选项"),
        (set_((*FIELD, "pattern"), "^[0-9$"), "sections.insuredRegion.pattern：只用于文字栏目"),
        (set_(("sections", 0, "party"), "spouse"), "sections.备案信息.party：没有这个相关人：spouse"),
        (set_(("parties",), [{"key": "spouse", "label": "配偶"}]), "parties.spouse：应在一个分区中出现一次"),
        (set_(("sections",), {}), "sections：格式不对"),
        (set_((*FIELD, "when"), {}), "sections.insuredRegion.when：条件是空的"),
        (set_((*FIELD, "when"), {"field": "insurance", "values": ["x"]}), ".when.values：应为"),
        (set_(("applicant",), [{}]), "applicant.0：既没有到场要求也没有年龄要求"),
        (set_(("situations", 0, "fee_fen"), 100), "fee：有情形收费，但没有写明缴费人"),
        (set_((*FIELD, "most"), 3), "sections.insuredRegion.most：上下限只用于"),
        (set_((*FIELD, "declared"), True), "sections.insuredRegion.declared：只用于是否栏目"),
    ],
)
def test_a_fault_names_file_item_and_place(change, told):
    plan = plan_import(BASE, f"{CODE}.json", edited(change))
    assert plan.catalogue is None and plan.diff.empty
    assert any(f"{CODE}.json {CODE} " in str(error) and told in str(error) for error in plan.errors), plan.errors


def test_a_needed_material_must_be_asked_for_somewhere():
    raw = json.loads(FILES["forms/YZ-SAMR-003.json"])
    raw["situations"] = raw["situations"][:1]
    raw["sections"], raw["parties"] = [], []
    plan = plan_import(BASE, "YZ-SAMR-003.json", json.dumps(raw).encode())
    assert [error.message for error in plan.errors] == ["必需的材料在任何情形中都没有：2、3"]


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("YZ-NOPE-001.json", b"{}", "事项清单中没有这个编码"),
        (f"{CODE}.json", b'{"item_code": "x",}', "不是有效的JSON"),
        (f"{CODE}.json", b"[" * 5000, "不是有效的JSON"),
        (f"{CODE}.json", b"[]", "格式不对"),
        (f"{CODE}.json", b" " * 40_000, "表单最多30000个字"),
    ],
)
def test_what_is_no_form(name, data, told):
    (error,) = plan_import(BASE, name, data).errors
    assert told in str(error)


def test_a_form_in_another_encoding():
    with pytest.raises(BadInput, match="UTF-8"):
        plan_import(BASE, f"{CODE}.json", "表单".encode("gb18030"))


def test_what_is_written_is_read_again():
    for item in BASE.items:
        if item.form is not None:
            assert FormDefinition.model_validate_json(write_form(item.form)) == item.form
