"""The district's agreements as a file: round trip, differences, faults by row and column."""

import pytest

from catalog.agreement_list import export_agreements, export_agreements_xlsx, plan_agreements
from catalog.agreements import seeded
from domain.errors import BadInput


def test_what_is_exported_is_read_back_without_a_difference():
    for name, data in (("a.csv", export_agreements(seeded())), ("a.xlsx", export_agreements_xlsx(seeded()))):
        plan = plan_agreements(seeded(), name, data)
        assert not plan.diff.added and not plan.diff.removed
        assert plan.csv == export_agreements(seeded())


def test_a_confirmed_county_is_one_added():
    line = "chuanyu,511602,*,全程网办;异地代收代办,广安区政务大厅,广安区金安大道二段1号,2021-01-01,,收件受理权,yes\n"
    plan = plan_agreements(seeded(), "a.csv", export_agreements(seeded()) + line.encode())
    (added,) = plan.diff.added
    assert (added.region, added.confirmed, len(added.modes), len(added.delegated)) == ("511602", True, 2, 1)
    assert "新增1份" in plan.diff.summary
    assert plan.version != plan_agreements(seeded(), "a.csv", export_agreements(seeded())).version


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("chuanyu,999999,*,*,,,,,,no", "region"),
        ("moon,510000,*,*,,,,,,no", "scheme"),
        ("chuanyu,510000,,*,,,,,,no", "scope"),
        ("chuanyu,510000,*,走路,,,,,,no", "modes"),
        ("chuanyu,510000,*,*,,,2022-02-30,,,no", "valid_from"),
        ("chuanyu,510000,*,*,,,,,全部,no", "delegated"),
        ("chuanyu,510000,*,*,,,,,,maybe", "confirmed"),
        ("chuanyu,510000,*", "应有10列"),
    ],
)
def test_faults_are_named_by_row_and_column(line, said):
    head = export_agreements(seeded()).decode().splitlines()[0]
    with pytest.raises(BadInput, match=f"第2行.*{said}"):
        plan_agreements(seeded(), "a.csv", f"{head}\n{line}\n".encode())


def test_another_kind_of_file_is_refused():
    with pytest.raises(BadInput, match="只能导入"):
        plan_agreements(seeded(), "a.pdf", b"%PDF-")
