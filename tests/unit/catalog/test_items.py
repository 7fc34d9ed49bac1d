"""The catalogue: counted, checked by row and column, frozen for a case."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from catalog.items import bundled_tables, load
from catalog.model import ITEM_COUNT, Applicants, ItemSnapshot, Listed, Requirement
from catalog.parsing import parse
from catalog.tables import Table, Tables, read_csv
from domain.errors import BadInput
from domain.terms import ApplicantType, ItemKind, MaterialForm, Mode, Scheme


def edited(part: str, row: int, column: str, value: str) -> Tables:
    """The bundled tables with one cell changed; row counts as a spreadsheet shows it."""
    tables = bundled_tables()
    table: Table = getattr(tables, part)
    place = table.header.index(column)
    rows = list(table.rows)
    rows[row - 2] = (*rows[row - 2][:place], value, *rows[row - 2][place + 1 :])
    return tables.model_copy(update={part: table.model_copy(update={"rows": tuple(rows)})})


def test_the_published_counts():
    items = load().items
    assert len(items) == ITEM_COUNT == 624
    assert Counter(scheme for item in items for scheme in item.schemes) == {
        Scheme.CHUANYU: 624,
        Scheme.SOUTHWEST: 157,
        Scheme.INTERPROVINCIAL: 293,
        Scheme.QUANYU: 598,
    }
    assert Counter(item.mode for item in items) == {Mode.ONLINE: 399, Mode.COLLECT: 116, Mode.JOINT: 109}
    assert Counter(item.kind for item in items) == {ItemKind.PROMISED: 483, ItemKind.IMMEDIATE: 141}
    assert Counter(item.listed for item in items) == {
        Listed.LISTED: 90,
        Listed.REPORTED: 37,
        Listed.UNLISTED: 497,
    }
    assert sum(len(item.materials) for item in items) == 2397


def test_one_item_in_full():
    item = load().get("YZ-MPS-001")
    assert item is not None
    assert (item.name, item.department, item.applicant) == ("居民身份证换领", "公安", Applicants.PERSONAL)
    assert (item.statutory_days, item.promised_days, item.fee_yuan) == (42, 20, Decimal(20))
    assert not item.inbound_courier and item.outbound_courier
    assert item.applicant.admits(ApplicantType.PERSONAL)
    assert not item.applicant.admits(ApplicantType.ENTERPRISE)
    book = item.materials[3]
    assert (book.seq, book.name, book.form, book.e_licence) == (4, "居民户口簿", MaterialForm.COPY, "居民户口簿")
    assert book.required is Requirement.NO


def test_items_of_2022_no_34_are_gated_network_by_network():
    dated = {(i.code, m.scheme): m for i in load().items for m in i.memberships}
    assert {m.valid_from for m in dated.values()} == {date(2022, 9, 28)}
    assert {m.source for m in dated.values()} == {"国办发〔2022〕34号"}
    assert len({code for code, _ in dated}) == 11
    cited = {i.code for i in load().items if "国办发〔2022〕34号" in i.source}
    assert {code for code, _ in dated} == cited
    # 川渝 has carried this one since its first batch of 2020 (川办发〔2020〕67号), the others only since the notice.
    everywhere = {(i.code, s) for i in load().items if i.code in cited for s in i.schemes}
    assert everywhere - set(dated) == {("YZ-MPS-011", Scheme.CHUANYU)}
    one = dated["YZ-TAX-002", Scheme.QUANYU]
    assert not one.valid_on(date(2022, 9, 27)) and one.valid_on(date(2022, 9, 28))


def test_a_snapshot_is_frozen_and_round_trips():
    item = load().items[0]
    snapshot = item.snapshot(load().version)
    assert ItemSnapshot.model_validate_json(snapshot.model_dump_json()) == snapshot
    assert dict(item.brief).items() <= dict(snapshot).items()
    with pytest.raises(ValidationError):
        snapshot.promised_days = 1  # type: ignore[misc]


def test_loaded_once():
    assert load() is load()


@pytest.mark.parametrize(
    ("part", "row", "column", "value", "message"),
    [
        ("items", 2, "code", "", "items.csv 第2行 code：不能为空"),
        ("items", 3, "code", "YZ-MPS-001", "items.csv 第3行 code：编码重复"),
        ("items", 3, "code", "yz mps", "第3行 code：编码只能用大写字母"),
        ("items", 5, "name_zh", "居民身份证换领", "第5行 name_zh：名称与第2行重复"),
        ("items", 6, "name_zh", "名\u200b称", "第6行 name_zh：含有看不见"),
        ("items", 7, "mode", "全程网上办", "第7行 mode：应为全程网办、异地代收代办、多地联办之一"),
        ("items", 8, "schemes", "quanyu", "第8行 schemes：至少要有"),
        ("items", 8, "schemes", "chuanyu;chuanyu", "通办网络重复"),
        ("items", 8, "schemes", "chuanyu,quanyu", "没有这个通办网络"),
        ("items", 9, "promised_days", "99", "第9行 promised_days：承诺时限99天超过"),
        ("items", 9, "statutory_days", "二十", "第9行 statutory_days：应为0到366的整数"),
        ("items", 9, "statutory_days", "٣", "应为0到366的整数"),
        ("items", 10, "inbound_courier", "是", "第10行 inbound_courier：应为yes或no"),
        ("items", 10, "fee_yuan", "-1", "第10行 fee_yuan：应为金额"),
        ("materials", 2, "item_code", "YZ-NONE-001", "materials.csv 第2行 item_code：事项清单中没有"),
        ("materials", 3, "seq", "7", "第3行 seq：序号应为2，现在是7"),
        ("materials", 3, "form", "paper", "第3行 form：应为original"),
        ("aliases", 2, "item_name", "学位公证", "aliases.csv 第2行 item_name：与事项名称不一致"),
        ("memberships", 2, "item_code", "YZ-NONE-001", "memberships.csv 第2行 item_code：事项清单中没有"),
        ("memberships", 2, "scheme", "narnia", "第2行 scheme：应为chuanyu"),
        ("memberships", 3, "region", "999999", "第3行 region：应为行政区划代码，现在是“999999”"),
        ("memberships", 3, "mode", "随便办", "第3行 mode：应为全程网办"),
        ("memberships", 4, "valid_from", "2022-02-30", "第4行 valid_from：应为日期"),
        ("memberships", 4, "valid_to", "2022-09-27", "第4行 valid_to：停止日期2022-09-27早于开通日期2022-09-28"),
        ("memberships", 3, "scheme", "chuanyu", "第3行 valid_from：与同一事项、网络、地区的另一行日期重叠"),
        ("roles", 2, "roles", "迁入地;迁入地", "roles.csv 第2行 roles：有重复"),
        ("roles", 2, "roles", "邻居", "第2行 roles：应为迁入地"),
        ("roles", 2, "item_code", "YZ-MPS-001", "第2行 item_code：YZ-MPS-001不是多地联办事项"),
        ("roles", 3, "item_code", "YZ-MPS-006", "第3行 item_code：这个事项已有一行"),
        ("eligibility", 2, "id_types", "学生证", "eligibility.csv 第2行 id_types：应为居民身份证"),
        ("eligibility", 2, "excluded_households", "540102", "第2行 excluded_households：应为省级行政区划代码"),
        ("eligibility", 2, "reason", "", "第2行 reason：不能为空"),
        ("eligibility", 2, "item_name", "身份证", "第2行 item_name：与事项名称不一致"),
        ("synonyms", 2, "word_kind", "noun", "synonyms.csv 第2行 word_kind：应为thing、action、context、filler之一"),
        ("synonyms", 2, "meant", "身份证", "synonyms.csv 第2行 meant：虚词（filler）不能有事项用词"),
        ("synonyms", 600, "meant", "", "第600行 meant：不能为空，只有虚词（filler）没有事项用词"),
        ("synonyms", 600, "meant", "身份证;月球车", "第600行 meant：没有哪个事项的名称、别名含有“月球车”"),
        ("synonyms", 600, "meant", "YZ-NONE-001", "第600行 meant：没有哪个事项的名称、别名含有“YZ-NONE-001”，也没有"),
        ("synonyms", 600, "said", "", "第600行 said：不能为空"),
        ("synonyms", 600, "said", "驾照;驾照", "第600行 said：有重复"),
        ("synonyms", 600, "said", "！？", "第600行 said：“！？”应为1到20个字"),
        ("synonyms", 600, "said", "=A1", "第600行 said：不能以=、+、-或@开头"),
    ],
)
def test_faults_are_named_by_row_and_column(part, row, column, value, message):
    catalogue, errors = parse(edited(part, row, column, value))
    assert catalogue is None
    assert any(message in str(error) for error in errors), [str(error) for error in errors]


def test_a_missing_item_is_counted():
    tables = bundled_tables()
    last = tables.items.rows[-1][0]
    items = tables.items.model_copy(update={"rows": tables.items.rows[:-1]})
    materials = tables.materials.model_copy(
        update={"rows": tuple(row for row in tables.materials.rows if row[0] != last)}
    )
    aliases = tables.aliases.model_copy(update={"rows": tuple(row for row in tables.aliases.rows if row[1] != last)})
    synonyms = tables.synonyms.model_copy(update={"rows": ()})
    smaller = tables.model_copy(
        update={"items": items, "materials": materials, "aliases": aliases, "synonyms": synonyms}
    )
    catalogue, errors = parse(smaller, expected_items=624)
    assert catalogue is None
    assert [str(error) for error in errors] == ["items.csv 第1行 code：应有624项，现在是623项"]
    assert parse(smaller)[0] is not None


def test_a_wrong_header_is_one_fault_not_six_hundred():
    tables = bundled_tables()
    header = tuple("name" if column == "name_zh" else column for column in tables.items.header)
    _, errors = parse(tables.model_copy(update={"items": tables.items.model_copy(update={"header": header})}))
    assert [(e.row, e.column, e.message) for e in errors if e.file == "items.csv"] == [
        (1, "name_zh", "缺少这一列"),
        (1, "name", "多出的列"),
    ]


def test_the_version_follows_the_content():
    changed, errors = parse(edited("items", 2, "promised_days", "19"))
    assert not errors and changed is not None
    assert changed.version != load().version
    again, _ = parse(bundled_tables())
    assert again is not None and again.version == load().version


def test_csv_bytes_that_cannot_be_read():
    with pytest.raises(BadInput, match="第2行不是UTF-8编码"):
        read_csv("items.csv", "code\n编码\n".encode("gb18030"))
    with pytest.raises(BadInput, match="是空的"):
        read_csv("items.csv", b"")
    assert read_csv("x.csv", b"\xef\xbb\xbfcode\r\n1\r\n") == Table(file="x.csv", header=("code",), rows=(("1",),))
