import io
import json
import logging
import uuid
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from temporalio.worker import Worker

from runtime.embedded import embedded_server
from runtime.telemetry import configure_logging
from runtime.temporal import connect
from tests.unit.runtime.talking import Talking, noting


class Lines:
    """What was logged, line by line."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def saying(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.all() if line["event"] == event]


@pytest.fixture
def logged() -> Iterator[Lines]:
    root = logging.getLogger()
    before = root.handlers, root.level
    lines = Lines()
    configure_logging("worker", "INFO", lines.stream)
    yield lines
    root.handlers, root.level = before
    logging.captureWarnings(False)
    structlog.reset_defaults()


def test_our_lines_and_everybody_elses_are_json(logged):
    structlog.get_logger("relay").info("relayed", case_no="500103202611230000013", count=2)
    logging.getLogger("sqlalchemy").warning("slow: %s ms", 900)
    warnings.warn("soon gone", DeprecationWarning, stacklevel=1)
    ours, theirs, warned = logged.all()
    assert (ours["event"], ours["case_no"], ours["count"]) == ("relayed", "500103202611230000013", 2)
    assert (ours["process"], ours["level"], ours["logger"]) == ("worker", "info", "relay")
    assert (theirs["event"], theirs["level"]) == ("slow: 900 ms", "warning")
    assert "soon gone" in warned["event"]
    assert all(line["at"].endswith("Z") for line in logged.all())


def test_less_important_lines_are_left_out(logged):
    structlog.get_logger().debug("detail")
    logging.getLogger("uvicorn.access").info("GET /api/v1/track?phoneTail=1234")
    assert logged.all() == []


@pytest.mark.parametrize("personal", ["11010519491231002X", "500101199001011230", "13800000001"])
def test_numbers_of_people_never_reach_a_log(logged, personal):
    log = structlog.get_logger()
    log.info(f"found {personal}", value=personal, deep={"list": [personal, {"x": f"<{personal}>"}]}, pair=(personal,))
    logging.getLogger("lib").error("failed for %s", personal)
    if personal.isdecimal():
        log.info("as a number", number=int(personal))
    try:
        raise ValueError(personal)
    except ValueError:
        log.exception("failed")
    assert personal not in logged.stream.getvalue()
    assert "***" in logged.stream.getvalue()
    assert "ValueError" in logged.saying("failed")[0]["exception"]


@pytest.mark.parametrize(
    "harmless", ["500103202611230000013", "EB000717618HK", "1795420800", "1795420800000", "1234567890123"]
)
def test_numbers_of_cases_parcels_and_times_stay_readable(logged, harmless):
    structlog.get_logger().info("seen", value=harmless)
    assert logged.all()[0]["value"] == harmless


def test_configuring_again_does_not_double_lines(logged):
    configure_logging("web", "INFO", logged.stream)
    structlog.get_logger().info("once")
    assert [line["process"] for line in logged.all()] == ["web"]


@pytest.mark.temporal
async def test_workflows_say_everything_once_and_with_their_ids(logged, make_settings, temporal_binary):
    settings = make_settings()
    async with embedded_server(settings, print, temporal_binary):
        client = await connect(settings)
        # Without a cache every step replays all before it, which is what tells new lines from old.
        async with Worker(client, task_queue="q", workflows=[Talking], activities=[noting], max_cached_workflows=0):
            workflow_id = f"case-{uuid.uuid4()}"
            await client.execute_workflow(Talking.run, id=workflow_id, task_queue="q")
    for event in ("first", "second", "by another logger", "from the activity", "from the activity's own logger"):
        assert [line["workflow_id"] for line in logged.saying(event)] == [workflow_id], event
    assert logged.saying("from the activity")[0]["activity"] == "noting"
    assert "run_id" in logged.saying("first")[0]
