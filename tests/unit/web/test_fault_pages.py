"""A browser gets a page with one way on where a program gets a problem; the eleventh wrong guess gets no answer."""

import pytest
from sqlalchemy import func, select

from domain.terms import Role
from storage.people.wrong_tries import TRIES, WrongTryRow
from web.pages import track as track_page

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/nowhere", "/window/none/none", "/partner/deliveries/x"])
def test_a_browser_reads_a_kind_page_and_a_program_a_problem(hall, path):
    page = hall.as_(Role.SUPERVISOR).get(path, headers=HTML)
    assert page.status_code in (404, 422) and page.headers["content-type"].startswith("text/html")
    assert page.text.count("<h1>") == 1 and 'href="/supervisor"' in page.text and "HTTP_" not in page.text
    problem = hall.as_(Role.SUPERVISOR).get(path)
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == page.status_code


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/callbacks/nobody", "/static/nothing.css"])
def test_paths_of_programs_stay_problems(hall, path):
    answer = hall.nobody().get(path, headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_stranger_is_led_to_the_door_and_an_applicant_to_the_search(hall):
    assert 'href="/"' in hall.nobody().get("/nowhere", headers=HTML).text
    assert 'href="/track"' in hall.nobody().get("/verify/a/b", headers=HTML).text


def test_a_fault_of_ours_is_said_without_its_cause(hall, monkeypatch):
    def broken(*_args):
        raise RuntimeError("secret of the machine")

    monkeypatch.setattr(track_page, "number_of", broken)
    client = hall.nobody()
    client._transport.raise_server_exceptions = False
    page = client.post("/track", data={"caseNo": "1"}, headers=HTML)
    assert page.status_code == 500
    assert "系统出错了" in page.text and "secret" not in page.text


def guess(hall, case_no, tail, *, page=False):
    if page:
        return hall.nobody().post("/track", data={"caseNo": case_no, "phoneTail": tail})
    return hall.nobody().get("/api/v1/track", params={"caseNo": case_no, "phoneTail": tail})


@pytest.mark.parametrize("page", [False, True])
def test_the_eleventh_wrong_guess_is_not_looked_at(hall, page):
    case_no = hall.started()
    assert {guess(hall, case_no, f"{9000 + n}", page=page).status_code for n in range(TRIES)} == {404}
    right = guess(hall, case_no, "0001", page=page)
    assert right.status_code == 429
    assert 60 <= int(right.headers["retry-after"]) <= 900
    assert "15分钟后再查" in (right.text if page else right.json()["detail"])
    others = {
        "results": hall.nobody().post(
            "/api/v1/track/results",
            json={"caseNo": case_no, "phoneTail": "0001", "code": "1", "handlingNo": case_no},
        ),
        "codes": hall.nobody().post("/api/v1/track/codes", json={"caseNo": case_no, "phoneTail": "0001"}),
        "rating": hall.nobody().post(
            f"/api/v1/cases/{case_no}/rating", json={"phoneTail": "0001", "score": 5, "side": "window"}
        ),
    }
    assert {name: (one.status_code, one.json()["code"]) for name, one in others.items()} == dict.fromkeys(
        others, (429, "TRACK_LOCKED")
    )


def test_wrong_numbers_count_for_the_address_and_right_ones_for_nobody(hall):
    case_no = hall.started()
    for _ in range(3 * TRIES):
        assert guess(hall, case_no, "0001").status_code == 200
    for n in range(TRIES):
        assert guess(hall, f"50010320261123{n:07d}", "0001").status_code == 404
    assert guess(hall, case_no, "0001").status_code == 429
    with hall.database.read() as session:
        assert session.scalar(select(func.count()).select_from(WrongTryRow)) <= TRIES + 2
