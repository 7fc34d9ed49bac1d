"""The edge's rules one by one: names, callers, buckets, wrong passwords; and what they cost a request."""

import asyncio
import time
from datetime import timedelta

import pytest

from exchange import buckets
from exchange.buckets import Buckets
from runtime.edge_settings import hosts, is_within, networks
from runtime.settings import load_settings
from tests.borders import nobodys_ports
from web.edge.front import Front
from web.edge.names import known_names
from web.edge.proxies import resolve
from web.edge.sockets import Places
from web.foundation import login_tries
from web.foundation.login_tries import LoginTries, TooManyLogins
from web.security.callers import FORWARDED, counted_as

EVERYWHERE = "0.0.0.0"  # noqa: S104 – compared, not bound
PROXIES = networks("10.0.0.0/8, 127.0.0.1")


@pytest.fixture
def settings(tmp_path):
    def of(**given):
        return load_settings(None, sandbox="1", data_dir=tmp_path, **nobodys_ports(), **given)

    return of


def scope_of(peer, *said, host=b"hall.example"):
    return {
        "type": "http",
        "method": "GET",
        "path": "/",
        "scheme": "http",
        "client": (peer, 1),
        "headers": [(b"host", host), *said],
    }


@pytest.mark.parametrize(
    ("peer", "chain", "client"),
    [
        ("10.1.1.1", b"203.0.113.9", "203.0.113.9"),
        ("10.1.1.1", b"1.1.1.1, 203.0.113.9, 10.2.2.2", "203.0.113.9"),
        ("10.1.1.1", b"203.0.113.9:5000", "203.0.113.9"),
        ("10.1.1.1", b"[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:10.1.1.1", b"203.0.113.9", "203.0.113.9"),
        ("10.1.1.1", b"10.3.3.3", "10.3.3.3"),
        ("10.1.1.1", b"unknown", "10.1.1.1"),
        ("10.1.1.1", b"203.0.113.9, unknown", "10.1.1.1"),
        ("10.1.1.1", b"", "10.1.1.1"),
        ("203.0.113.50", b"10.0.0.1", "203.0.113.50"),
    ],
)
def test_who_calls_is_the_nearest_that_is_no_proxy_of_ours(peer, chain, client):
    scope = scope_of(peer, (b"x-forwarded-for", chain))
    resolve(scope, PROXIES)
    assert scope["client"][0] == client
    assert bool(scope.get(FORWARDED)) == (peer == "203.0.113.50")


def test_scheme_and_host_are_what_the_proxy_next_to_us_says():
    said = [(b"x-forwarded-proto", b"http, https"), (b"x-forwarded-host", b"evil.example, real.example")]
    scope = scope_of("10.1.1.1", *said)
    resolve(scope, PROXIES)
    assert (scope["scheme"], dict(scope["headers"])[b"host"]) == ("https", b"real.example")
    stranger = scope_of("203.0.113.50", *said)
    resolve(stranger, PROXIES)
    assert (stranger["scheme"], dict(stranger["headers"])[b"host"]) == ("http", b"hall.example")
    odd = scope_of("10.1.1.1", (b"x-forwarded-proto", b"javascript"))
    resolve(odd, PROXIES)
    assert odd["scheme"] == "http"


@pytest.mark.parametrize(
    ("given", "known", "unknown"),
    [
        ({}, ["localhost", "127.0.0.1:8000", "[::1]"], ["evil.example", "", "localhost.evil.example", "localhost:x"]),
        ({"public_url": "https://Hall.Example/kuayu"}, ["hall.example", "hall.example.:443"], ["x.hall.example"]),
        ({"host": EVERYWHERE}, ["anything.example"], []),
        ({"host": EVERYWHERE, "public_url": "https://hall.example"}, ["hall.example", "127.0.0.1"], ["10.0.0.5"]),
        ({"edge": {"hosts": "a.example,*.b.example"}}, ["A.example", "x.b.example"], ["b.example", "localhost"]),
        ({"edge": {"hosts": "any"}}, ["anything.example"], []),
    ],
)
def test_under_which_names_we_answer(settings, given, known, unknown):
    knows = known_names(settings(**given))
    assert [name for name in known if not knows(name)] == []
    assert [name for name in unknown if knows(name)] == []


