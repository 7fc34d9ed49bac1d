"""An office that browsers can reach: its application on a port of its own, in a thread; Temporal is away."""

import socket
import threading
import time
from contextlib import contextmanager

import uvicorn


@contextmanager
def served(office):
    """The base URL of the office's application, for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(office.app, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        ends = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive() and time.monotonic() < ends, "the application does not start"
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
