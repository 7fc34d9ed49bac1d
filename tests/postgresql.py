"""A PostgreSQL of its own for the time of a test session: one server, one empty database per asker."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg


class PostgresMissing(RuntimeError):
    """`make test` installs it where it may; see tests/setup.sh."""


def program(name: str) -> str:
    """Where one of PostgreSQL's programs is."""
    found = shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    if found is None:
        raise PostgresMissing(f"{name} of PostgreSQL is not installed: run tests/setup.sh")
    return str(Path(found).resolve())


def _as_its_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then its own user owns the folder."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres")
    return ["runuser", "-u", "postgres", "--"]


FORGETFUL = ("fsync=off", "full_page_writes=off")
"""What a test's data does not need."""


@contextmanager
def server(
    options: Sequence[str] = FORGETFUL,
    files: Mapping[str, bytes] | None = None,
    access: str | None = None,
    waits_as: str = "kuayu",
) -> Iterator[str]:
    """Start one with these settings; yields the URL of its maintenance database, without a driver's name.

    `files`: by name, laid into its data folder for its eyes only. `access`: the whole of its pg_hba.conf; `waits_as`: a
    user whom that lets in without more, and who need not exist.
    """
    with tempfile.TemporaryDirectory(prefix="kuayu-postgresql-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        user = _as_its_user(folder)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        where = ["-D", str(folder / "data")]
        initdb = [*user, program("initdb"), *where, "-U", "kuayu", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder)
        for name, content in ((files or {}) | ({"pg_hba.conf": access.encode()} if access else {})).items():
            _lay(folder / "data" / name, content, as_its_user=bool(user))
        chosen = [part for option in (*options, "max_connections=200") for part in ("-c", option)]
        listen = ["-h", "127.0.0.1", "-p", str(port), "-k", ""]
        with (folder / "log").open("wb") as output:
            command = [*user, program("postgres"), *where, *listen, *chosen]
            process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
        url = f"postgresql://kuayu@127.0.0.1:{port}/postgres"
        try:
            _wait(url.replace("kuayu@", f"{waits_as}@"), process, folder / "log")
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _lay(file: Path, content: bytes, *, as_its_user: bool) -> None:
    file.write_bytes(content)
    file.chmod(0o600)
    if as_its_user:
        shutil.chown(file, "postgres")


def _wait(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError as fault:
            if "does not exist" in str(fault):  # somebody reads what we say: it is there
                return
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(output.read_text(errors="replace")) from None
            time.sleep(0.05)
        else:
            return


def fresh_database(url: str) -> str:
    """A new empty database on that server, as SQLAlchemy wants its URL."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.replace("postgresql://", "postgresql+psycopg://").replace("/postgres", f"/{name}")
