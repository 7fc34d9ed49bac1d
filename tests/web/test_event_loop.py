"""No route and no loop of the web process does SQL, sealing or files on the event loop's thread."""

import asyncio
import hashlib
import inspect
import json
import secrets

import pytest

from relay.loop import RelayLoop
from relay.relay import Relay
from runtime.container import container_of
from runtime.networks import networks_of
from storage.cases.rows import CaseRow
from tests.pictures import picture
from tests.soft_device import SoftDevice
from tests.watching import nothing_blocks
from tests.web.following import closes
from tests.web.office import YUBEI, case_body
from tests.web.test_roles import FILL, RULES, TABLE, concrete
from web.api import callbacks
from web.app import ROUTERS


@pytest.fixture
def watched(office):
    with nothing_blocks(office.app.state.context.settings.data_dir) as seen:
        yield seen
    assert seen == []


def roles_of(route):
    return RULES[route] or [None]


@pytest.mark.parametrize("route", TABLE)
def test_whoever_calls_a_route(office, watched, route):
    """As every role that may: what each does before it looks at the body, and all that a GET does."""
    method, path = concrete(route)
    case_no = FILL["{case_no}"]
    if "{case_no}" in route or route.endswith("/stream"):
        case_no = office.start(990 + TABLE.index(route), region=YUBEI)["caseNo"]
        closes(office, case_no)  # a stream of it ends by itself
        path = path.replace(FILL["{case_no}"], case_no)
    if path == "/api/v1/stream":
        path += f"?case={case_no}"
    for role in roles_of(route):
        assert office.call(method, path, role).status_code < 500


PDF = b"%PDF-1.7 watched"


def puts_a_document(office):
    sha256 = hashlib.sha256(PDF).hexdigest()
    return office.call("PUT", f"/api/v1/documents/{sha256}", "clerk", content=PDF)


def uploads_a_document(office):
    return office.call("POST", "/api/v1/documents", "clerk", content=PDF)


def joins_documents(office):
    return office.call("POST", "/api/v1/documents:join", "clerk", {"pages": [office.uploaded(data=picture())] * 2})


def puts_agreements(office):
    listed = office.call("GET", "/api/v1/agreements?format=csv", "supervisor").content
    return office.call("PUT", "/api/v1/agreements?apply=true", "supervisor", content=listed)


def posts_scans(office):
    body = {"deviceId": "watch-1", "events": []}
    return office.call("POST", "/api/v1/scans:batch", "courier", body)


def logs_in(office):
    return office.call("POST", "/api/v1/login", body={"username": "clerk", "password": "demo"})


def logs_in_on_the_page(office):
    return office.call("POST", "/login", data={"username": "clerk", "password": "demo"})


def is_refused_on_the_page(office):
    return office.call("POST", "/login", data={"username": "clerk", "password": "wrong"})


NEW = "nine blue kettles"


def forced(office, name="event-loop"):
    """The token of who has a password that somebody else gave him."""
    given = office.call("POST", "/api/v1/accounts", "security", {"username": name, "role": "clerk"})
    again = f"/api/v1/accounts/{name}/password"
    given = given if given.status_code == 201 else office.call("POST", again, "security")
    body = {"username": name, "password": given.json()["initialPassword"]}
    return {"Authorization": f"Bearer {office.call('POST', '/api/v1/login', body=body).json()['token']}"}


def chooses_a_first_password(office):
    mine = forced(office, "first-1")
    return office.call("POST", "/api/v1/login/password", body={"password": NEW}, headers=mine)


def chooses_one_on_the_page(office):
    form = {"password": NEW, "again": NEW}
    return office.call("POST", "/login/password", data=form, headers=forced(office, "first-2"))


def is_refused_a_first_password(office):
    form = {"password": "short", "again": "short"}
    return office.call("POST", "/login/password", data=form, headers=forced(office, "first-3"))


