"""A browser gets a page with one way on where a program gets a problem."""

import pytest

from domain.terms import Role
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
