"""Real servers on free ports: the postal side under test, and a Kuayu that is played for it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn


@contextmanager
def serving(app) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """`serve(app)` → its URL, until the end of the test."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))
