"""The secret: renewed in time, by one caller, while the others go on with the old one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretBytes

from domain.errors import PartnerUnavailable
from partners.interprovincial.secret import Secret, SecretKeeper
from tests.in_memory import SecretsInMemory

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Source:
    """Hands out secrets that live for an hour, as fast as `gate` lets it."""

    def __init__(self) -> None:
        self.clock = NOW
        self.fetched = 0
        self.broken = False
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def fetch(self) -> Secret:
        self.entered.set()
        assert self.gate.wait(5)
        if self.broken:
            raise PartnerUnavailable("暂时不可用")
        self.fetched += 1
        return Secret(key=SecretBytes(b"%d" % self.fetched), ends_at=self.clock + timedelta(hours=1))


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def keeper(source: Source) -> SecretKeeper:
    return SecretKeeper(SecretsInMemory(), source.fetch, lambda: source.clock, 180)


def test_fifty_callers_without_a_secret_make_one_call(source: Source, keeper: SecretKeeper):
    source.gate.clear()
    with ThreadPoolExecutor(50) as pool:
        waiting = [pool.submit(keeper.current) for _ in range(50)]
        assert source.entered.wait(5)
        source.gate.set()
        found = {future.result(10).key.get_secret_value() for future in waiting}
    assert (found, source.fetched) == ({b"1"}, 1)


def test_renewed_from_180_s_before_its_end_and_nobody_waits_meanwhile(source: Source, keeper: SecretKeeper):
    first = keeper.current()
    source.clock = NOW + timedelta(seconds=3419)
    assert keeper.current() == first
    source.clock = NOW + timedelta(seconds=3420)
    source.gate.clear()
    source.entered.clear()
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(keeper.current)
        assert source.entered.wait(5)
        assert keeper.current() == first  # at once, while another renews
        source.gate.set()
        second = renewing.result(5)
    assert second != first
    assert keeper.counting() == (second, first)
    source.clock = NOW + timedelta(seconds=3600)
    assert first in keeper.counting()  # its end included
    source.clock = NOW + timedelta(seconds=3601)
    assert keeper.counting() == (second,)


def test_a_failing_renewal_matters_only_when_no_secret_is_left(source: Source, keeper: SecretKeeper):
    first = keeper.current()
    source.broken = True
    source.clock = NOW + timedelta(seconds=3590)
    assert keeper.current() == first
    source.clock = NOW + timedelta(seconds=3601)
    with pytest.raises(PartnerUnavailable):
        keeper.current()
    source.broken = False
    assert keeper.current() != first


def test_who_waits_too_long_gets_none(source: Source, keeper: SecretKeeper):
    source.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(keeper.current)
        assert source.entered.wait(5)
        assert keeper.current(patience_s=0.05) is None
        source.gate.set()
        assert fetching.result(5) is not None


def test_a_refused_secret_is_replaced_once(source: Source, keeper: SecretKeeper):
    first = keeper.current()
    with ThreadPoolExecutor(8) as pool:
        found = {one.result(5).key.get_secret_value() for one in [pool.submit(keeper.replace, first) for _ in range(8)]}
    assert (found, source.fetched) == ({b"2"}, 2)
    assert keeper.replace(first) == keeper.current()
    assert source.fetched == 2


def test_a_secret_is_never_printed(keeper: SecretKeeper):
    assert "b'1'" not in repr(keeper.current())
