"""A real OpenID provider of its own for a test: oidc-provider from the npm registry, installed once."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from re import search
from urllib.parse import urljoin

import httpx

from runtime.fetching import Patience, cache_dir, draft_folder, fetching_alone, run_with_progress

VERSION = "9.13.3"
HERE = Path(__file__).parent / "provider"
CLIENT_ID, CLIENT_SECRET = "kuayu", "only:for tests%"
ROLE_MAP = "统一窗口岗=clerk,hall-admin=operator"
_FILES = ("package.json", "package-lock.json", "provider.mjs")
_READY_S = 20.0


class ProviderMissing(RuntimeError):
    """`make test` installs Node where it may; see tests/setup.sh."""


@dataclass
class Provider:
    """One that runs. `process`: to be ended by a test that wants it away."""

    issuer: str
    process: "subprocess.Popen[bytes]"

    def settings(self, **more: str) -> dict[str, str]:
        """The variables with which an installation of ours believes it."""
        said = {"OIDC_ISSUER": self.issuer, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
        return said | {"OIDC_ROLE_MAP": ROLE_MAP, "OIDC_UNIT_CLAIM": "unit"} | more


def installed() -> Path:
    """The folder with the program; filled where this machine has not got it."""
    content = b"".join((HERE / name).read_bytes() for name in _FILES)
    target = cache_dir() / f"oidc-provider-{VERSION}-{hashlib.sha256(content).hexdigest()[:16]}"
    if target.is_dir():
        return target
    if not (npm := shutil.which("npm")) or not shutil.which("node"):
        raise ProviderMissing("the OpenID provider runs on Node: run tests/setup.sh, which installs it")
    with fetching_alone(print) as folder:
        if target.is_dir():  # another process brought it while we waited
            return target
        with draft_folder(folder) as draft:
            made = draft / "provider"
            made.mkdir()
            for name in _FILES:
                shutil.copy(HERE / name, made)
            argv = [npm, "ci", "--prefix", str(made), "--ignore-scripts", "--no-audit", "--no-fund"]
            patience = Patience(total_s=300)
            fault = run_with_progress(
                argv, env=os.environ, watch=made, patience=patience, label="installing oidc-provider", say=print
            )
            if fault:
                raise ProviderMissing(f"oidc-provider could not be installed: {fault}")
            made.rename(target)
    return target


@contextmanager
def oidc_provider(folder: Path, ours: str, *, ended: bool = False, in_id_token: bool = False) -> Iterator[Provider]:
    """Run one while the block runs. `ours`: our address, as PUBLIC_URL says it; `ended`: it tells us of log-outs."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    told = {
        "port": port,
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "redirectUri": f"{ours}/login/oidc/callback",
        "backTo": f"{ours}/login",
        "endedUri": f"{ours}/login/oidc/ended" if ended else None,
        "inIdToken": in_id_token,
    }
    argv = ["node", str(installed() / "provider.mjs"), json.dumps(told)]
    with (folder / "oidc.log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)
    issuer = f"http://127.0.0.1:{port}"
    try:
        _wait(issuer, process, folder / "oidc.log")
        yield Provider(issuer, process)
    finally:
        process.terminate()
        process.wait(10)


def _wait(issuer: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{issuer}/.well-known/openid-configuration").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise ProviderMissing(f"oidc-provider did not come up: {log.read_text()[-500:]}")


def walked(address: str, login: str) -> str:
    """Through the provider's pages as a person: log in, agree; the address of ours that he is sent back to."""
    with httpx.Client() as browser:
        origin = address.partition("/auth")[0]
        answer = browser.get(address)
        for _ in range(12):
            if answer.is_redirect:
                to = urljoin(str(answer.url), answer.headers["location"])
                if not to.startswith(origin):
                    return to
                answer = browser.get(to)
                continue
            assert answer.status_code == 200, answer.text
            form = search(r'action="([^"]+)"', answer.text)
            prompt = search(r'name="prompt" value="(\w+)"', answer.text)
            assert form and prompt, answer.text
            said = {"prompt": prompt[1]} | ({"login": login, "password": "x"} if prompt[1] == "login" else {})
            answer = browser.post(urljoin(str(answer.url), unescape(form[1])), data=said)
    raise AssertionError("the provider does not come to an end")
