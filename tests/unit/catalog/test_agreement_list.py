"""The district's agreements as a file: round trip, differences, every fault by row and column."""

import io

import pytest
from openpyxl import load_workbook

from catalog.agreement_list import COLUMNS, export_agreements, export_agreements_xlsx, plan_agreements, seeded
from catalog.agreements import Agreement, Agreements, DelegatedPower
from catalog.items import load
from domain.errors import BadInput
from domain.terms import Mode, Scheme

HEAD = ",".join(COLUMNS)
GOOD = "chuanyu,511602,YZ-MPS-001;YZ-MPS-002,异地代收代办,0826-2345678,,2026-01-01,,收件受理权,yes"


def planned(data, name="a.csv", base=None):
    return plan_agreements(base or seeded(), name, data, load().by_code)


def list_of(*lines):
    return "\n".join([HEAD, *lines, ""]).encode()


def test_what_is_exported_is_read_back_without_a_difference():
    for name, data in (("a.csv", export_agreements(seeded())), ("a.xlsx", export_agreements_xlsx(seeded()))):
        plan = planned(data, name)
        assert not plan.errors and not plan.diff.added and not plan.diff.removed
        assert plan.csv == export_agreements(seeded())


def test_a_confirmed_county_is_one_added():
    (added,) = planned(export_agreements(seeded()) + GOOD.encode() + b"\n").diff.added
    assert added == Agreement(
        scheme=Scheme.CHUANYU, region="511602", items=frozenset({"YZ-MPS-001", "YZ-MPS-002"}),
        modes=frozenset({Mode.COLLECT}), contact="0826-2345678", valid_from=added.valid_from,
        delegated=frozenset({DelegatedPower.ACCEPT}), confirmed=True,
    )  # fmt: skip
    assert added.valid_from.isoformat() == "2026-01-01" and added.valid_to is None
    plan = planned(list_of(GOOD))
    assert plan.diff.summary == f"新增1份，删除{len(seeded().all)}份（改动计为一删一增）。"
    assert plan.version != planned(export_agreements(seeded())).version
    assert Agreements(plan.diff.added).recorded == 1


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("chuanyu,999999,*,*,,,,,,no", "region：应为行政区划代码，现在是“999999”"),
        ("moon,510000,*,*,,,,,,no", "scheme：应为chuanyu"),
        ("chuanyu,510000,,*,,,,,,no", "scope：不能为空，全部请写*"),
        ("chuanyu,510000,YZ-NONE-1,*,,,,,,no", "scope：事项清单中没有这个编码：YZ-NONE-1"),
        ("chuanyu,510000,*,走路,,,,,,no", "modes：应为全程网办"),
        ("chuanyu,510000,*,*,,,2022-02-30,,,no", "valid_from：应为日期"),
        ("chuanyu,510000,*,*,,,2022-02-03,2022-02-02,,no", "valid_to：停止日期2022-02-02早于"),
        ("chuanyu,510000,*,*,,,,,全部,no", "delegated：应为收件受理权"),
        ("chuanyu,510000,*,*,,,,,,maybe", "confirmed：应为yes或no"),
        ("chuanyu,510000,*,*,=1+1,,,,,no", "contact：不能以="),
        (GOOD, "region：与前面一行完全相同"),
    ],
)
def test_faults_are_named_by_row_and_column(line, column):
    plan = planned(list_of(GOOD, line))
    assert str(plan.errors[0]).startswith(f"agreements.csv 第3行 {column}")
    assert not plan.csv and not plan.diff.added


def test_every_fault_is_told_at_once():
    plan = planned(list_of("moon,999999,*,*,,,,,,no", GOOD, "chuanyu,510000,*"))
    assert {(e.row, e.column) for e in plan.errors} == {
        (2, "scheme"), (2, "region"), (4, "modes"), (4, "confirmed")
    }  # fmt: skip


def test_the_workbook_speaks_chinese_also_of_its_faults():
    book = load_workbook(io.BytesIO(export_agreements_xlsx(seeded())))
    sheet = book["协议"]
    assert [cell.value for cell in sheet[1]][:2] == ["通办网络", "地区（代码）"]
    assert sheet["A2"].value == "川渝通办" and sheet["J2"].value == "否"
    sheet["J2"], sheet["B3"] = "也许", "四川"
    data = io.BytesIO()
    book.save(data)
    plan = planned(data.getvalue(), "协议.xlsx")
    assert [str(e) for e in plan.errors] == [
        "协议 第2行 已确认：应为yes或no，现在是“也许”",
        "协议 第3行 地区（代码）：应为行政区划代码，现在是“四川”",
    ]


def test_delegated_powers_are_off_unless_written():
    assert all(not agreement.delegated for agreement in seeded().all)
    (added,) = planned(export_agreements(seeded()) + b"chuanyu,511602,*,*,,,,,,no\n").diff.added
    assert not added.delegated and not added.confirmed


def test_a_wrong_header_or_another_kind_of_file_is_refused():
    assert [e.row for e in planned(b"scheme\nchuanyu\n").errors] == [1] * (len(COLUMNS) - 1)
    with pytest.raises(BadInput, match="只能导入"):
        planned(b"%PDF-", "a.pdf")
    with pytest.raises(BadInput, match="没有“协议”表"):
        planned(_other_sheet(), "a.xlsx")


def _other_sheet():
    book = load_workbook(io.BytesIO(export_agreements_xlsx(seeded())))
    book["协议"].title = "别的"
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()
