"""The State Council's yearly notice (放假安排通知) as a file of the district: one CSV, whole years at a time.

Columns `date,kind,name`: `off` for a holiday on a weekday, `work` for a weekend day that is worked. Every year that
the file speaks of is replaced as a whole and official from then on; other years stay as they are.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date

from catalog.tables import Table, read_csv
from catalog.workdays import WorkdayCalendar, parse_calendar
from domain.errors import BadInput
from domain.model import Frozen

COLUMNS = ("date", "kind", "name")
_DAYS, _YEARS = "workdays.csv", "workday_years.csv"
_FEWEST = 5
"""A year's notice names New Year, Spring Festival, 清明, Labour Day, 端午, Mid-Autumn and National Day."""


class CalendarDiff(Frozen):
    """What a notice would change (差异). `newly_official`: years that were provisional."""

    newly_official: tuple[int, ...]
    changed: tuple[date, ...]

    @property
    def summary(self) -> str:
        """One sentence for the importer."""
        years = "、".join(map(str, self.newly_official)) or "无"
        return f"新公布年份：{years}；共{len(self.changed)}天与现行日历不同。"


def load_notice(base: WorkdayCalendar, filename: str, data: bytes) -> WorkdayCalendar:
    """`base` with the file's years replaced, which are official from then on.

    Raises:
        BadInput: the first fault by row and column, or a year with fewer than 5 holidays.
    """
    table = read_csv(filename, data)
    if table.header != COLUMNS:
        raise BadInput(f"{filename} 第1行：表头应为{'、'.join(COLUMNS)}。", field="file")
    for number, cells in enumerate(table.rows, start=2):
        if len(cells) != len(COLUMNS):
            raise BadInput(f"{filename} 第{number}行：应有{len(COLUMNS)}列，现在是{len(cells)}列。", field="file")
    given = parse_calendar(table, Table(file=_YEARS, header=(), rows=())).exceptions
    years = {day.year for day in given}
    if not years:
        raise BadInput(f"{filename} 里没有一天。", field="file")
    for year in sorted(years):
        if sum(day.year == year and not worked for day, worked in given.items()) < _FEWEST:
            raise BadInput(f"{filename} 里{year}年的节假日不足{_FEWEST}天，请导入全年安排。", field="file")
    kept = {day: worked for day, worked in base.exceptions.items() if day.year not in years}
    return WorkdayCalendar(kept | given, base.official_years | years)


def calendar_diff(old: WorkdayCalendar, new: WorkdayCalendar) -> CalendarDiff:
    """Days that are worked in one calendar and not in the other, and years that become official."""
    days = sorted({*old.exceptions, *new.exceptions})
    return CalendarDiff(
        newly_official=tuple(sorted(new.official_years - old.official_years)),
        changed=tuple(day for day in days if old.is_workday(day) != new.is_workday(day)),
    )


def export_notice(calendar: WorkdayCalendar) -> bytes:
    """All exceptions as the CSV that `load_notice` reads; names are not kept."""
    rows = [(day.isoformat(), "work" if worked else "off", "") for day, worked in sorted(calendar.exceptions.items())]
    return _csv(COLUMNS, rows)


def pack_calendar(calendar: WorkdayCalendar) -> bytes:
    """Both tables in one archive, for storage."""
    years = [(str(year), "official", "") for year in sorted(calendar.official_years)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in ((_DAYS, export_notice(calendar)), (_YEARS, _csv(("year", "status", "basis"), years))):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


def unpack_calendar(content: bytes) -> WorkdayCalendar:
    """The calendar of the bytes that `pack_calendar` made."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        days, years = (read_csv(name, archive.read(name)) for name in (_DAYS, _YEARS))
    return parse_calendar(days, years)


def _csv(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
