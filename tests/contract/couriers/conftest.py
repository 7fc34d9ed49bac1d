from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from starlette.types import ASGIApp

from tests.contract.serving import served


@pytest.fixture
def serve() -> Iterator[Callable[[ASGIApp], str]]:
    """`serve(app)` → its URL, until the end of the test."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served(app))
