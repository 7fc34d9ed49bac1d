"""Logging in with more than a password, in Chromium: a security key (virtual), an app, and a real unified login."""

from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from pydantic import SecretStr

from domain.one_time import code_at, step_of
from runtime.login_settings import OidcSettings
from storage.people.factors import reset_factors
from storage.people.one_time import begun
from storage.people.provided import ProvidedAccountRow
from storage.people.sessions import LoginRow
from tests.oidc_server import CLIENT_ID, CLIENT_SECRET, ROLE_MAP, oidc_provider
from tests.web.desks import WAIT_MS, desk_of
from tests.web.following import served_alone
from tests.web.keyboard import is_walked_well
from tests.web.looks import photographed
from web.security.unified import provider_of

pytestmark = pytest.mark.browser
KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def base(office):
    """Under the name localhost: keys are bound to names, not to addresses."""
    with served_alone(office.app) as url:
        here = f"http://localhost:{urlsplit(url).port}"
        known(office, public_url=here)
        yield here


@pytest.fixture(autouse=True)
def nobody_has_a_factor(office):
    yield
    with office.database.write() as session:
        reset_factors(session, "clerk")
    known(office, second_factor_roles="")


def known(office, **more):
    context = office.app.state.context
    office.app.state.context = replace(context, settings=context.settings.model_copy(update=more))


