"""What every test may use."""

from collections.abc import Iterator

import pytest

from tests.postgresql import fresh_database, server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests and fixtures run on asyncio, in one loop per session scope."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own."""
    with server() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql: str) -> str:
    """The URL of a new empty database on it, as DATABASE_URL has it."""
    return fresh_database(postgresql)
