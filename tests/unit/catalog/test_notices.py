"""A yearly notice as a file: whole years at a time, differences told, faults by row and column."""

from datetime import date

import pytest

from catalog.notices import calendar_diff, export_notice, load_notice, pack_calendar, unpack_calendar
from catalog.workdays import bundled_calendar
from domain.errors import BadInput

NOTICE_2027 = (
    "date,kind,name\n"
    "2027-01-01,off,元旦\n"
    + "".join(f"2027-02-{day:02d},off,春节\n" for day in (8, 9, 10, 11, 12))
    + "2027-02-14,work,春节\n2027-04-05,off,清明节\n2027-10-01,off,国庆节\n"
).encode()


def test_a_notice_makes_its_year_official_and_leaves_the_others():
    before = bundled_calendar()
    after = load_notice(before, "2027.csv", NOTICE_2027)
    assert 2027 in after.official_years and 2027 not in before.official_years
    assert after.is_workday(date(2027, 2, 14)) and not after.is_workday(date(2027, 2, 8))
    assert {d: w for d, w in after.exceptions.items() if d.year != 2027} == {
        d: w for d, w in before.exceptions.items() if d.year != 2027
    }
    assert after.version != before.version
    diff = calendar_diff(before, after)
    assert diff.newly_official == (2027,)
    assert date(2027, 2, 14) in diff.changed
    assert "2027" in diff.summary


def test_what_is_packed_comes_back_the_same():
    after = load_notice(bundled_calendar(), "2027.csv", NOTICE_2027)
    assert unpack_calendar(pack_calendar(after)).version == after.version
    assert pack_calendar(after) == pack_calendar(unpack_calendar(pack_calendar(after)))
    assert load_notice(bundled_calendar(), "all.csv", export_notice(after)).exceptions == after.exceptions


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"day,kind,name\n2027-01-01,off,x\n", "第1行"),
        (b"date,kind,name\n2027-13-01,off,x\n", "第2行 date"),
        (b"date,kind,name\n2027-01-01,holiday,x\n", "第2行 kind"),
        (b"date,kind,name\n2027-01-01,work,x\n", "第2行 kind"),
        (b"date,kind,name\n2027-01-01,off,x\n2027-01-01,off,x\n", "第3行 date"),
        (b"date,kind,name\n2027-01-01,off\n", "第2行"),
        (b"date,kind,name\n2027-01-01,off,x\n", "不足5天"),
        (b"date,kind,name\n", "没有一天"),
        ("date,kind,name\n2027-01-01,off,元旦\n".encode("gbk"), "UTF-8"),
    ],
)
def test_faults_are_named_by_row_and_column(data, said):
    with pytest.raises(BadInput, match=said):
        load_notice(bundled_calendar(), "notice.csv", data)