def changes_the_password(path, *, page=False):
    """Of an account of its own, so that the others' tokens stay."""

    def change(office):
        name = "own-page" if page else "own-api"
        mine = forced(office, name)
        answer = office.call("POST", "/api/v1/login/password", body={"password": NEW}, headers=mine)
        mine = {"Authorization": f"Bearer {answer.json()['token']}"}
        said = {"current": NEW, "password": "five red lanterns"}
        more = {"data": said | {"again": said["password"]}} if page else {"body": said}
        return office.call("POST", path, headers=mine, **more)

    return change


def is_refused_a_password(office):
    form = {"current": "demo", "password": "a", "again": "b"}
    return office.call("POST", "/account/password", "outlet", data=form)


def adds_an_account(office):
    return office.call("POST", "/api/v1/accounts", "security", {"username": "loop-1", "role": "clerk"})


def adds_one_on_the_page(office):
    return office.call("POST", "/accounts", "security", data={"username": "loop-2", "role": "clerk"})


def enables_an_account(office):
    forced(office, "loop-3")
    return office.call("POST", "/api/v1/accounts/loop-3/enable", "security")


def resets_a_password(office):
    forced(office, "loop-4")
    return office.call("POST", "/api/v1/accounts/loop-4/password", "security")


def acts_on_the_page(act):
    def do(office):
        forced(office, f"loop-{act}")
        return office.call("POST", f"/accounts/loop-{act}", "security", data={"act": act})

    return do


def follows_a_case(office):
    case_no = office.start(991, region=YUBEI)["caseNo"]
    closes(office, case_no)
    return office.call("GET", f"/api/v1/cases/{case_no}/stream", "clerk")


def follows_cases(office):
    case_no = office.start(992, region=YUBEI)["caseNo"]
    closes(office, case_no)
    return office.call("GET", f"/api/v1/stream?case={case_no}", "clerk")


def a_partner_calls(office):
    return office.call("POST", "/callbacks/sichuan", content=b"{}")


def a_receipt_comes(office):
    return office.call("POST", "/callbacks/sms", content=b"{}")


def sends_a_page(path):
    def send(office):
        headers = {"Authorization": f"Bearer {office.tokens['clerk']}"}
        return office.client.post(path, headers=headers, data={"itemCode": "YZ-HRSS-001"}, follow_redirects=False)

    return send


def starts_a_case(office):
    return office.call("POST", "/api/v1/cases", "clerk", case_body(office, 993))


def waits_for_stops(office):
    version = office.call("GET", "/api/v1/worklists/changes", "courier").json()["version"]
    return office.call("GET", f"/api/v1/worklists/changes?known={version}&wait=1", "courier")


def enrols_a_device(office):
    invited = {"name": "1号手持机", "outletId": "shiyoulu"}
    typed = office.call("POST", "/api/v1/devices:invite", "outlet", invited).json()["code"]
    device = SoftDevice("watched")
    body = json.dumps({"code": typed, "deviceId": device.id, "publicKey": device.public_key}).encode()
    headers = device.headers("POST", "/api/v1/devices:enrol", body)
    return office.call("POST", "/api/v1/devices:enrol", "courier", content=body, headers=headers)


def comes_back_to_nothing(office):
    return office.call("GET", "/login/oidc/callback?code=x&state=y")


def shows_a_certificate(office):
    said = {"challenge": "00", "certificate": "x", "signature": "x"}
    return office.call("POST", "/api/v1/login/certificate", body=said)


