"""docs/openapi.json: what is served, complete for a reader, with examples that are what they say."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from runtime.settings import load_settings
from tests.borders import nobodys_ports
from web.app import build_app
from web.openapi import PROBLEM_JSON, describe, operations
from web.published import render

PAGE = Path(__file__).parents[2] / "docs" / "openapi.json"
SERVED = json.loads(PAGE.read_text("utf-8"))
OPERATIONS = {operation["operationId"]: operation for operation in operations(SERVED)}


def with_schemas(schema):
    return Draft202012Validator(schema | {"components": SERVED["components"]})


def bodies(operation):
    """(what, media type, its description) of everything JSON that the operation takes or gives in the good case."""
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", media, content
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            for media, content in answer.get("content", {}).items():
                yield "answer", media, content


def test_the_page_is_what_the_application_serves(tmp_path):
    app = build_app(load_settings(None, sandbox="1", data_dir=tmp_path, **nobodys_ports()))
    assert PAGE.read_text("utf-8") == render(describe(app)), "run: make openapi"


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_complete_for_its_reader(name):
    operation = OPERATIONS[name]
    assert re.fullmatch(r"[a-z]+([A-Z0-9][a-z0-9]*)*", name)
    assert operation.get("description")
    assert re.search(r"[\u4e00-\u9fff]", operation["summary"]), "web/answers/operation_words.json has no title for it"
    for what, media, content in bodies(operation):
        if media != "application/json":
            continue
        schema = content["schema"]
        named = schema.get("anyOf", [schema])
        assert all("$ref" in one for one in named), f"{what} has no named schema"
        assert "example" in content, f"{what} has no example"
        assert not list(with_schemas(schema).iter_errors(content["example"])), f"{what}: the example is not of its form"
    for status in ("4XX", "5XX"):
        shared = SERVED["components"]["responses"][operation["responses"][status]["$ref"].rsplit("/", 1)[1]]
        assert shared["content"][PROBLEM_JSON]["schema"]["$ref"].endswith("/Problem")
    assert "422" not in operation["responses"], "problems are described once"


def test_no_answer_is_without_a_form():
    bare = {"type": "object"}
    for name, schema in SERVED["components"]["schemas"].items():
        for member, form in schema.get("properties", {}).items():
            shown = {key: value for key, value in form.items() if key not in ("title", "description", "default")}
            assert shown, f"{name}.{member} may be anything"
            assert shown != bare, f"{name}.{member} is a bare object"


def test_a_stream_says_what_its_events_are():
    for name in ("streamCase", "streamCases"):
        told = OPERATIONS[name]["responses"]["200"]
        assert "StreamedEvent" in told["description"]
        (event,) = re.findall(r"event: case\ndata: (.*)\n", told["content"]["text/event-stream"]["example"])
        with_schemas({"$ref": "#/components/schemas/StreamedEvent"}).validate(json.loads(event))
