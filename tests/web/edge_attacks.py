"""What a caller with bad intentions sends over a socket of its own, and what becomes of it."""

import contextlib
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

FORM = "Content-Type: application/x-www-form-urlencoded"


def opened(base, timeout=20):
    where = urlsplit(base)
    return socket.create_connection((where.hostname, where.port), timeout=timeout)


def head(method, path, *lines, host="127.0.0.1"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode("latin-1")


def rest(peer):
    """All that the server still says; empty where it has cut the line."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while piece := peer.recv(65536):
            said += piece
    return said


def dribbled(base, start, *, drop=b"x", every_s=0.1, most_s=20):
    """Seconds until the server has had enough of a caller that sends `start` and then drop by drop, and its answer."""
    with opened(base) as peer:
        began = time.monotonic()
        peer.sendall(start)
        peer.settimeout(every_s)
        said = b""
        while time.monotonic() - began < most_s:
            try:
                piece = peer.recv(65536)
            except TimeoutError:
                with contextlib.suppress(ConnectionError):
                    peer.sendall(drop)
            except ConnectionError:
                break
            else:
                if not piece:
                    break
                said += piece
        return time.monotonic() - began, said


def poured(base, start, piece, times):
    """The answer to a caller that sends `start` and then `piece` so many times, unless it is told to stop."""
    with opened(base) as peer:
        peer.sendall(start)
        with contextlib.suppress(ConnectionError):
            for _ in range(times):
                peer.sendall(piece)
        return rest(peer)


def status_of(said):
    return int(said.split(b" ", 2)[1]) if said.startswith(b"HTTP/1.1 ") else None


def memory_mb(process, what="VmRSS"):
    """Of a process; `VmHWM` is the most it ever had."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1024


def connections(base):
    """How many the server of `base` holds, from the system's own table."""
    port = f"{urlsplit(base).port:04X}"
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(1 for line in lines if line[1].endswith(f":{port}") and line[3] == "01")