IN_THE_LOOP = {
    "awaitWorkListChange": [(waits_for_stops, 200)],
    "putDocument": [(puts_a_document, 201)],
    "uploadDocument": [(uploads_a_document, 201)],
    "joinDocuments": [(joins_documents, 201)],
    "putAgreements": [(puts_agreements, 200)],
    "postScans": [(posts_scans, 200)],
    "enrolDevice": [(enrols_a_device, 201)],
    "login": [(logs_in, 200)],
    "back_login_oidc_callback_get": [(comes_back_to_nothing, 401)],
    "answerCertificate": [(shows_a_certificate, 409)],
    "chooseFirstPassword": [(chooses_a_first_password, 200)],
    "choose_login_password_post": [(chooses_one_on_the_page, 303), (is_refused_a_first_password, 422)],
    "changeOwnPassword": [(changes_the_password("/api/v1/account/password"), 200)],
    "change_password_account_password_post": [
        (changes_the_password("/account/password", page=True), 303),
        (is_refused_a_password, 422),
    ],
    "addAccount": [(adds_an_account, 201)],
    "enableAccount": [(enables_an_account, 200)],
    "resetPassword": [(resets_a_password, 200)],
    "add_account_accounts_post": [(adds_one_on_the_page, 200)],
    "change_account_accounts__username__post": [
        (acts_on_the_page("reset"), 200),
        (acts_on_the_page("enable"), 303),
        (acts_on_the_page("disable"), 303),
        (acts_on_the_page("role"), 422),
    ],
    "log_in_login_post": [(logs_in_on_the_page, 303), (is_refused_on_the_page, 401)],
    "streamCase": [(follows_a_case, 200)],
    "streamCases": [(follows_cases, 200)],
    "sichuanCallback": [(a_partner_calls, None)],
    "smsReceipt": [(a_receipt_comes, None)],
    "post_case_window_new_post": [(sends_a_page("/window/new"), None)],
    "print_gaps_window_new_notice_post": [(sends_a_page("/window/new/notice"), None)],
}
"""The routes that run in the loop themselves, each with requests that go all the way through it."""


def test_every_route_that_runs_in_the_loop_is_watched_to_its_end(office):
    networks = networks_of(container_of(office.app.state.context.settings))
    wired = [
        callbacks.router(name, n.callbacks, lambda: None) for name, n in networks.items() if n.callbacks is not None
    ]
    routes = [route for router in (*ROUTERS, *wired) for route in router.routes]
    names = {route.operation_id or route.unique_id for route in routes if inspect.iscoroutinefunction(route.endpoint)}
    assert names == set(IN_THE_LOOP)


@pytest.mark.parametrize(
    ("how", "status"), [*(each for all_of in IN_THE_LOOP.values() for each in all_of), (starts_a_case, 201)]
)
def test_to_its_end(office, watched, how, status):
    answer = how(office)
    assert answer.status_code == status or status is None
    assert answer.status_code < 500, answer.text


class Started:
    """A Temporal server that starts whatever it is asked to."""

    def __init__(self):
        self.asked = asyncio.Event()

    async def start_workflow(self, *_args, **_more):
        self.asked.set()


def is_started(office, case_no):
    with office.database.read() as session:
        return session.get_one(CaseRow, case_no).started


async def test_the_relay_s_loop(office, watched):
    """A case that waits to be started is read, and what became of it is noted, beside the loop."""
    case_no = (await asyncio.to_thread(office.start, 994))["caseNo"]
    temporal = Started()
    relay = Relay(temporal, office.database, office.app.state.context.now, patience_s=1.0)
    loop = asyncio.create_task(RelayLoop([relay.start_cases, relay.deliver], every_s=0.01).run())
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(is_started, office, case_no):
            await temporal.asked.wait()
    loop.cancel()
    await relay.close()


def test_the_watch_sees_what_it_is_for(office, tmp_path):
    """SQL and files in the loop are seen; in a thread, or elsewhere, they are not."""
    database = office.database

    def look():
        with database.read() as session:
            session.connection().exec_driver_sql("SELECT 1")
        (tmp_path / "file").write_bytes(secrets.token_bytes(8))

    async def in_the_loop():
        look()

    async def in_a_thread():
        await asyncio.to_thread(look)

    with nothing_blocks(tmp_path) as seen:
        asyncio.run(in_a_thread())
        look()
        assert seen == []
        asyncio.run(in_the_loop())
    assert "SELECT 1" in seen
    assert any(str(tmp_path) in each for each in seen)