@pytest.mark.parametrize("text", ["https://a.example", "a.example:80", "a b", "*"])
def test_what_is_no_name_is_said_at_the_start(text):
    with pytest.raises(ValueError, match="no name of a host"):
        hosts(text)


def test_networks_are_addresses_or_ranges_and_off_is_none():
    assert networks("off") == networks("") == ()
    assert is_within("::1", networks("::1"))
    assert not is_within("testclient", networks("0.0.0.0/0"))
    with pytest.raises(ValueError, match="does not appear"):
        networks("proxy.example")


def test_a_bucket_gives_what_it_holds_and_then_its_pace():
    clock = [0.0]
    bucket = Buckets(2, most=3, clock=lambda: clock[0])
    assert [bucket.take("a") for _ in range(4)] == [None, None, None, 1]
    assert bucket.take("b") is None
    clock[0] = 0.5
    assert [bucket.take("a"), bucket.take("a")] == [None, 1]
    bucket.give_back("a")
    assert bucket.take("a") is None
    clock[0] = 1000
    assert [bucket.take("a") for _ in range(4)] == [None, None, None, 1]
    assert Buckets(0).take("a") is None


def test_made_up_keys_fill_no_memory(monkeypatch):
    monkeypatch.setattr(buckets, "KEYS", 100)
    bucket = Buckets(1)
    for number in range(1000):
        bucket.take(str(number))
    assert len(bucket._left) == 100


def test_households_of_ipv6_are_one_caller():
    assert counted_as("2001:db8:1:2::1") == counted_as("2001:db8:1:2:ffff::9") != counted_as("2001:db8:1:3::1")
    assert counted_as("::ffff:203.0.113.9") == counted_as("203.0.113.9")


def test_places_are_counted_and_given_back(settings):
    edge = settings(edge={"connections": "10", "connections_per_address": "3", "trusted_proxies": "10.0.0.0/8"}).edge
    places = Places(edge)
    mine = [places.take("203.0.113.9") for _ in range(4)]
    assert mine == ["203.0.113.9"] * 3 + [None]
    assert [places.take("10.1.1.1") for _ in range(8)] == [""] * 7 + [None]
    places.give_back(mine[0])
    assert places.take("203.0.113.9") is not None


async def test_who_has_to_wait_is_told_so_after_a_pause(monkeypatch):
    paused = []

    async def pause(seconds):
        paused.append(seconds)

    monkeypatch.setattr(login_tries.asyncio, "sleep", pause)
    for wait, seconds, minutes in ((timedelta(seconds=0.2), 1, 1), (timedelta(minutes=4, seconds=1), 241, 5)):
        with pytest.raises(TooManyLogins) as refused:
            await LoginTries().refuse(wait)
        assert refused.value.retry_after_s == seconds
        assert f"请{minutes}分钟后再试" in refused.value.sentence
    assert paused == [login_tries.PAUSE_S] * 2


def test_it_costs_a_request_less_than_a_tenth_of_a_millisecond(settings):
    """The whole front around nothing, through a proxy, in the time of this process."""
    edge = {"trusted_proxies": "10.0.0.0/8", "hosts": "hall.example", "address_per_s": "1000000"}

    async def nothing(_scope, _receive, _send):
        pass

    front = Front(nothing, settings(edge=edge))
    said = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https")]
    more = [(b"accept-%d" % number, b"*/*") for number in range(15)]

    async def many(times):
        for _ in range(times):
            await front(scope_of("10.1.1.1", *said, *more), None, None)

    asyncio.run(many(100))
    began = time.process_time()
    asyncio.run(many(2000))
    assert (time.process_time() - began) / 2000 < 0.0001
