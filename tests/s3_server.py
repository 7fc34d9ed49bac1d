"""A real S3 server of its own for a test: VersityGW over a folder, built once for this machine with Go."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.fetching import Patience, cache_dir, fetch_program, fetching_alone
from storage.documents.s3 import S3Bucket

VERSION = "v1.8.0"
_PACKAGE = f"github.com/versity/versitygw/cmd/versitygw@{VERSION}"
_READY_S = 20.0


class S3Missing(RuntimeError):
    """`make test` installs Go where it may; see tests/setup.sh."""


def program() -> Path:
    """Where the server is; built where this machine has not got it."""
    if found := shutil.which("versitygw"):
        return Path(found)
    target = cache_dir() / f"versitygw-{VERSION}"
    if target.is_file():
        return target
    if not (go := shutil.which("go")):
        raise S3Missing("versitygw has to be built: run tests/setup.sh, which installs Go")
    with fetching_alone(print):
        if target.is_file():  # another process brought it while we waited
            return target
        argv = [go, "install", "-ldflags", "-s -w", _PACKAGE]
        fault = fetch_program(
            lambda draft: (argv, {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(draft)}),
            target,
            patience=Patience(total_s=900),
            label="building versitygw",
            say=print,
        )
    if fault:
        raise S3Missing(f"versitygw could not be built: {fault}")
    return target


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Bucket]:
    """Run one while the block runs; yields an empty bucket of it."""
    root, aside = folder / "s3", folder / "attributes"
    (root / "kuayu").mkdir(parents=True)
    aside.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    argv = [str(program()), "--access", "test-key", "--secret", "test-secret", "--port", f"127.0.0.1:{port}"]
    with (folder / "s3.log").open("wb") as log:
        process = subprocess.Popen([*argv, "posix", "--sidecar", str(aside), str(root)], stdout=log, stderr=log)
    try:
        _wait(port, process, folder / "s3.log")
        yield S3Bucket(
            url=f"http://127.0.0.1:{port}",
            bucket="kuayu",
            region="us-east-1",
            access_key="test-key",
            secret_key="test-secret",
        )
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise S3Missing(f"versitygw did not come up: {log.read_text()[-500:]}")
