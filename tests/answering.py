"""A client that holds every answer of ours against the published description: whatever a test asks, it is checked."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

PUBLISHED = Path(__file__).parents[1] / "docs/openapi.json"
RECORD_TO = os.environ.get("RECORD_EXAMPLES")
"""A folder for real requests and answers, one file per operation: what web/answers/examples.json is cut from."""


class Described(TestClient):
    """Fails where an answer has another status, media type or form than the description says."""

    def request(self, method: str, url: Any, **more: Any) -> httpx.Response:
        answer = super().request(method, url, **more)
        hold(answer)
        if RECORD_TO:
            _keep(Path(RECORD_TO), answer, more)
        return answer


def hold(answer: httpx.Response) -> None:
    """Against the operation that the address names; pages, and what no operation has, are not described."""
    found = operation_of(answer.request)
    if found is None:
        return
    where = f"{found['operationId']} answered {answer.status_code}"
    responses = found["responses"]
    described = responses.get(str(answer.status_code)) or responses.get(f"{answer.status_code // 100}XX")
    assert described is not None, f"{where}: not described"
    content = resolved(described).get("content")
    if not answer.content or not content:
        return
    media = answer.headers["content-type"].partition(";")[0]
    if media not in content:
        assert "application/octet-stream" in content, f"{where} as {media}: not described"
    elif media.endswith("json"):
        faults = list(_validator(json.dumps(content[media]["schema"])).iter_errors(answer.json()))
        assert not faults, f"{where}: {faults[0].json_path}: {faults[0].message}"


def operation_of(request: httpx.Request) -> dict[str, Any] | None:
    """The operation of the most literal path that fits."""
    for pattern, methods in _paths():
        if pattern.fullmatch(request.url.path):
            found: dict[str, Any] | None = methods.get(request.method.lower())
            return found
    return None


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """`part`, or what it refers to."""
    for name in part.get("$ref", "").split("/")[1:]:
        part = description()[name] if "$ref" in part else part[name]
    return part


@cache
def description() -> dict[str, Any]:
    """The published one; a test of its own holds it against the application."""
    page: dict[str, Any] = json.loads(PUBLISHED.read_text())
    return page


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    paths = sorted(description()["paths"].items(), key=lambda pair: pair[0].count("{"))
    return [(re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))), methods) for path, methods in paths]


@cache
def _validator(schema: str) -> Validator:
    """Members that are not declared are faults here: a reader must bear them, but we must not send them unsaid."""
    components = json.loads(json.dumps(description()["components"]))
    for each in components["schemas"].values():
        if "properties" in each and "additionalProperties" not in each:
            each["additionalProperties"] = False
    return Draft202012Validator({**json.loads(schema), "components": components})


def _keep(folder: Path, answer: httpx.Response, more: dict[str, Any]) -> None:
    found = operation_of(answer.request)
    if found is None or not answer.is_success:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = next(path for path, methods in description()["paths"].items() if found in methods.values())
    names = re.findall(r"\{([^}]*)\}", path)
    values = re.fullmatch(re.sub(r"\\\{[^}]*\\\}", "([^/]+)", re.escape(path)), answer.request.url.path)
    parameters = dict(zip(names, values.groups() if values else (), strict=True)) | dict(answer.request.url.params)
    kept: dict[str, Any] = {"parameters": parameters}
    if more.get("json") is not None:
        kept["request"] = more["json"]
    if "json" in answer.headers.get("content-type", ""):
        kept["answer"] = answer.json()
    with (folder / f"{found['operationId']}-{os.getpid()}.jsonl").open("a") as page:
        page.write(json.dumps(kept, ensure_ascii=False) + "\n")
