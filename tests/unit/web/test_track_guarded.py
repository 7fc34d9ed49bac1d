"""Receipt numbers can't be enumerated: a token or a code, ten wrong tries, and nobody makes the owner wait."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select

from cli.older_keys import give_keys
from domain.identifiers import make_case_number
from runtime.container import container_of
from storage.cases.applicant_keys import ApplicantKeyRow
from storage.cases.applicant_sessions import VISIT_LENGTH
from storage.people.wrong_tries import BOUNDS, SLOTS, TRIES, Counted, WrongTryRow
from tests.unit.web.hall import MONDAY

OWNER, STRANGER = "198.51.100.7", "203.0.113.9"


def at(hall, address):
    """A browser or a program at this address."""
    return TestClient(hall.app, client=(address, 50_000))


def guess(hall, case_no, code, *, page=False, address=STRANGER):
    if page:
        return at(hall, address).post("/track", data={"caseNo": case_no, "code": code})
    return hall.tracked(case_no, code, at(hall, address))


def wrong_code(hall, case_no, n=0):
    right = int(hall.code(case_no).replace(" ", ""))
    return f"{(right + 1 + n) % 10**8:08}"


def numbers(count, start=1000):
    return [make_case_number("500103", MONDAY.date(), start + n) for n in range(count)]


@pytest.mark.parametrize("page", [False, True])
def test_the_eleventh_wrong_guess_is_not_looked_at(hall, page):
    case_no = hall.started()
    assert {guess(hall, case_no, wrong_code(hall, case_no, n), page=page).status_code for n in range(TRIES)} == {404}
    right = guess(hall, case_no, hall.code(case_no), page=page)
    assert right.status_code == 429
    assert 60 <= int(right.headers["retry-after"]) <= 900
    assert "15分钟后再查" in (right.text if page else right.json()["detail"])
    stranger = at(hall, STRANGER)
    code = hall.code(case_no)
    others = {
        "results": stranger.post("/api/v1/track/results", json={"caseNo": case_no, "code": code, "handlingNo": "1"}),
        "codes": stranger.post("/api/v1/track/codes", json={"caseNo": case_no, "phoneTail": "0001"}),
        "rating": stranger.post(f"/api/v1/cases/{case_no}/rating", json={"code": code, "score": 5, "side": "window"}),
    }
    assert {name: (one.status_code, one.json()["code"]) for name, one in others.items()} == dict.fromkeys(
        others, (429, "TRACK_LOCKED")
    )
    hall.now += timedelta(minutes=15, seconds=1)
    assert guess(hall, case_no, code, page=page).status_code == 200


@pytest.mark.parametrize("page", [False, True])
def test_a_stranger_who_knows_the_number_makes_its_owner_wait_never(hall, page):
    case_no = hall.started()
    code, token = hall.code(case_no), hall.token(case_no)
    for n in range(20 * TRIES):
        guess(hall, case_no, wrong_code(hall, case_no, n), page=page)
        if page:
            at(hall, STRANGER).post("/track/code", data={"caseNo": case_no, "phoneTail": "0009"})
    assert guess(hall, case_no, code, page=page, address=OWNER).status_code == 200
    assert at(hall, OWNER).get(f"/t/{token}").status_code == 200
    assert at(hall, STRANGER).get(f"/t/{token}").status_code == 200  # who has the receipt is its owner, wherever he is


def test_many_addresses_are_bounded_and_the_square_code_still_opens(hall):
    case_no = hall.started()
    most = BOUNDS[Counted.NUMBER].tries
    wrong = [
        guess(hall, case_no, wrong_code(hall, case_no, n), address=f"203.0.113.{n // TRIES}") for n in range(most + 5)
    ]
    assert [one.status_code for one in wrong] == [404] * most + [429] * 5
    told = guess(hall, case_no, hall.code(case_no), page=True, address=OWNER)
    assert told.status_code == 429 and "扫回执上的二维码不受影响" in told.text
    assert at(hall, OWNER).get(f"/t/{hall.token(case_no)}").status_code == 200
    other = hall.started()
    assert guess(hall, other, hall.code(other), address=OWNER).status_code == 200


def test_ten_thousand_numbers_give_nothing(hall):
    """One address learns of thirty numbers that they fit no code, and of none whether it exists."""
    there = [hall.started() for _ in range(3)]
    asked = [*there, *numbers(10_000)]
    stranger = at(hall, STRANGER)
    answers = [hall.tracked(number, "1234 5678", stranger) for number in asked]
    most = BOUNDS[Counted.ADDRESS].tries
    assert [one.status_code for one in answers] == [404] * most + [429] * (len(asked) - most)
    assert len({one.text.replace(n, "") for one, n in zip(answers[:most], asked[:most], strict=True)}) == 1
    page = stranger.post("/track", data={"caseNo": there[0], "code": hall.code(there[0])})
    assert page.status_code == 429
    with hall.database.read() as session:
        assert session.scalar(select(func.count()).where(WrongTryRow.slot < (Counted.SENT + 1) * SLOTS)) <= 2 * most + 1


def test_a_number_costs_the_same_whether_it_exists(hall):
    """The same statements, of the same text, in the same order; the same answer."""
    there, nowhere = hall.started(), numbers(1)[0]
    said = []
    for number in (there, nowhere, there, nowhere):
        statements, engines = [], (hall.database.engine, hall.database._reading)

        def note(_c, _cursor, statement, _p, _context, _many, statements=statements):
            statements.append(statement)

        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        answer = guess(hall, number, "0000 0000", address=f"198.51.100.{len(said)}")
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
        said.append((statements, answer.status_code, answer.text))
    assert len(said[0][0]) > 3
    assert all(one == said[0] for one in said[1:])


def test_right_codes_count_for_nobody(hall):
    case_no = hall.started()
    for _ in range(3 * TRIES):
        assert guess(hall, case_no, hall.code(case_no)).status_code == 200
    with hall.database.read() as session:
        assert sum(session.scalars(select(WrongTryRow.tries))) == 0


@pytest.mark.parametrize("tail", ["0001", "9999"])
def test_number_and_phone_open_nothing(hall, tail):
    case_no = hall.started()
    program = hall.nobody().get("/api/v1/track", params={"caseNo": case_no, "phoneTail": tail})
    page = hall.nobody().post("/track", data={"caseNo": case_no, "phoneTail": tail, "code": tail})
    assert (program.status_code, program.json()["code"], page.status_code) == (404, "TRACK", 404)


def test_the_square_code_opens_without_typing_and_leaves_no_trace_in_the_address(hall):
    case_no = hall.started()
    token = hall.token(case_no)
    browser = hall.nobody()
    first = browser.get(f"/t/{token}", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/track")
    assert first.headers["referrer-policy"] == "no-referrer" and first.headers["cache-control"] == "no-store"
    assert token not in first.text and case_no not in str(first.headers)
    cookie = first.headers["set-cookie"].lower()
    assert all(said in cookie for said in ("httponly", "samesite=lax", "path=/track"))
    page = browser.get("/track")
    assert page.status_code == 200 and "办件信息" in page.text
    assert token not in page.text and hall.code(case_no) not in page.text


def test_wrong_tokens_are_counted_and_right_ones_never_wait(hall):
    case_no = hall.started()
    stranger = at(hall, STRANGER)
    most = BOUNDS[Counted.ADDRESS].tries
    wrong = [stranger.get(f"/t/{'A' * 29}{n:03}".replace("0", "A").replace("1", "B")) for n in range(most + 1)]
    assert [one.status_code for one in wrong] == [404] * most + [429]
    assert stranger.get(f"/t/{hall.token(case_no)}").status_code == 200


def test_a_visit_ends_by_itself_and_by_leaving(hall):
    case_no = hall.started()
    browser = hall.visitor(case_no)
    assert "办件信息" in browser.get("/track").text
    assert 'name="code"' in browser.get("/track?caseNo=500103202611230000023").text  # another one is looked for
    hall.now += VISIT_LENGTH
    assert "办件信息" not in browser.get("/track").text
    over = browser.post("/track/rating", data={"score": "5", "side": "window"})
    assert over.status_code == 422 and "查询已超时" in over.text
    browser = hall.visitor(case_no)
    kept = dict(browser.cookies)
    assert "办件信息" not in browser.post("/track/leave").text
    browser.cookies.update(kept)
    assert "办件信息" not in browser.get("/track").text  # also for who has kept the cookie


def test_a_visit_opens_no_other_case(hall):
    mine, other = hall.started(), hall.started()
    page = hall.visitor(mine).post("/track/result", data={"caseNo": other, "handlingNo": other})
    assert page.status_code == 404 and other not in page.text


def test_old_receipts_go_on(hall):
    """From before 0034: the square code names the number, the code was a function of the oldest key."""
    case_no = hall.started()
    with hall.database.write() as session:
        session.delete(session.get_one(ApplicantKeyRow, case_no))
    old = hall.code(case_no)  # derived, as it was printed then
    assert f'value="{case_no}"' in hall.nobody().get(f"/track?caseNo={case_no}").text
    assert guess(hall, case_no, old, page=True).status_code == 200
    parts = container_of(hall.context.settings)
    assert [give_keys(parts), give_keys(parts)] == [1, 0]  # as every start does; from now on no key of ours matters
    parts.database.close()
    token = hall.token(case_no)  # the next receipt has a square code of the new kind, and the same code
    assert hall.code(case_no) == old
    assert hall.nobody().get(f"/t/{token}").status_code == 200
    assert guess(hall, case_no, old).status_code == 200
