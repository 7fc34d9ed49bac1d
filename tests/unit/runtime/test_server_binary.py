"""Every branch of the search for the server's program, on a machine made of scripts.

Live here are TEMPORAL_BIN, the PATH and the cache; the SDK's download and `go install` meet local stand-ins: an HTTP
server on this machine, and a script named `go`.
"""

import http.server
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import Misconfigured
from runtime.fetching import Patience
from runtime.server_binary import Source, cached_binary, find_server, inspect

CLI = 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"'
NO_DOWNLOAD = ("sh", "-c", "echo no route to host; exit 1")


def as_file(script: str) -> str:
    return f"#!/bin/sh\n{script}\n"


@pytest.fixture
def download_site() -> Iterator[str]:
    """A stand-in for the download site: serves a program that calls itself a Temporal CLI."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = as_file(CLI).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/cli"
        server.shutdown()


@pytest.fixture
def said() -> list[str]:
    return []


def test_the_variable_wins_over_the_path(only_on_path, said):
    only_on_path("temporal", 'echo "temporal version 9 (Server 9.9.9, UI 9)"')
    named = only_on_path("mine", CLI)
    found = find_server(named, said.append)
    assert (found.path, found.server_version, found.source) == (named, "1.29.1", Source.TEMPORAL_BIN)


@pytest.mark.parametrize("script", ["exit 1", "echo hello", 'echo "temporal version 0.1 (Server 1.9.0, UI 2)"'])
def test_a_named_program_that_will_not_do_stops_the_start(only_on_path, said, script):
    only_on_path("temporal", CLI)
    with pytest.raises(Misconfigured, match=r"TEMPORAL_BIN: .*mine"):
        find_server(only_on_path("mine", script), said.append)
    with pytest.raises(Misconfigured, match=r"TEMPORAL_BIN: .*not-there does not run"):
        find_server(Path("/not-there"), said.append)


def test_the_path_wins_over_the_cache(only_on_path, said):
    on_path = only_on_path("temporal", CLI)
    cached_binary().parent.mkdir(parents=True)
    cached_binary().write_text(as_file(CLI))
    found = find_server(None, said.append)
    assert (found.path, found.source) == (on_path, Source.PATH)
    assert said == []


def test_the_one_fetched_earlier_is_used_again(only_on_path, said):
    cached_binary().parent.mkdir(parents=True)
    cached_binary().write_text(as_file(CLI))
    cached_binary().chmod(0o755)
    found = find_server(None, said.append, sdk_command=NO_DOWNLOAD)
    assert (found.path, found.source) == (cached_binary(), Source.CACHE)
    assert said == []


def test_a_useless_program_on_the_path_is_passed_over(only_on_path, said):
    only_on_path("temporal", "echo something else")
    cached_binary().parent.mkdir(parents=True)
    cached_binary().write_text(as_file(CLI))
    cached_binary().chmod(0o755)
    assert find_server(None, said.append).source is Source.CACHE


def test_the_download_is_kept_for_the_next_start(only_on_path, said, download_site):
    fetch = f"import sys, urllib.request as u; u.urlretrieve({download_site!r}, sys.argv[1] + '/temporal-sdk-python')"
    found = find_server(None, said.append, sdk_command=(sys.executable, "-c", fetch))
    assert (found.path, found.source) == (cached_binary(), Source.SDK)
    assert "downloading" in said[0]
    assert find_server(None, said.append, sdk_command=NO_DOWNLOAD).source is Source.CACHE
    assert [path for path in cached_binary().parent.iterdir() if path.name.startswith(".fetch")] == []


def test_where_no_download_is_to_be_had_go_builds_it(only_on_path, said):
    only_on_path(
        "go",
        'echo "$@" > "$GOBIN/../asked"; echo "$CGO_ENABLED" >> "$GOBIN/../asked"\n'
        f"printf '%s\\n' '#!/bin/sh' '{CLI}' > \"$GOBIN/temporal\"; chmod +x \"$GOBIN/temporal\"",
    )
    found = find_server(None, said.append, sdk_command=NO_DOWNLOAD)
    assert (found.path, found.source) == (cached_binary(), Source.GO)
    asked = (cached_binary().parent / "asked").read_text().split("\n")
    assert asked[:2] == ["install -ldflags -s -w github.com/temporalio/cli/cmd/temporal@v1.5.1", "0"]
    assert "building the Temporal server with Go" in said[1]


def test_a_download_that_hangs_is_given_up_soon_and_killed(only_on_path, said, tmp_path):
    only_on_path("go", "exit 7")
    hang = ("sh", "-c", f"sleep 600 & echo $! > {tmp_path}/sleeper; wait")
    begun = time.monotonic()
    with pytest.raises(Misconfigured, match="nothing arrived for"):
        find_server(None, said.append, sdk_command=hang, sdk_patience=Patience(total_s=60, stall_s=0.3))
    assert time.monotonic() - begun < 30
    sleeper = Path("/proc") / (tmp_path / "sleeper").read_text().strip()
    assert not sleeper.exists() or "Z" in (sleeper / "stat").read_text().split()[2]


def test_a_download_that_still_grows_is_waited_for(only_on_path, said):
    slow = 'd=$0; for i in 1 2 3 4 5; do sleep 0.2; echo "#" >> "$d/part"; done; mv "$d/part" "$d/done"'
    only_on_path("mv", f'read x < "$1"; printf "%s\\n" "#!/bin/sh" \'{CLI}\' > "$2"')
    found = find_server(
        None, said.append, sdk_command=("sh", "-c", slow), sdk_patience=Patience(total_s=60, stall_s=0.8)
    )
    assert found.source is Source.SDK


def test_a_fetch_that_leaves_nothing_is_no_success(only_on_path, said):
    with pytest.raises(Misconfigured, match="SDK download: left no file"):
        find_server(None, said.append, sdk_command=("sh", "-c", "exit 0"))


def test_when_nothing_works_the_error_says_what_was_tried_and_what_to_do(only_on_path, said):
    only_on_path("go", "echo proxy is out of reach; exit 1")
    with pytest.raises(Misconfigured) as fault:
        find_server(None, said.append, sdk_command=NO_DOWNLOAD)
    told = fault.value.sentence
    assert "TEMPORAL_BIN: not set" in told
    assert "PATH: no `temporal` there" in told
    assert "cache: nothing fetched earlier" in told
    assert "SDK download: no route to host" in told
    assert "go install: proxy is out of reach" in told
    for remedy in ("install the Temporal CLI 1.5.1", "set TEMPORAL_BIN", "TEMPORAL_ADDRESS", "install Go"):
        assert remedy in told


def test_without_go_the_error_says_so(only_on_path, said):
    with pytest.raises(Misconfigured, match="go install: no `go` on the PATH"):
        find_server(None, said.append, sdk_command=NO_DOWNLOAD)


def test_a_slow_fetch_shows_progress(only_on_path, said, monkeypatch):
    monkeypatch.setattr("runtime.fetching._PROGRESS_EVERY_S", 0.2)
    with pytest.raises(Misconfigured):
        find_server(None, said.append, sdk_command=("sh", "-c", "sleep 1; exit 1"))
    assert [line for line in said if line.startswith("downloading the Temporal server: ")]


def test_two_starts_at_once_fetch_once(only_on_path, said, tmp_path):
    log = tmp_path / "fetches"
    fetch = f"echo x >> {log}; sleep 0.5; printf '%s\\n' '#!/bin/sh' '{CLI}' > \"$0/t\""
    threads = [
        threading.Thread(target=find_server, args=(None, said.append), kwargs={"sdk_command": ("sh", "-c", fetch)})
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.read_text().split() == ["x"]
    assert find_server(None, said.append, sdk_command=NO_DOWNLOAD).source is Source.CACHE


def test_the_real_program_says_its_version(temporal_binary):
    assert inspect(temporal_binary.path, Source.PATH).server_version == temporal_binary.server_version
