"""The virus scanner: clamd, asked by INSTREAM (clamd(8)) over TCP. Ours, because it is one exchange of bytes.

What is sent stays in the scanner's memory and its own temporary file; it goes to a machine of the hall, never outside.
"""

import socket
import struct
from time import monotonic

import structlog

from domain.errors import BadInput, ServiceUnavailable

log = structlog.get_logger(__name__)

_PIECE = 64 * 1024
_LONGEST_ANSWER = 4096
_AWAY = "病毒扫描服务没有回应，文件没有保存；请稍后再上传，一直如此请联系运维"
_INFECTED = "这个文件没有通过病毒扫描，没有保存；请换一份干净的文件"


class Clamd:
    """A clamd at `host`:`port`; `total_s`: seconds for one file in all. Thread-safe: every call has its connection."""

    def __init__(self, host: str, port: int, total_s: float) -> None:
        self._where = host, port
        self._total_s = total_s

    def scan(self, data: bytes) -> None:
        """Nothing where the file is clean.

        Raises:
            BadInput: something was found (`DOCUMENT_INFECTED`); its name goes into the log, which is for the operator.
            ServiceUnavailable: no answer in time, or one that says neither (`SCANNER_AWAY`).
        """
        try:
            answer = self._ask(data)
        except OSError as fault:
            log.error("scanner_away", error=type(fault).__name__)
            raise ServiceUnavailable(_AWAY, code="SCANNER_AWAY") from fault
        if answer == "stream: OK":
            return
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            log.warning("document_infected", signature=answer[len("stream: ") : -len(" FOUND")][:120])
            raise BadInput(_INFECTED, code="DOCUMENT_INFECTED")
        log.error("scanner_refuses", answer=answer[:120])
        raise ServiceUnavailable(_AWAY, code="SCANNER_AWAY")

    def _ask(self, data: bytes) -> str:
        until = monotonic() + self._total_s
        with socket.create_connection(self._where, self._total_s) as connection:

            def in_time() -> socket.socket:
                connection.settimeout(max(until - monotonic(), 0.001))
                return connection

            in_time().sendall(b"zINSTREAM\0")
            for start in range(0, len(data), _PIECE):
                piece = data[start : start + _PIECE]
                in_time().sendall(struct.pack("!L", len(piece)) + piece)
            in_time().sendall(struct.pack("!L", 0))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER and (more := in_time().recv(1024)):
                answer += more
        return answer.rstrip(b"\0").decode("utf-8", "replace")
