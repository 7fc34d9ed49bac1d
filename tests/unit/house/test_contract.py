"""What others have built on stays: docs/openapi.json against that of the last release, and the comparer itself."""

import copy
import json
from pathlib import Path

import pytest

from deploy.contract import breaking

DOCS = Path(__file__).parents[3] / "docs"
OLD = {
    "info": {"version": "1"},
    "paths": {
        "/cases": {
            "post": {
                "operationId": "startCase",
                "parameters": [{"in": "query", "name": "page", "required": False, "schema": {"type": "integer"}}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Asked"}}},
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}}
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Asked": {
                "type": "object",
                "required": ["code"],
                "properties": {"code": {"type": "string"}, "mode": {"type": "string", "enum": ["a", "b"]}},
            },
            "Answer": {
                "type": "object",
                "required": ["no", "cases"],
                "properties": {
                    "no": {"type": "string"},
                    "state": {"type": "string", "enum": ["x", "y"]},
                    "cases": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                },
            },
            "Line": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "inner": {"$ref": "#/components/schemas/Line"}},
            },
        }
    },
}


def changed(how):
    page = copy.deepcopy(OLD)
    how(page["paths"]["/cases"], page["components"]["schemas"], page)
    return breaking(OLD, page)


BREAKS = {
    "POST /cases is gone": lambda path, _s, _p: path.pop("post"),
    "startCase is now start": lambda path, _s, _p: path["post"].update(operationId="start"),
    "startCase: answer 201 is gone": lambda path, _s, _p: path["post"]["responses"].pop("201"),
    "startCase: parameter page is gone": lambda path, _s, _p: path["post"]["parameters"].clear(),
    "startCase: parameter page is now required": (
        lambda path, _s, _p: path["post"]["parameters"][0].update(required=True)
    ),
    "startCase: 201.no is gone": lambda _path, s, _p: s["Answer"]["properties"].pop("no"),
    "startCase: 201.no is now optional": lambda _path, s, _p: s["Answer"]["required"].remove("no"),
    "startCase: 201.no may now be null": lambda _path, s, _p: s["Answer"]["properties"].update(
        no={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "startCase: 201.cases[].at is gone": lambda _path, s, _p: s["Line"]["properties"].pop("at"),
    "startCase: 201.state is never y any more": (
        lambda _path, s, _p: s["Answer"]["properties"]["state"].update(enum=["x"])
    ),
    "startCase: request.new is now required": lambda _path, s, _p: (
        s["Asked"]["required"].append("new"),
        s["Asked"]["properties"].update(new={"type": "string"}),
    ),
    "startCase: request.mode no longer takes b": (
        lambda _path, s, _p: s["Asked"]["properties"]["mode"].update(enum=["a"])
    ),
    "startCase: request.mode is gone": lambda _path, s, _p: s["Asked"]["properties"].pop("mode"),
    "startCase: request.code no longer takes string": lambda _path, s, _p: s["Asked"]["properties"].update(
        code={"type": "integer"}
    ),
}

HARMLESS = {
    "nothing": lambda _path, _s, _p: None,
    "a new operation": lambda path, _s, _p: path.update(get={"operationId": "other", "responses": {}}),
    "a new member of an answer": lambda _path, s, _p: s["Answer"]["properties"].update(more={"type": "string"}),
    "an optional member of a request": lambda _path, s, _p: s["Asked"]["properties"].update(more={"type": "string"}),
    "a request takes more words": lambda _path, s, _p: s["Asked"]["properties"]["mode"].update(enum=["a", "b", "c"]),
    "a request takes null too": lambda _path, s, _p: s["Asked"]["properties"].update(
        code={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "an answer is surer": lambda _path, s, _p: s["Answer"]["required"].append("state"),
    "another name of a schema": lambda _path, s, _p: (
        s.update(Row=s["Line"]),
        s["Answer"]["properties"]["cases"].update(items={"$ref": "#/components/schemas/Row"}),
    ),
    "a new major version": lambda path, _s, page: (path.clear(), page["info"].update(version="2")),
}


@pytest.mark.parametrize("said", BREAKS)
def test_a_break_is_told(said):
    assert said in changed(BREAKS[said])


@pytest.mark.parametrize("what", HARMLESS)
def test_what_breaks_nobody_is_let_through(what):
    assert changed(HARMLESS[what]) == []


DELIBERATE = {
    "rateCase: request.code is now required": "`POST /cases/{caseNo}/rating` is the applicant's own",
    "suspendService: request.sourceNo is now required": "`POST /suspensions` names the warning it rests on",
}
"""What was broken on purpose since the last release → the words with which the changelog says so under *Changed*."""


def test_nothing_is_broken_since_the_last_release_but_what_the_changelog_says():
    released, now = (json.loads((DOCS / name).read_text("utf-8")) for name in ("openapi-released.json", "openapi.json"))
    assert breaking(released, now) == sorted(DELIBERATE), "a release empties DELIBERATE"
    unreleased = (DOCS.parent / "CHANGELOG.md").read_text("utf-8").split("\n## [")[1]
    changed = unreleased.partition("### Changed")[2].partition("\n### ")[0]
    for told in DELIBERATE.values():
        assert told in " ".join(changed.split())
