"""What every test may use."""

import gc
from collections.abc import Iterator

import pytest
import structlog

from tests import borders
from tests.postgresql import fresh_database, server

# A traceback with every local value takes seconds to draw, and where a server is away on purpose there are many.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

borders.guard()


def pytest_collection_finish() -> None:
    """What was imported stays: looked through again and again for garbage, it cost seconds at a time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    yield
    _stayed_inside()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    yield
    _stayed_inside()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    yield
    _stayed_inside()


def _stayed_inside() -> None:
    """Also where the program under test took the refusal for an answer."""
    if refused := borders.crossed():
        pytest.fail(f"touched what no test has started: {'; '.join(refused)}", pytrace=False)


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


@pytest.fixture(scope="module")
def module_postgresql_url(postgresql: str) -> str:
    """The same for all tests of a file."""
    return fresh_database(postgresql)
