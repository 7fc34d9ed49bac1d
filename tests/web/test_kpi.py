"""The five measures on the page, from the command line and in plain SQL: alike to the last digit, down to the cases."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from html import unescape

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from typer.testing import CliRunner

import cli.main
from domain.measures import MEASURES, Measure, Part
from domain.messages import DeadlineKind
from domain.terms import Role
from storage.cases.rows import CaseRow, DeadlineRow
from tests.contract.serving import served
from tests.unit.web.hall import Hall, new_database
from tests.unit.web.test_report_oracle import fill
from tests.unit.web.test_reports import _alone
from web.views.measures import said

MONTHS = ("2026-10", "2026-11", "2026-12")
NOW = datetime(2026, 12, 20, tzinfo=UTC)
"""Some clocks still run then, and some cases of September and January are there too."""

# Written from the words of each measure, over the raw tables; it knows nothing of the code.
ORACLE = """
WITH mine AS (
  SELECT c.*, CAST(json_extract(c.item, '$.statutory_days') AS INTEGER) AS law,
    CAST(json_extract(c.item, '$.promised_days') AS INTEGER) AS promised, json_extract(c.item, '$.kind') AS kind
  FROM case_file c WHERE strftime('%Y-%m', c.registered_at, '+8 hours') = :month
),
last_clock AS (  -- the last promised clock of each authority
  SELECT * FROM deadline d WHERE d.kind = 'DECISION_PROMISED' AND d.id = (
    SELECT max(e.id) FROM deadline e WHERE e.kind = d.kind AND e.case_no = d.case_no AND e.handling_no IS d.handling_no
  )
),
judged AS (
  SELECT case_no, min(stopped_at IS NOT NULL AND stopped_at <= due_at) AS kept FROM last_clock
  WHERE stopped_at IS NOT NULL OR due_at <= :now GROUP BY case_no
),
each AS (
  SELECT m.case_no, m.mode = '全程网办' AS online, m.kind = '即办件' AS immediate, m.law, m.promised,
    CASE WHEN m.closed_at IS NOT NULL THEN
      (m.channel <> 'online' AND NOT EXISTS (
        SELECT 1 FROM leg g WHERE g.case_no = m.case_no AND g.leg = 'PICKUP' AND g.outcome = 'DELIVERED'))
      + EXISTS (SELECT 1 FROM case_event e WHERE e.case_no = m.case_no AND e.kind = 'HANDED_OVER') END AS trips,
    j.kept
  FROM mine m LEFT JOIN judged j USING (case_no)
)
"""
VALUES = """
SELECT round(1.0 * sum(online) / count(*), 4) AS online,
  round(1 - 1.0 * sum(promised) FILTER (WHERE law > 0) / sum(law) FILTER (WHERE law > 0), 4) AS compression,
  round(avg(trips), 4) AS trips, round(1.0 * sum(immediate) / count(*), 4) AS immediate,
  round(avg(kept), 4) AS "onTime" FROM each
