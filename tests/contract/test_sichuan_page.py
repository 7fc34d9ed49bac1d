"""The page for Sichuan's engineer is right: its examples are run here as they stand."""

import json
import os
import re
import subprocess
import threading
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi import FastAPI

from domain.errors import PartnerRefused
from domain.identifiers import make_case_number
from domain.outbound import HandlingRef
from domain.terms import Partner
from domain.wire import WireState
from partners.sichuan import SichuanAdapter
from partners.sichuan.codes import Code
from sandbox.main import SandboxSettings, build_app
from tests.borders import nowhere
from tests.contract.serving import served
from tests.contract.test_adapters import submission
from tests.contract.test_optional_members import FORM
from tests.unit.exchange.sichuan_callbacks import agreed, open_sichuan_office
from web.api import callbacks

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "docs" / "partners" / "vectors.json").read_text("utf-8"))
PAGE = (ROOT / "docs" / "partners" / "sichuan.md").read_text("utf-8")
CURL_CASE = make_case_number("500103", datetime.now(UTC).date(), 901)
PYTHON_CASE = make_case_number("500103", datetime.now(UTC).date(), 902)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_sichuan_office(tmp_path_factory.mktemp("office"), live=True)
    opened.add_case(CURL_CASE)
    opened.add_case(PYTHON_CASE)
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def url(office):
    app = FastAPI()
    app.include_router(callbacks.router(Partner.SICHUAN, office.intake, lambda: None))
    with served(app) as base:
        yield base


@pytest.fixture(scope="module")
def example():
    """All Python blocks of the page, run in its order."""
    namespace: dict = {"__name__": "page"}
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        exec("\n".join(blocks("python")), namespace)  # noqa: S102 – our own page
    finally:
        os.chdir(before)
    return namespace


def test_the_curl_example(url, office):
    script, _ = blocks("bash")
    environment = {**os.environ, "KUAYU_URL": url, "CASE_NO": CURL_CASE}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert '"code":"0000"' in done.stdout
    assert office.progress(CURL_CASE).state is WireState.RECEIVED


def test_the_python_example(url, office, example):
    event = {
        "eventId": "evt_0000000002",
        "caseNo": PYTHON_CASE,
        "partnerCaseNo": "SC1",
        "event": "NEED_SUPPLEMENT",
        "seq": 1,
        "occurredAt": datetime.now(UTC).isoformat(),
        "actorOrg": "广安区政务服务中心",
        "payload": {"round": 1, "reason": "缺少户口簿", "materials": ["居民户口簿"], "deadlineWorkdays": 5},
    }
    assert example["send_callback"](url, event)["duplicate"] is False
    assert example["send_callback"](url, event)["duplicate"] is True
    assert office.progress(PYTHON_CASE).round == 1


@pytest.fixture(scope="module")
def network():
    with served(
        build_app(SandboxSettings(kuayu_url=f"http://127.0.0.1:{nowhere()}", pace_s=0.01), ("sichuan",))
    ) as base:
        yield base


def test_our_calls_with_curl(network, tmp_path):
    _, script = blocks("bash")
    environment = {**os.environ, "SICHUAN_URL": network, "CASE_NO": CURL_CASE, "WORK": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    put, submitted, latest = (json.loads(line) for line in done.stdout.splitlines())
    assert put["sha256"] == VECTORS["file"]["sha256"]
    assert submitted["partnerCaseNo"]
    assert latest["caseNo"] == CURL_CASE


def test_our_calls_in_python(network, example):
    submission = json.loads(VECTORS["sichuan"]["submit"]["body"]) | {"caseNo": PYTHON_CASE}
    answers = example["our_case"](network, submission, b"%PDF-1.4\n% another\n")
    assert [status for status, _ in answers] == [201, 201, 200, 200, 202, 202]
    assert answers[2][1] == {**answers[1][1], "duplicate": True}
    assert answers[3][1]["partnerCaseNo"] == answers[1][1]["partnerCaseNo"]


def test_the_smallest_peer_takes_our_submission(example):
    class Quiet(example["Peer"]):
        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base_url = f"http://127.0.0.1:{server.server_port}"
    handling = HandlingRef(handling_no=CURL_CASE, region="511602")
    adapter = SichuanAdapter(agreed(base_url=base_url), lambda: datetime.now(UTC))
    try:
        rendered = adapter.render(submission(handling, form=FORM))  # which the page's peer knows nothing of
        assert adapter.send(rendered).partner_no == "SC1"
        assert adapter.send(rendered).duplicate
        forger = SichuanAdapter(agreed(base_url=base_url, our_keys=lambda _: ("x" * 32,)), lambda: datetime.now(UTC))
        with pytest.raises(PartnerRefused, check=lambda refused: refused.code == "CY4012"):
            forger.send(rendered)
    finally:
        server.shutdown()
        server.server_close()


def test_every_code_is_explained():
    assert [code for code in Code if f"`{code.value}`" not in PAGE] == []
