"""`GET /reports/{period}` and `kuayu report`: one source, the same numbers as JSON, XLSX and on the command line."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

import cli.main
from domain.messages import DeadlineKind
from domain.terms import CaseStatus, Role
from storage.cases.rows import DeadlineRow
from tests.contract.serving import served
from tests.unit.web.hall import MONDAY, an_item, case_body

CHUANYU = an_item(
    lambda i: i.applicant.value != "enterprise" and "chuanyu" in i.schemes and i.statutory_days == 20
    and i.kind.value == "承诺件" and i.mode.value == "全程网办"
)  # fmt: skip
IN_CITY = an_item(lambda i: i.applicant.value != "enterprise" and "quanyu" in i.schemes)


def asked(hall, period="2026Q4", **query):
    return hall.as_(Role.SUPERVISOR).get(f"/api/v1/reports/{period}", params=query)


def figures(hall, period="2026Q4"):
    return {f["name"]: f for f in asked(hall, period).json()["figures"]}


def finished(hall) -> str:
    """Accepted on Monday, suspended for one working day, approved on Friday, collected at the hall, rated 5."""
    case_no = hall.started(case_body(CHUANYU))
    steps = [CaseStatus.ACCEPTED, CaseStatus.SUSPENDED, "RESUMED", CaseStatus.APPROVED]
    for day, step in zip((0, 1, 2, 4), steps, strict=True):
        hall.now = MONDAY + timedelta(days=day)
        status = CaseStatus.REVIEWING if step == "RESUMED" else step
        hall.record(case_no, status, str(step))
    hall.record(case_no, CaseStatus.APPROVED, "HANDED_OVER")
    hall.record(case_no, CaseStatus.APPROVED, "CLOSED", closed=True)
    body = {"code": hall.code(case_no), "score": 5, "side": "authority"}
    assert hall.nobody().post(f"/api/v1/cases/{case_no}/rating", json=body).status_code == 200
    return case_no


def test_the_figures_of_one_case_by_hand(hall):
    case_no = finished(hall)
    found = figures(hall)
    assert found["cases"]["value"] == 1
    # Monday → Friday are 4 working days, the special procedure from Tuesday to Wednesday does not count: 20 − 3
    assert found["timeSaved"]["value"] == 17.0
    assert found["onlineShare"]["value"] == 1.0
    assert found["timeCompression"]["value"] == round(1 - CHUANYU.promised_days / 20, 4)
    assert found["meanTrips"]["value"] == 2.0  # handed in and collected
    assert found["satisfaction"]["value"] == 1.0
    assert found["timeSaved"]["parts"][0]["cases"] == [case_no]


def test_a_case_of_another_quarter_is_not_counted(hall):
    hall.now = datetime(2026, 9, 30, 15, 59, 59, tzinfo=UTC)
    hall.started()
    hall.now = datetime(2026, 9, 30, 16, tzinfo=UTC)
    late = hall.started()
    assert figures(hall, "2026Q3")["cases"]["value"] == 1
    assert late in str(figures(hall, "2026Q4")["cases"]["parts"])
    assert figures(hall, "2026Q4")["cases"]["value"] == 1


@pytest.mark.parametrize(("stopped_after", "on_time"), [(-1, 1.0), (1, 0.0)])
def test_on_time_is_judged_by_the_last_clock(hall, stopped_after, on_time):
    case_no = hall.started()
    due = MONDAY + timedelta(days=5)
    with hall.database.write() as session:
        for key, due_at, stopped in (("1", MONDAY, due), ("2", due, due + timedelta(hours=stopped_after))):
            session.add(DeadlineRow(case_no=case_no, handling_no=case_no, key=key, kind=DeadlineKind.DECISION_PROMISED,
                                    start_at=MONDAY, warn_at=MONDAY, due_at=due_at, responsible="authority",
                                    stopped_at=stopped))  # fmt: skip
    assert figures(hall)["onTimeShare"]["value"] == on_time


def test_the_json_the_workbook_and_the_command_say_the_same(hall, monkeypatch, tmp_path):
    finished(hall)
    hall.started(case_body(IN_CITY, region="500112"))
    answer = asked(hall).json()
    book = load_workbook(io.BytesIO(asked(hall, format="xlsx").content), read_only=True)
    first, behind = book.worksheets
    sheet = [tuple(cell or "" for cell in row) for row in first.iter_rows(min_row=2, values_only=True)]
    expected = [
        (f["label"], "" if f["value"] is None else f"{f['value']:.15g}", f["unit"], str(f["of"]), f["method"])
        for f in answer["figures"]
    ]
    assert sheet == expected
    shown = {row[3] for row in behind.iter_rows(min_row=2, values_only=True) if row[3]}
    assert shown == {c for f in answer["figures"] for p in f["parts"] for c in p["cases"]}
    with served(_alone(hall.app)) as base:
        monkeypatch.setenv("KUAYU_URL", base)
        run = CliRunner().invoke
        said = run(cli.main.app, ["report", "2026Q4", "--json"])
        assert json.loads(said.stdout) == answer
        words = run(cli.main.app, ["report", "2026Q4"]).stdout
        assert "2026-10-01 至 2026-12-31" in words
        assert "办件量：2 件" in words and "全渝通办：1" in words
        explained = run(cli.main.app, ["report", "2026Q4", "--explain", "timeSaved"]).stdout
        assert answer["figures"][2]["parts"][0]["cases"][0] in explained
        path = tmp_path / "report.xlsx"
        assert run(cli.main.app, ["report", "2026Q4", "--xlsx", str(path)]).exit_code == 0
        assert path.read_bytes() == asked(hall, format="xlsx").content
        assert run(cli.main.app, ["report", "2026Q9"]).exit_code == 1


def _alone(app):
    """The routes without the relay, which would look for Temporal."""

    async def routes(scope, receive, send):
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await app(scope, receive, send)

    return routes


def test_without_explanation_there_are_no_case_numbers(hall):
    case_no = hall.started()
    assert case_no in asked(hall).text
    assert case_no not in asked(hall, explain="false").text


def test_who_may_and_what_is_no_period(hall):
    assert hall.as_(Role.CLERK).get("/api/v1/reports/2026Q4").status_code == 403
    answer = asked(hall, "2026-11")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "period")