"""
NUMBERS = "SELECT case_no FROM each WHERE "
BEHIND = {
    (Measure.ONLINE, Part.YES): "online",
    (Measure.ONLINE, Part.NO): "NOT online",
    (Measure.COMPRESSION, Part.YES): "law > 0 AND promised < law",
    (Measure.COMPRESSION, Part.NO): "law > 0 AND promised >= law",
    (Measure.TRIPS, Part.NONE): "trips = 0",
    (Measure.TRIPS, Part.ONE): "trips = 1",
    (Measure.TRIPS, Part.TWO): "trips = 2",
    (Measure.IMMEDIATE, Part.YES): "immediate",
    (Measure.IMMEDIATE, Part.NO): "NOT immediate",
    (Measure.ON_TIME, Part.YES): "kept = 1",
    (Measure.ON_TIME, Part.NO): "kept = 0",
}


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    """A district with cases of every sort over five months; some of their clocks run on, some have ended unnoticed."""
    folder = tmp_path_factory.mktemp("kpi")
    new_database(folder / "template.db")
    with pytest.MonkeyPatch.context() as patch:
        opened = Hall(folder, folder / "template.db", patch)
        fill(opened)
        with opened.database.write() as session:
            clocks = session.query(DeadlineRow).filter_by(kind=DeadlineKind.DECISION_PROMISED)
            for place, clock in enumerate(clocks.order_by(DeadlineRow.id)):
                if place % 3 == 0:
                    clock.stopped_at = None
        opened.now = NOW
        yield opened
        opened.database.close()


def by_sql(hall, month, query=VALUES):
    with hall.database.read() as session:
        given = {"month": month, "now": NOW.strftime("%Y-%m-%d %H:%M:%S.%f")}
        return session.execute(text(ORACLE + query), given).mappings().all()


def page(hall, path, role=Role.SUPERVISOR):
    answer = hall.as_(role).get(path)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def shown_on(html):
    """Value as text → of each measure's card."""
    last = r"</ul>\s*</(?:section|details|div)>"
    cards = re.findall(rf'<li class="measure">.*?</li>\s*(?=<li class="measure">|{last})', html, re.DOTALL)
    assert len(cards) == 5
    return {
        re.search(r"<h3>(.*?)</h3>", card)[1]: re.sub(r"<[^>]+>", "", re.search(r'class="value">(.*?)</p>', card)[1])
        for card in cards
    }


@pytest.mark.parametrize("month", MONTHS)
def test_page_and_command_line_say_what_sql_says_to_the_last_digit(hall, month, monkeypatch):
    (expected,) = by_sql(hall, month)
    assert all(value is not None for value in expected.values())
    with served(_alone(hall.app)) as base:
        monkeypatch.setenv("KUAYU_URL", base)
        told = CliRunner().invoke(cli.main.app, ["report", "kpi", "--month", month, "--json"])
        words = CliRunner().invoke(cli.main.app, ["report", "kpi", "--month", month])
    assert told.exit_code == words.exit_code == 0, told.output + words.output
    from_command = {each["name"]: each["value"] for each in json.loads(told.stdout)["measures"]}
    assert from_command == dict(expected)
    on_page = shown_on(page(hall, f"/supervisor?month={month}"))
    for name, rule in MEASURES.items():
        assert on_page[rule.label] == said(rule.unit, expected[name])
        assert f"{rule.label}：{on_page[rule.label]}（" in words.stdout


def test_every_number_leads_to_its_cases_and_to_no_others(hall):
    for month in MONTHS:
        html = page(hall, f"/supervisor?month={month}")
        for (measure, part), fits in BEHIND.items():
            wanted = {row["case_no"] for row in by_sql(hall, month, NUMBERS + fits)}
            link = f"/supervisor/measures/{measure}?month={month}&part={part}"
            said_there = re.search(rf'href="{re.escape(link).replace("&", "&amp;")}">\D*?(\d+) 件', html)
            assert said_there is not None, link
            assert int(said_there[1]) == len(wanted), link
            assert behind(hall, link) == wanted
        for measure in Measure:
            everything = set().union(*(behind(hall, f"/supervisor/measures/{measure}?month={month}&part={part}")
                                       for part in MEASURES[measure].parts))  # fmt: skip
            assert behind(hall, f"/supervisor/measures/{measure}?month={month}") == everything


def behind(hall, path):
    """The numbers of a list, over all its pages."""
    found = set()
    while path:
        html = page(hall, path)
        found |= set(re.findall(r'data-case="(\w{21})"', html))
        further = re.search(r'<a href="([^"]+)">下一页</a>', html)
        path = unescape(further[1]) if further else None
    return found


