"""What takes long is done while no transaction holds the one place of a writer: hashes, drawings, lists (错误口令)."""

from dataclasses import replace

import pytest

from domain.terms import Role
from storage.people import passwords
from tests.unit.web.logins import NEW, added, browser, log_in, with_token
from tests.unit.web.test_results import code_of, fetch, on_the_page, with_result
from tests.unit.web.unified_hall import came
from web.api import agreements, papers
from web.foundation import login_tries


class Watched:
    """Notes, for each piece of slow work, how many connections for writing are in use."""

    def __init__(self, hall):
        self._pool, self.seen = hall.database.engine.pool, []

    def around(self, work):
        def watched(*args, **more):
            self.seen.append(self._pool.checkedout())
            return work(*args, **more)

        return watched

    def held_nobody_up(self):
        assert self.seen, "nothing slow was done"
        assert set(self.seen) == {0}


class Hasher:
    """The one that hashes, watched."""

    def __init__(self, real, watched):
        self.hash, self.verify = watched.around(real.hash), watched.around(real.verify)
        self.check_needs_rehash = real.check_needs_rehash


@pytest.fixture
def watched(hall, monkeypatch):
    """Everything that the desk needs is logged in before."""
    for role in (Role.SECURITY, Role.CLERK, Role.SUPERVISOR):
        hall.as_(role)
    monkeypatch.setattr(login_tries, "PAUSE_S", 0)
    found = Watched(hall)
    monkeypatch.setattr(passwords, "_HASHER", Hasher(passwords._HASHER, found))
    monkeypatch.setattr(papers, "render", found.around(papers.render))
    monkeypatch.setattr(agreements, "plan_agreements", found.around(agreements.plan_agreements))
    return found


def first_password(hall):
    token = log_in(hall, "wangmin", added(hall)).json()["token"]
    return with_token(hall, token).post("/api/v1/login/password", json={"password": NEW})


def own_password(hall, current="demo"):
    mine = with_token(hall, log_in(hall, "clerk").json()["token"])
    return mine.post("/api/v1/account/password", json={"current": current, "password": NEW})


def own_password_on_the_page(hall):
    page = browser(hall)
    page.post("/login", data={"username": "clerk", "password": "demo"})
    return page.post("/account/password", data={"current": "demo", "password": NEW, "again": NEW})


def another_s_password(hall):
    return hall.as_(Role.SECURITY).post("/api/v1/accounts/clerk/password")


def opened_again_outside_the_sandbox(hall):
    """There its hash is compared with all that we have printed."""
    settings = hall.context.settings.model_copy(update={"sandbox": False, "second_factor_roles": "off"})
    security = hall.as_(Role.SECURITY)
    assert security.post("/api/v1/accounts/clerk/disable").status_code == 200
    hall.context = hall.app.state.context = replace(hall.context, settings=settings)
    return security.post("/api/v1/accounts/clerk/enable")


HASHES = {
    "right": (lambda hall: log_in(hall, "clerk"), 200),
    "wrong": (lambda hall: log_in(hall, "clerk", "wrong"), 401),
    "nobody": (lambda hall: log_in(hall, "nobody", "wrong"), 401),
    "the page": (lambda hall: browser(hall).post("/login", data={"username": "clerk", "password": "wrong"}), 401),
    "a first password": (first_password, 200),
    "one's own": (own_password, 200),
    "one's own, guessed": (lambda hall: own_password(hall, "guess"), 422),
    "one's own on the page": (own_password_on_the_page, 303),
    "another's": (another_s_password, 200),
    "an account": (lambda hall: hall.as_(Role.SECURITY).get("/api/v1/accounts/" + (added(hall) and "wangmin")), 200),
    "opened again": (opened_again_outside_the_sandbox, 409),
}


@pytest.mark.parametrize("name", HASHES)
def test_no_writer_waits_for_a_hash(hall, watched, name):
    act, status = HASHES[name]
    answer = act(hall)
    assert answer.status_code == status, answer.text
    watched.held_nobody_up()


def test_no_writer_waits_for_the_hash_of_whom_a_provider_vouches_for(hall, liar, watched):
    came(hall, liar)
    watched.held_nobody_up()


def test_no_writer_waits_for_the_drawing_of_a_paper(hall, watched):
    """Nor where the drawing is asked for without a login."""
    case_no = with_result(hall)
    code = code_of(hall, case_no)
    for kind in ("receipt", "dossier", "result"):
        assert hall.as_().get(f"/api/v1/cases/{case_no}/papers/{kind}.pdf").status_code == 200
    watched.held_nobody_up()
    watched.seen.clear()
    assert fetch(hall, case_no, code, sheet=True).status_code == 200
    assert on_the_page(hall, case_no, code, sheet="1", handlingNo="").status_code == 200
    watched.held_nobody_up()


@pytest.mark.parametrize("apply", [False, True])
def test_no_writer_waits_for_a_list_to_be_read(hall, watched, apply):
    desk = hall.as_(Role.SUPERVISOR)
    kept = desk.get("/api/v1/agreements?format=csv").content
    assert desk.put(f"/api/v1/agreements?apply={str(apply).lower()}", content=kept).status_code == 200
    watched.held_nobody_up()