def plug_in(page):
    """A security key that is touched as soon as it is asked: its session of the debugger, and its id."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    return cdp, cdp.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]


def typed_password(desk):
    desk.open("/login?next=/cases")
    desk.page.fill("#username", "clerk")
    desk.page.fill("#password", "demo")
    desk.page.click("button.main")
    desk.page.wait_for_url("**/login/second?next=*")
    return desk.page


def code_of(office, by=0):
    """What the telephone shows that has scanned the code on the page."""
    context = office.app.state.context
    with office.database.read() as session:
        secret = begun(session, context.sealer, "clerk")
    return code_at(secret, step_of(context.now()) + by)


def log_out(page, base):
    page.goto(f"{base}/")
    page.click(".me button")
    page.wait_for_url("**/login")


def test_a_key_is_bound_and_opens_the_next_login(chromium, office, base):
    with desk_of(chromium, base) as desk:
        page = desk.log_in("clerk", "/window")
        plug_in(page)
        page.goto(f"{base}/account/factors")
        photographed(page, "factors-none")
        page.fill("#key-name", "蓝色U盾")
        page.click("#new-key button")
        expect(page.locator("#codes li")).to_have_count(10)
        photographed(page, "factors-codes")
        page.click("#codes a")
        expect(page.locator("#keys ~ ul li")).to_contain_text("蓝色U盾")
        photographed(page, "factors-key")
        log_out(page, base)
        typed_password(desk)
        photographed(page, "second-key")
        page.click("#use-key button")
        page.wait_for_url(f"{base}/cases")


def test_a_key_that_is_another_s_is_said_and_a_recovery_code_helps(chromium, office, base):
    with desk_of(chromium, base) as desk:
        page = desk.log_in("clerk", "/window")
        cdp, plugged = plug_in(page)
        page.goto(f"{base}/account/factors")
        page.fill("#key-name", "U盾")
        page.click("#new-key button")
        code = page.locator("#codes li").first.inner_text()
        log_out(page, base)
        typed_password(desk)
        cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": plugged})
        cdp.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        page.click("#use-key button")
        expect(page.locator("#use-key-said")).to_contain_text("没有完成", timeout=WAIT_MS)
        page.click("details summary")
        page.fill("details input[name=code]", code)
        page.click("details button")
        page.wait_for_url(f"{base}/cases")


def test_an_app_is_bound_and_taken_away_again(chromium, office, base):
    with desk_of(chromium, base) as desk:
        page = desk.log_in("clerk", "/window")
        page.goto(f"{base}/account")
        page.click("text=手机验证码、安全密钥")
        page.click("#begin-app")
        expect(page.locator(".square svg")).to_be_visible()
        photographed(page, "factors-app")
        page.fill("#code", "000000")
        page.click("#confirm-app button")
        expect(page.locator("#said")).to_contain_text("验证码不对")
        desk.faults[:] = [fault for fault in desk.faults if "401" not in fault]
        page.fill("#code", code_of(office))
        page.click("#confirm-app button")
        expect(page.locator("#codes li")).to_have_count(10)
        page.click("#codes a")
        page.click("text=解除手机验证码")
        page.click("dialog button.main")
        expect(page.locator("#begin-app")).to_be_visible()


def test_who_must_have_a_factor_binds_it_on_the_way_in(chromium, office, base):
    known(office, second_factor_roles="clerk")
    with desk_of(chromium, base, java_script_enabled=False) as desk:
        page = typed_password(desk)
        page.click("text=开始绑定")
        expect(page.locator(".square svg")).to_be_visible()
        page.fill("#code", code_of(office))
        page.click("button.main")
        expect(page.locator("ol li")).to_have_count(10)
        page.click("text=记好了，继续")
        page.wait_for_url(f"{base}/cases")


def test_the_steps_are_walked_by_keyboard_and_keep_the_rules(chromium, office, base):
    known(office, second_factor_roles="clerk")
    with desk_of(chromium, base) as desk:
        page = typed_password(desk)
        plug_in(page)
        is_walked_well(page)
        photographed(page, "second-enrol")
        page.click("text=开始绑定")
        photographed(page, "second-app")
        page.fill("#key-name", "指纹")
        page.click("#new-key button")
        expect(page.locator("#codes li")).to_have_count(10)
        photographed(page, "second-codes")
        page.click("#codes a")
        page.wait_for_url(f"{base}/cases")


@contextmanager
def unified(office, base, folder, **more):
    with oidc_provider(folder, base, ended=True, **more) as provider:
        said = {"client_id": CLIENT_ID, "client_secret": SecretStr(CLIENT_SECRET), "role_map": ROLE_MAP}
        known(office, oidc=OidcSettings(issuer=provider.issuer, **said))
        context = office.app.state.context
        client = provider_of(context.settings, context.now)
        office.app.state.context = replace(context, provider=client)
        yield provider
        known(office, oidc=OidcSettings())
        office.app.state.context = replace(office.app.state.context, provider=None)


def test_in_by_the_unified_login_and_out_of_both(chromium, office, base, tmp_path):
    """The browser goes to the provider's real pages and back; out there, its word ends the session here."""
    with unified(office, base, tmp_path) as provider:
        context = chromium.new_context(locale="zh-CN")
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{base}/login?next=/cases")
        keeps = page.locator("text=统一认证登录")
        expect(keeps).to_be_visible()
        keeps.click()
        page.fill("input[name=login]", "wang-clerk")
        page.fill("input[name=password]", "x")
        page.click("button[type=submit]")
        page.click("button[type=submit]")  # agrees
        page.wait_for_url(f"{base}/cases")
        with office.database.read() as session:
            assert session.query(ProvidedAccountRow).one().username == "oidc:wang-clerk"
        page.goto(f"{base}/login/oidc/leave")
        assert page.url.startswith(provider.issuer)
        page.click("button[autofocus], button[value=yes]")
        page.wait_for_url(f"{base}/login*")
        answer = page.request.get(f"{base}/api/v1/session")
        assert answer.status == 401, "the provider has told us that he left"
        context.close()


def test_a_form_whose_login_ended_goes_on_after_the_second_step_in_another_tab(chromium, office, base):
    with desk_of(chromium, base) as desk:
        page = desk.log_in("clerk", "/window")
        page.goto(f"{base}/account/factors")
        page.click("#begin-app")
        expect(page.locator(".square svg")).to_be_visible()
        page.fill("#code", code_of(office))
        page.click("#confirm-app button")
        expect(page.locator("#codes li")).to_have_count(10)
        recovery = page.locator("#codes li").first.inner_text()
        page.goto(f"{base}/window/new")
        page.fill("#applicant-phone", "13800000001")
        ends_every_session(office)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("#session")).to_be_visible()
        page.fill("#session-password", "demo")
        page.click("#session .main")
        with page.expect_popup() as opened:
            page.click("#session-further a")
        tab = opened.value
        tab.fill("#code", recovery)
        tab.click("button.main")
        tab.wait_for_url(f"{base}/window")
        expect(page.locator("#session")).to_be_hidden(timeout=WAIT_MS)
        assert page.input_value("#applicant-phone") == "13800000001"
        desk.faults[:] = [fault for fault in desk.faults if "401" not in fault]


def ends_every_session(office):
    with office.database.write() as session:
        session.query(LoginRow).filter_by(username="clerk").delete()
