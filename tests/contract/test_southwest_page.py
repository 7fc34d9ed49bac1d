"""Every worked example of the Southwest page runs: curl against the played hub, the page's own hub against our side."""

import contextlib
import hashlib
import json
import os
import re
import subprocess
import threading
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from domain.errors import PartnerRefused
from domain.identifiers import make_case_number
from domain.terms import WireEvent
from exchange.southwest.intake import SouthwestIntake
from exchange.southwest.streams import SouthwestStreams
from partners.southwest import SouthwestAdapter
from partners.southwest.codes import Code
from sandbox.main import SandboxSettings, build_app
from storage.sealing import Sealer
from tests.contract.peer_southwest import settings
from tests.contract.serving import served
from tests.contract.test_adapters import submission, withdrawal
from tests.contract.test_optional_members import FORM
from tests.unit.exchange.southwest_office import open_office
from tests.unit.exchange.southwest_province import HANDLING

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/partners/southwest.md").read_text("utf-8")
BASH = re.findall(r"^```bash\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
PYTHON = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SHOWN = re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def now() -> datetime:
    return datetime.now(UTC)


def test_the_curl_example_prints_what_the_page_shows(tmp_path):
    with served(build_app(SandboxSettings(pace_s=0.01), ("southwest",))) as hub:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-s"],
            input=BASH[0],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "HUB_URL": hub, "WORK": str(tmp_path)},
            timeout=30,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == SHOWN[0].strip()


@pytest.fixture
def page_hub(monkeypatch):
    """The page's Python, executed as it stands, and its hub served."""
    monkeypatch.chdir(ROOT)
    names: dict = {"__name__": "page"}
    for block in PYTHON:
        exec(compile(block, "southwest.md", "exec"), names)  # noqa: S102 – our own page
    names["Hub"].log_message = lambda *_: None
    server = ThreadingHTTPServer(("127.0.0.1", 0), names["Hub"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", names
    server.shutdown()
    server.server_close()


def test_a_hub_built_from_the_page_works_with_our_side(page_hub, tmp_path):
    url, names = page_hub
    office = open_office(tmp_path)
    streams = SouthwestStreams(office.database, Sealer({"s1": b"k" * 32}))
    adapter = SouthwestAdapter(settings(url), streams, now)
    sealer = Sealer({"s1": b"k" * 32})
    intake = SouthwestIntake(office.database, sealer, office.inbox, adapter, streams, now)
    handling = office.command("x").handling
    receipt = adapter.send(adapter.render(submission(handling, form=FORM)))  # which the page's hub knows nothing of
    assert receipt.awaiting_receipt
    report = intake.poll_once()
    assert (report.fault, report.batches, report.rows) == ("", 1, 2)
    assert [(verdict.ok, verdict.code) for verdict in report.verdicts] == [(True, Code.OK)]
    assert office.progress(HANDLING).last_event is WireEvent.ACCEPTED
    scan = b"%PDF-1.4\n%%EOF\n"
    digest = hashlib.sha256(scan).hexdigest()
    adapter.put_file(handling, digest, scan)
    assert adapter.get_file(handling, digest) == scan
    with pytest.raises(PartnerRefused, check=lambda refused: refused.code == Code.UNKNOWN_PROJECT):
        adapter.get_file(handling, "0" * 64)
    adapter.send(adapter.render(withdrawal(handling)))
    assert intake.poll_once().receipts == 1
    assert len(names["taken"]) == 2
    with contextlib.closing(adapter.hub):
        office.database.close()


def test_our_calls_in_python_against_the_played_hub(page_hub):
    _, names = page_hub
    row = json.loads(json.loads((ROOT / "docs/partners/vectors.json").read_text("utf-8"))["southwest"]["row_lines"])
    row["project_no"] = make_case_number("500103", now().date(), 903)
    row["data"]["materials"] = [{"seq": 1, "name": "申请表", "form": "form", "sha256": None, "pages": 1}]
    with served(build_app(SandboxSettings(pace_s=0.01), ("southwest",))) as hub:
        rows = names["our_case"](hub, row, b"%PDF-1.4\n%%EOF\n")
    assert next((told["type"], told["project_no"]) for told in rows) == ("accept", row["project_no"])


def test_every_code_is_on_the_page():
    shown = set(re.findall(r"`(SW[0-9]{6}|0{12})`", PAGE))
    assert shown == {code.value for code in Code}
