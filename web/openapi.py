"""The published description of our HTTP (`/openapi.json`, docs/openapi.json): one place for what all operations share.

Problems are described once for all refusals and faults, streams by their events, bodies that a route reads itself by
their media types, and each operation gets its example. Examples are real answers, cut short (answers/examples.json).

`python -m web.published` writes the page: sorted, so that a difference shows what has changed and nothing else.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from messaging.receipts import SmsReceipt
from web.answers.callbacks import CallbackSent, CallbackTaken
from web.answers.cases import StreamedEvent
from web.answers.problems import Problem
from web.api.scans import ScansSent
from web.security.session import OfReaders

Operation = dict[str, Any]

PROBLEM_JSON: Final = "application/problem+json"
_REF: Final = "#/components/schemas/{model}"
_EXAMPLES: Final = Path(__file__).with_name("answers") / "examples.json"
_WORDS: Final = Path(__file__).with_name("answers") / "operation_words.json"
_STREAMS: Final = ("streamCase", "streamCases")
_SENT: Final = ((Problem, "serialization"), (StreamedEvent, "serialization"), (CallbackTaken, "serialization"))
_READ: Final = ((CallbackSent, "validation"), (ScansSent, "validation"), (SmsReceipt, "validation"))
_UNUSED: Final = ("HTTPValidationError", "ValidationError")
_PROBLEMS: Final = {
    "4XX": ("Refused; `code` says why, `detail` says it to people.", "Refused"),
    "5XX": ("A fault of ours, or the database is away: come again after `Retry-After`.", "Fault"),
}
_OF_THE_FRAMEWORK: Final = "422"


def install(app: FastAPI) -> None:
    """Let the application serve this description at /openapi.json; it is made once, at the first request."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # the framework's documented way
    app.add_api_route("/openapi.json", described, include_in_schema=False, dependencies=[OfReaders])


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 page of all routes of the application, as JSON."""
    page = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = page["components"]["schemas"]
    for name in _UNUSED:
        schemas.pop(name, None)
    schemas |= models_json_schema([*_SENT, *_READ], ref_template=_REF)[1]["$defs"]
    _write_patterns(schemas)
    page["components"]["responses"] = {name: _problem(said) for said, name in _PROBLEMS.values()}
    for operation in operations(page):
        operation["summary"] = operation_words().get(operation["operationId"], "")
        _share(operation)
        _show(operation)
    return page


def operations(page: dict[str, Any]) -> Iterator[Operation]:
    """Every operation of a page, whatever its path and method."""
    for methods in page["paths"].values():
        yield from methods.values()


def _problem(said: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=Problem.__name__)}
    return {"description": said, "content": {PROBLEM_JSON: {"schema": schema}}}


def _write_patterns(part: Any) -> None:
    """JSON Schema's expressions know no \\z; its $ is the very end."""
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _write_patterns(inner)
    if isinstance(part, dict) and isinstance(part.get("pattern"), str):
        part["pattern"] = part["pattern"].replace(r"\z", "$")


def _share(operation: Operation) -> None:
    """What every operation may answer; a stream's answer is text, one event after the other."""
    answers = operation["responses"]
    answers.pop(_OF_THE_FRAMEWORK, None)
    for status, (_, name) in _PROBLEMS.items():
        answers[status] = {"$ref": f"#/components/responses/{name}"}
    if operation["operationId"] in _STREAMS:
        answers["200"] = {
            "description": "Server-sent events: `case` with a StreamedEvent as its data, `closed` once per case, "
            "`over` when the login has ended.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _streamed()}},
        }


def _streamed() -> str:
    event = json.dumps(examples()["streamCase"]["answer"], ensure_ascii=False)
    return f"event: case\ndata: {event}\nid: 7\n\nevent: closed\ndata: {{}}\n\n"


@cache
def examples() -> dict[str, Any]:
    """operationId → `{"parameters": {name: value}, "request": …, "answer": …}`, each where there is one."""
    kept: dict[str, Any] = json.loads(_EXAMPLES.read_text("utf-8"))
    return kept


@cache
def operation_words() -> dict[str, str]:
    """operationId → what it does, in a few Chinese words: its title on /docs and in the audit trail."""
    kept: dict[str, str] = json.loads(_WORDS.read_text("utf-8"))
    return kept


def _show(operation: Operation) -> None:
    example = examples().get(operation["operationId"], {})
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in example.get("parameters", {}):
            parameter["example"] = example["parameters"][parameter["name"]]
    asked = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if asked is not None and "request" in example:
        asked["example"] = example["request"]
    for status, answer in operation["responses"].items():
        told = answer.get("content", {}).get("application/json")
        if told is not None and status.startswith("2") and "answer" in example:
            told["example"] = example["answer"]
