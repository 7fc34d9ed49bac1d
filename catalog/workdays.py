"""The working-day calendar as a versioned table (工作日历): weekends, holidays off, make-up days worked.

Official years rest on the State Council's yearly notice; later years are provisional: statutory holidays are
known, make-up days are not, so a limit that reaches into them is computed anew when the notice is loaded.
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from importlib import resources

from catalog.tables import Table, read_csv
from domain.errors import BadInput

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had no summer time since 1991, so a fixed offset is exact for every case."""

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


class WorkdayCalendar:
    """Which days are worked. Immutable; `version`: 12 hex digits of a hash of its content.

    `exceptions`: date → whether it is worked, where that differs from Monday to Friday. `official_years`: those that
    rest on the State Council's notice; others are provisional.
    """

    def __init__(self, exceptions: Mapping[date, bool], official_years: Collection[int]) -> None:
        self._exceptions = dict(exceptions)
        self._official = frozenset(official_years)
        lines = [f"{day}={worked}" for day, worked in sorted(self._exceptions.items())]
        text = "\n".join([*lines, *map(str, sorted(self._official))])
        self.version = hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def exceptions(self) -> dict[date, bool]:
        """Dates that differ from Monday to Friday, with whether they are worked (holidays and make-up days)."""
        return dict(self._exceptions)

    @property
    def official_years(self) -> frozenset[int]:
        """Years that rest on the State Council's notice; all others are provisional."""
        return self._official

    def is_workday(self, day: date) -> bool:
        """Whether offices work on that day."""
        return self._exceptions.get(day, day.weekday() < _SATURDAY)

    def is_official(self, first: date, last: date) -> bool:
        """Whether every year between two days rests on a notice."""
        return all(year in self._official for year in range(first.year, last.year + 1))

    def next_workday(self, day: date) -> date:
        """That day if it is worked, else the next one that is."""
        while not self.is_workday(day):
            day += _ONE_DAY
        return day

    def add_workdays(self, start: date, n: int) -> tuple[date, bool]:
        """The n-th working day after `start` and whether it is provisional.

        The day of the event is day 0 and never counts (开始之日不计算在内); a weekend event is counted from the
        next working day. n = 0 means the same day, or the next working day if it is not one.
        """
        if n < 0:
            raise ValueError("n must not be negative")
        day = self.next_workday(start) if n == 0 else start
        for _ in range(n):
            day = self.next_workday(day + _ONE_DAY)
        return day, not self.is_official(start, day)

    def workdays_before(self, day: date, n: int) -> date:
        """The n-th working day before `day`; `day` itself for n = 0."""
        for _ in range(n):
            day -= _ONE_DAY
            while not self.is_workday(day):
                day -= _ONE_DAY
        return day

    def count_workdays(self, after: date, until: date) -> int:
        """Working days in (after, until]; negative when `until` lies before `after`."""
        if until < after:
            return -self.count_workdays(until, after)
        usual = _weekdays_before(until + _ONE_DAY) - _weekdays_before(after + _ONE_DAY)
        within = ((day, worked) for day, worked in self._exceptions.items() if after < day <= until)
        return usual + sum(worked - (day.weekday() < _SATURDAY) for day, worked in within)


def _weekdays_before(day: date) -> int:
    """How many days from Monday to Friday lie before that day, since Monday, 1 January of the year 1."""
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * _SATURDAY + min(rest, _SATURDAY)


def local_day(moment: datetime) -> date:
    """The Shanghai day of an aware moment.

    Raises:
        ValueError: it has no offset.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset")
    return moment.astimezone(UTC).astimezone(SHANGHAI).date()


def parse_calendar(days: Table, years: Table) -> WorkdayCalendar:
    """A calendar from its two tables: `date,kind,…` and `year,status,…`.

    Raises:
        BadInput: the first fault by row and column.
    """
    official = set()
    for number, cells in enumerate(years.rows, start=2):
        year, status, *_ = cells
        if not (len(year) == 4 and year.isascii() and year.isdigit()):
            raise BadInput(f"{years.file} 第{number}行 year：应为四位年份。")
        if status not in {"official", "provisional"}:
            raise BadInput(f"{years.file} 第{number}行 status：应为official或provisional。")
        if status == "official":
            official.add(int(year))
    return WorkdayCalendar(_exceptions(days), official)


def _exceptions(days: Table) -> dict[date, bool]:
    exceptions: dict[date, bool] = {}
    for number, cells in enumerate(days.rows, start=2):
        text, kind, *_ = cells
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise BadInput(f"{days.file} 第{number}行 date：不是有效日期“{text}”。") from None
        if kind not in {"off", "work"}:
            raise BadInput(f"{days.file} 第{number}行 kind：应为off或work。")
        if day in exceptions:
            raise BadInput(f"{days.file} 第{number}行 date：{day}重复。")
        if (kind == "work") != (day.weekday() >= _SATURDAY):
            raise BadInput(f"{days.file} 第{number}行 kind：周末才能是work，周一至周五才能是off。")
        exceptions[day] = kind == "work"
    return exceptions


@cache
def bundled_calendar() -> WorkdayCalendar:
    """The calendar as shipped: 2020–2026 official, 2027 and 2028 provisional."""
    folder = resources.files("catalog") / "data"
    days, years = (read_csv(name, (folder / name).read_bytes()) for name in ("workdays.csv", "workday_years.csv"))
    return parse_calendar(days, years)
