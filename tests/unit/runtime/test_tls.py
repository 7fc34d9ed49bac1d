"""TLS towards PostgreSQL and Temporal, against servers that have it on, ask for a certificate, and may be false."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from bench.real_server import ServerTls, real_server
from cli.migration import run_migration
from domain.errors import Misconfigured
from runtime.container import container_of
from runtime.settings import load_settings
from runtime.temporal import connect, is_serving, prepare_namespace
from storage.migrating import standing
from tests.certificates import Authority
from tests.postgresql import FORGETFUL, server

ACCESS = """\
hostssl all kuayu 127.0.0.1/32 cert
host    all watcher 127.0.0.1/32 trust
"""
"""Kuayu shows a certificate that says `kuayu`; the other one is how the test sees that the server is there."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"), "authority")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """Another authority, which nobody believes."""
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture(scope="module")
def secured(authority):
    """The URL of a database on a PostgreSQL that lets nobody in without TLS and a certificate."""
    own = authority.pair("postgresql", "127.0.0.1")
    files = {"its.crt": own.cert.read_bytes(), "its.key": own.key.read_bytes(), "ca.crt": authority.file.read_bytes()}
    options = (*FORGETFUL, "ssl=on", "ssl_cert_file=its.crt", "ssl_key_file=its.key", "ssl_ca_file=ca.crt")
    with server(options, files, ACCESS, waits_as="watcher") as url:
        yield url.replace("postgresql://", "postgresql+psycopg://")


def settings_of(tmp_path, **given):
    return load_settings(None, sandbox="1", data_dir=tmp_path, **given)


def tls(authority, pair=None, prefix="database"):
    said = {f"{prefix}_ca": authority.file}
    return said if pair is None else said | {f"{prefix}_cert": pair.cert, f"{prefix}_key": pair.key}


def test_postgresql_is_known_by_its_certificate_and_knows_us_by_ours(secured, authority, tmp_path):
    settings = settings_of(tmp_path, database_url=secured, tls=tls(authority, authority.pair("kuayu")))
    list(run_migration(settings))
    database = container_of(settings).database
    current, newest = standing(database.engine)
    assert current == newest
    with database.write() as session:
        spoken = session.connection().exec_driver_sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert spoken.scalar() is True
    database.close()


@pytest.mark.parametrize(
    ("host", "believes", "shows"),
    [
        ("127.0.0.1", "authority", None),
        ("127.0.0.1", "authority", "stranger"),
        ("127.0.0.1", "stranger", "authority"),
        ("localhost", "authority", "authority"),
    ],
    ids=["no certificate of ours", "one that nobody believes", "a server that we don't believe", "another name"],
)
def test_postgresql_is_not_spoken_to_where_one_side_does_not_believe_the_other(
    secured, authority, stranger, tmp_path, host, believes, shows
):
    known = {"authority": authority, "stranger": stranger, None: None}
    pair = known[shows].pair("kuayu") if shows else None
    url = secured.replace("127.0.0.1", host)
    database = container_of(settings_of(tmp_path, database_url=url, tls=tls(known[believes], pair))).database
    with pytest.raises(OperationalError, match=r"(?i)certificate|ssl|connection"):
        standing(database.engine)
    database.close()


@pytest.mark.temporal
async def test_temporal_is_known_by_its_certificate_and_knows_us_by_ours(authority, stranger, postgresql, tmp_path):
    own = authority.pair("temporal", "temporal.example")
    served = ServerTls(own.cert, own.key, authority.file, "temporal.example")
    async with real_server(tmp_path / "server", postgresql, print, served) as address:

        def settings(**said):
            return settings_of(tmp_path, temporal_address=address, tls={"temporal_server_name": served.name, **said})

        right = tls(authority, authority.pair("worker"), "temporal")
        await prepare_namespace(settings(**right))
        client = await connect(settings(**right), lazy=True)  # as the web process does
        assert await client.service_client.check_health()
        wrong = [
            settings(**tls(authority, None, "temporal")),
            settings(**tls(authority, stranger.pair("worker"), "temporal")),
            settings(**tls(stranger, authority.pair("worker"), "temporal")),
            settings(**right | {"temporal_server_name": "other.example"}),
            settings_of(tmp_path, temporal_address=address),
        ]
        assert await asyncio.gather(*map(is_serving, wrong)) == [False] * len(wrong)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"database_ca": "/nowhere.crt"}, "TLS_DATABASE_CA: can't be read"),
        ({"database_cert": __file__}, "TLS_DATABASE_CERT and TLS_DATABASE_KEY belong together"),
        ({"temporal_key": __file__}, "TLS_TEMPORAL_CERT and TLS_TEMPORAL_KEY belong together"),
        ({"database_cert": __file__, "database_key": __file__}, "TLS_DATABASE_CERT needs TLS_DATABASE_CA"),
    ],
)
def test_half_of_it_is_said_at_the_start(tmp_path, given, said):
    with pytest.raises(Misconfigured, match=said):
        settings_of(tmp_path, tls=given)
