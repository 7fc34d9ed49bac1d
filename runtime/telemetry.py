"""Logs: one JSON object a line, ours and every library's alike, with the workflow or activity they belong to.

No personal data: numbers that could be a person's and tokens of receipts are masked wherever they turn up, and frames'
variables are never written. Names look like any other word, so nobody logs them: ids, counts and codes only.
"""

import logging
import re
import sys
from typing import IO, Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow

_MASK = "***"
# 居民身份证 (GB 11643: region, birth date from 1900 on, serial, check) and mainland mobile numbers
_PERSONAL = re.compile(r"(?<![0-9A-Za-z])(?:[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx]|1[3-9][0-9]{9})(?![0-9A-Za-z])")
# the token of a receipt's square code, wherever its address is named (storage.cases.applicant_keys)
_TOKEN = re.compile(r"(?<=/t/)[A-Za-z2-7]{32}")
_QUIET = ("uvicorn.access", "httpx", "httpcore", "urllib3", "alembic")  # they write whole URLs, or the same line again


def configure_logging(process: str, level: str = "INFO", stream: IO[str] | None = None) -> None:
    """Send every log line of this process to `stream` (standard error) as JSON; safe to call again.

    `process` names the process in each line. Pass `log_config=None` to uvicorn, or it takes its lines back.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(process))
    handler.addFilter(_says_something_new)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    workflow.logger.workflow_info_on_message = False  # the ids are fields of their own
    activity.logger.activity_info_on_message = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _formatter(process: str) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _name_process(process),
            structlog.processors.format_exc_info,
            mask_personal,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )


def add_temporal_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: adds workflow_id, and run_id or activity and attempt, to a line that comes from one."""
    if workflow.in_workflow():
        event.update(workflow_id=workflow.info().workflow_id, run_id=workflow.info().run_id)
    elif activity.in_activity():
        info = activity.info()
        event.update(workflow_id=info.workflow_id, activity=info.activity_type, attempt=info.attempt)
    return event


def _says_something_new(_record: logging.LogRecord) -> bool:
    """A workflow that only replays its past has said it before, through whichever logger."""
    return not (workflow.in_workflow() and workflow.unsafe.is_replaying())


def mask_personal(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: masks identity card and mobile numbers, and tokens of receipts, in every value."""
    return {name: _masked(value) for name, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _TOKEN.sub(_MASK, _PERSONAL.sub(_MASK, value))
    if isinstance(value, dict):
        return {key: _masked(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and _PERSONAL.fullmatch(str(value)):
        return _MASK
    return value


def _name_process(process: str) -> Processor:
    def name(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"process": process, **event}

    return name


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    add_temporal_ids,
]
"""What every line gets, ours and the libraries'."""