def test_a_list_is_turned_by_key_and_narrowed_in_its_address(hall):
    first = hall.as_(Role.AUDITOR).get("/api/v1/measures/online/cases?month=2026-11&size=3").json()
    second = (
        hall.as_(Role.AUDITOR).get(f"/api/v1/measures/online/cases?month=2026-11&size=3&after={first['next']}").json()
    )
    assert len(first["cases"]) == 3
    assert not set(first["cases"]) & set(second["cases"])
    of_network = behind(hall, "/supervisor/measures/online?month=2026-11&scheme=chuanyu")
    assert of_network < behind(hall, "/supervisor/measures/online?month=2026-11")
    assert of_network


def test_what_is_taken_away_has_every_case_once(hall):
    shown = behind(hall, "/supervisor/measures/online?month=2026-11")
    path = "/api/v1/measures/online/cases?month=2026-11&format="
    csv_file = hall.as_(Role.SUPERVISOR).get(path + "csv")
    assert csv_file.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(csv_file.content.decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(hall.as_(Role.SUPERVISOR).get(path + "xlsx").content), read_only=True)
    cells = list(book.worksheets[0].iter_rows(values_only=True))
    for table in (rows, cells):
        assert table[0][0] == "办件编号"
        numbers = [row[0] for row in table[1:]]
        assert len(numbers) == len(set(numbers))
        assert set(numbers) == shown


def test_the_months_can_be_taken_away_as_they_stand(hall):
    answer = hall.as_(Role.SUPERVISOR).get("/api/v1/measures?month=2026-11").json()
    table = hall.as_(Role.SUPERVISOR).get("/api/v1/measures?month=2026-11&format=csv").content.decode("utf-8-sig")
    rows = {(row[0], row[1]): row[2] for row in csv.reader(io.StringIO(table))}
    for each in answer["measures"]:
        for month in each["trend"]:
            wanted = "" if month["value"] is None else f"{month['value']:.15g}"
            assert rows[each["label"], month["month"]] == wanted
        assert each["trend"][-1]["value"] == each["value"]
        assert len(each["trend"]) == 6


def test_the_quarter_agrees_with_the_report(hall):
    report = hall.as_(Role.SUPERVISOR).get("/api/v1/reports/2026Q4").json()
    values = {figure["name"]: figure["value"] for figure in report["figures"]}
    html = page(hall, "/supervisor/reports/2026Q4")
    named = {"onlineShare": "全程网办", "timeCompression": "时限压缩比", "onTimeShare": "按时办结率"}
    for name in named:
        assert f"{round(100 * values[name], 2):g}%" in html
    assert f"平均跑动次数为 {values['meanTrips']:g} 次" in html
    for part in report["figures"][0]["parts"]:
        assert f"“{part['label']}”办件量达 {part['value']:g} 件" in html


def test_an_empty_month_says_so_and_divides_by_nothing(hall):
    answer = hall.as_(Role.SUPERVISOR).get("/api/v1/measures?month=2025-01").json()
    assert {each["value"] for each in answer["measures"]} == {None}
    assert page(hall, "/supervisor?month=2025-01").count("暂无") >= 5


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/measures?month=2026-13",
        "/api/v1/measures?month=November",
        "/api/v1/measures/online/cases?part=2",
        "/api/v1/measures/nothing/cases",
        "/supervisor?month=x",
        "/supervisor/measures/trips?part=yes",
        "/supervisor/cases?risk=x",
        "/supervisor/reports/2026Q5",
    ],
)
def test_what_there_is_not_is_refused(hall, path):
    assert hall.as_(Role.SUPERVISOR).get(path).status_code == 422


def test_the_explained_command_names_the_cases(hall, monkeypatch):
    with served(_alone(hall.app)) as base:
        monkeypatch.setenv("KUAYU_URL", base)
        run = CliRunner().invoke(cli.main.app, ["report", "kpi", "--month", "2026-11", "--explain", "trips"])
    numbers = re.findall(r"^  (\w{21})$", run.stdout, re.MULTILINE)
    assert set(numbers) == behind(hall, "/supervisor/measures/trips?month=2026-11")
    with hall.database.read() as session:
        assert all(session.get(CaseRow, number).closed_at is not None for number in numbers)
