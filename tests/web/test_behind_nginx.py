"""Behind a real nginx with deploy/nginx.conf: https and addresses arrive as they are, and nobody makes them up."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.certificates import Authority
from tests.web.alone import web_alone

CONF = Path(__file__).parents[2] / "deploy/nginx.conf"
NAME = "localhost"
MAIN = "pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; worker_processes 1; user root;\n"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def program():
    found = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else None)
    assert found, "nginx is not installed: run tests/setup.sh"
    return found


def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def nginx(folder, upstream, authority):
    """It, with our own file: yields (https URL, http URL)."""
    own, secure, plain = authority.pair("nginx", NAME), port(), port()
    site = CONF.read_text()
    for theirs, ours in (
        ("127.0.0.1:8000", upstream.removeprefix("http://")),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        ("server_name hall.example", f"server_name {NAME}"),
        ("/etc/ssl/hall.example.crt", str(own.cert)),
        ("/etc/ssl/hall.example.key", str(own.key)),
    ):
        assert theirs in site
        site = site.replace(theirs, ours)
    paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in TEMPORARY)
    head = MAIN.format(folder=folder)
    if os.geteuid() != 0:
        head = head.replace(" user root;", "")
    whole = f"{head}events {{}}\nhttp {{ access_log off;\n{paths}{site}}}\n"
    (folder / "nginx.conf").write_text(whole)
    process = subprocess.Popen([program(), "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        until_listening(secure, process)
        yield f"https://{NAME}:{secure}", f"http://{NAME}:{plain}"
    finally:
        process.terminate()
        process.wait(20)


def until_listening(number, process):
    ends = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", number), timeout=1).close()
        except ConnectionError:
            assert process.poll() is None and time.monotonic() < ends, "nginx does not start"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    """(https URL, http URL, our own without the proxy, the authority's file)."""
    authority = Authority(tmp_path_factory.mktemp("authority"), "authority")
    more = {"EDGE_TRUSTED_PROXIES": "127.0.0.1", "EDGE_OPERATIONS_FROM": "off", "EDGE_ADDRESS_PER_S": "5"}
    with (
        web_alone(tmp_path_factory.mktemp("web"), ready="/healthz", **more) as (base, _),
        nginx(tmp_path_factory.mktemp("nginx"), base, authority) as (secure, plain),
    ):
        yield secure, plain, base, str(authority.file)


@pytest.fixture
def browser(hall):
    with requests.Session() as session:
        session.trust_env, session.verify = False, hall[3]
        yield session


def enter(browser, url, username="operator", **headers):
    form = {"username": username, "password": "demo"}
    return browser.post(f"{url}/login", data=form, headers={"Origin": url} | headers, allow_redirects=False, timeout=30)


def test_a_login_over_https_is_for_https_only(hall, browser):
    secure, _, base, _ = hall
    answer = enter(browser, secure)
    assert answer.status_code == 303
    said = [part.strip().lower() for part in answer.headers["Set-Cookie"].split(";")]
    assert {"secure", "httponly", "samesite=strict"} <= set(said)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert browser.get(f"{secure}/status", timeout=30).status_code == 200
    own = browser.get(f"{base}/healthz", timeout=30)
    assert "Strict-Transport-Security" not in own.headers, "nothing of https was seen there"


def test_in_clear_one_is_sent_on(hall, browser):
    _, plain, *_ = hall
    answer = browser.get(f"{plain}/login", allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{NAME}/login")


def test_a_page_that_came_in_clear_does_not_act(hall, browser):
    secure, *_ = hall
    assert enter(browser, secure, Origin=secure.replace("https:", "http:")).status_code == 403
    assert enter(browser, secure, Origin="https://evil.example").status_code == 403


def test_what_operators_read_needs_their_login_through_the_proxy(hall, browser):
    secure, *_ = hall
    forged = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "Forwarded": "for=127.0.0.1"}
    for path in ("/metrics", "/readyz", "/openapi.json"):
        assert browser.get(f"{secure}{path}", headers=forged, timeout=30).status_code == 401
    assert enter(browser, secure).status_code == 303
    for path in ("/metrics", "/readyz", "/openapi.json", "/docs"):
        assert browser.get(f"{secure}{path}", timeout=30).status_code == 200


def test_each_caller_has_his_own_rate_and_tries(hall, browser):
    """Through a trusted peer: one address is used up, the next is not, and an IPv6 household is one."""
    _, _, base, _ = hall

    def ask(address):
        said = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost"}
        return browser.get(f"{base}/api/v1/session", headers=said, timeout=30).status_code

    assert 429 in {ask("203.0.113.9") for _ in range(70)}
    assert ask("203.0.113.10") == 401
    assert ask("198.51.100.7, 203.0.113.9") == 429, "the nearest address that is no proxy of ours counts"
    assert 429 in {ask(f"2001:db8:1:2::{number:x}") for number in range(70)}
    assert ask("2001:db8:1:3::1") == 401
    assert ask("nonsense") == 401


def test_a_stream_arrives_while_it_goes_on(hall, browser):
    secure, *_ = hall
    assert enter(browser, secure, "supervisor").status_code == 303
    with browser.get(f"{secure}/api/v1/stream?lists=true", stream=True, timeout=30) as answer:
        assert answer.status_code == 200
        assert next(answer.iter_content(1))
