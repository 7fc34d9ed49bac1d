"""A virus scanner for a test: speaks INSTREAM over TCP as clamd(8) describes it, and finds what holds `BAD`."""

import socket
import struct
import threading
import time
from contextlib import contextmanager

BAD = b"X5O!P%@AP"


class Scanner:
    """One clamd. `says`: what it answers in place of the truth; `after_s`: how long it thinks."""

    def __init__(self) -> None:
        self.files: list[bytes] = []
        self.says: bytes | None = None
        self.after_s = 0.0
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return self._listening.getsockname()[1]

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)  # else the thread takes one call more
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as coming:
                self._answer(connection, coming)

    def _answer(self, connection, coming) -> None:
        assert coming.read(10) == b"zINSTREAM\0"
        data = b""
        while size := struct.unpack("!L", coming.read(4))[0]:
            data += coming.read(size)
        self.files.append(data)
        time.sleep(self.after_s)
        verdict = b"stream: Eicar-Signature FOUND" if BAD in data else b"stream: OK"
        connection.sendall((verdict if self.says is None else self.says) + b"\0")


@contextmanager
def scanning():
    scanner = Scanner()
    try:
        yield scanner
    finally:
        scanner.close()
