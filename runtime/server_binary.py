"""Finding the Temporal server program for the embedded server, in the order of interfaces.md "Commands".

TEMPORAL_BIN → `temporal` on the PATH → the one fetched earlier → the SDK's own download → `go install` where Go
is there → an error that says what to do. (TEMPORAL_ADDRESS comes before all: then no program is needed.)
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from domain.errors import Misconfigured
from runtime.fetching import Command, Patience, Say, cache_dir, fetch_program, fetching_alone
from runtime.sdk_download import CLI_VERSION

MINIMUM_SERVER = (1, 28)
"""Update-with-start and the visibility queries that Kuayu uses."""

_SERVER_VERSION = re.compile(r"\bServer ([0-9]+(?:\.[0-9]+){1,2})")
_VERSION_WITHIN_S = 30
_SDK_PATIENCE = Patience(total_s=600, stall_s=10)
_GO_PATIENCE = Patience(total_s=1800)

_REMEDY = f"""\
Do one of these and start again:
  - install the Temporal CLI {CLI_VERSION} (https://docs.temporal.io/cli) so that `temporal` is on the PATH
  - set TEMPORAL_BIN to a Temporal CLI, or TEMPORAL_ADDRESS to a Temporal server that runs already
  - install Go (https://go.dev/dl) so that it can be built, or allow this machine to reach temporal.download"""


class Source(StrEnum):
    """Where the program came from."""

    TEMPORAL_BIN = "TEMPORAL_BIN"
    PATH = "PATH"
    CACHE = "cache"
    SDK = "SDK download"
    GO = "go install"


@dataclass(frozen=True)
class ServerBinary:
    """A Temporal CLI that has been asked for its version."""

    path: Path
    server_version: str
    source: Source


def version_tuple(version: str) -> tuple[int, ...]:
    """ "1.29.1" → (1, 29, 1), to be compared. Raises ValueError for anything but numbers and dots."""
    return tuple(int(part) for part in version.split("."))


def inspect(path: Path, source: Source) -> ServerBinary:
    """Ask a program for its version.

    Raises:
        Misconfigured: it does not run, is no Temporal CLI, or its server is older than 1.28.
    """
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=_VERSION_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise Misconfigured(f"{path} does not run: {fault}") from fault
    found = _SERVER_VERSION.search(answer.stdout)
    if answer.returncode != 0 or not found:
        raise Misconfigured(f"{path} is not a Temporal CLI")
    if version_tuple(found[1]) < MINIMUM_SERVER:
        needed = ".".join(map(str, MINIMUM_SERVER))
        raise Misconfigured(f"{path} has Temporal Server {found[1]}; at least {needed} is needed")
    return ServerBinary(path=path, server_version=found[1], source=source)


def cached_binary() -> Path:
    """Where a fetched program is kept; another pinned version has another name."""
    return cache_dir() / f"temporal-{CLI_VERSION}"


@dataclass
class _Search:
    """One search; `tried` collects why each place was passed over, for the error at the end."""

    say: Say
    sdk_command: Sequence[str]
    sdk_patience: Patience
    tried: list[str] = field(default_factory=list)

    def on_path(self) -> ServerBinary | None:
        found = shutil.which("temporal")
        if not found:
            self.tried.append(f"{Source.PATH}: no `temporal` there")
            return None
        return self._usable(Path(found), Source.PATH)

    def in_cache(self) -> ServerBinary | None:
        if not cached_binary().is_file():
            self.tried.append(f"{Source.CACHE}: nothing fetched earlier")
            return None
        return self._usable(cached_binary(), Source.CACHE)

    def fetched(self) -> ServerBinary | None:
        with fetching_alone(self.say):
            if cached_binary().is_file():  # another process brought it while we waited
                return self._usable(cached_binary(), Source.CACHE)
            return self._by_sdk() or self._by_go()

    def _by_sdk(self) -> ServerBinary | None:
        self.say(f"downloading the Temporal server (CLI {CLI_VERSION}), once for this machine")
        label = "downloading the Temporal server"
        return self._fetch(lambda draft: ([*self.sdk_command, str(draft)], os.environ), Source.SDK, label)

    def _by_go(self) -> ServerBinary | None:
        if not (go := shutil.which("go")):
            self.tried.append(f"{Source.GO}: no `go` on the PATH")
            return None
        self.say("no download; building the Temporal server with Go: 3 to 6 minutes, once for this machine")
        argv = [go, "install", "-ldflags", "-s -w", f"github.com/temporalio/cli/cmd/temporal@v{CLI_VERSION}"]
        label = "building the Temporal server with Go"
        return self._fetch(
            lambda draft: (argv, {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(draft)}), Source.GO, label
        )

    def _fetch(self, command: Command, source: Source, label: str) -> ServerBinary | None:
        patience = self.sdk_patience if source is Source.SDK else _GO_PATIENCE
        fault = fetch_program(command, cached_binary(), patience=patience, label=label, say=self.say)
        if fault:
            self.tried.append(f"{source}: {fault}")
            return None
        return self._usable(cached_binary(), source)

    def _usable(self, path: Path, source: Source) -> ServerBinary | None:
        try:
            return inspect(path, source)
        except Misconfigured as fault:
            self.tried.append(f"{source}: {fault.sentence}")
            return None


def find_server(
    temporal_bin: Path | None,
    say: Say,
    *,
    sdk_command: Sequence[str] = (sys.executable, "-m", "runtime.sdk_download", "dev"),
    sdk_patience: Patience = _SDK_PATIENCE,
) -> ServerBinary:
    """The first usable Temporal CLI of the order above, fetched if need be; `say` gets progress lines.

    `sdk_command` is run with a folder as its last argument and leaves the program there.

    Raises:
        Misconfigured: at once when TEMPORAL_BIN is no usable CLI, else with all that was tried and a remedy.
    """
    if temporal_bin:
        try:
            return inspect(temporal_bin, Source.TEMPORAL_BIN)
        except Misconfigured as fault:
            raise Misconfigured(f"TEMPORAL_BIN: {fault.sentence}") from fault
    search = _Search(say, sdk_command, sdk_patience)
    found = search.on_path() or search.in_cache() or search.fetched()
    if found:
        return found
    reasons = "\n".join(f"  {reason}" for reason in [f"{Source.TEMPORAL_BIN}: not set", *search.tried])
    raise Misconfigured(f"No Temporal server was found, and none could be fetched:\n{reasons}\n{_REMEDY}")
