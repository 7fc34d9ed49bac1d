"""The bill of materials is valid by CycloneDX's own schema, complete, and the same each time it is made."""

import json

from deploy.supply import sbom
from deploy.supply.inventory import everything
from deploy.supply.licences import recorded


def read():
    return json.loads(sbom.FILE.read_text("utf-8"))


def test_it_is_of_these_lock_files_and_valid():
    assert sbom.check() == []


def test_the_schema_is_really_asked():
    broken = read()
    broken["components"][0]["type"] = "thing"
    assert sbom.invalid(json.dumps(broken)) is not None


def test_it_has_everything_with_a_licence_and_its_hashes():
    parts = {part["purl"]: part for part in read()["components"]}
    for one in everything():
        part = parts.pop(one.purl)
        assert part["licenses"]
        hashes = [each["content"] for ref in part.get("externalReferences", []) for each in ref.get("hashes", [])]
        assert set(hashes) == {digest for _, digest in one.sha256}
    assert parts == {}


def test_it_says_who_needs_what():
    graph = {one["ref"]: set(one.get("dependsOn", [])) for one in read()["dependencies"]}
    versions = {one.name: one.purl for one in everything()}
    assert {versions["fastapi"], versions["swagger-ui-dist"], versions["pytest"]} <= graph["kuayu"]
    assert versions["starlette"] in graph[versions["fastapi"]]
    assert versions["starlette"] not in graph["kuayu"]


def test_making_it_twice_gives_the_same_bytes():
    parts, known = everything(), recorded()
    first = sbom.bill(parts, known, "1.0.0")
    assert first == sbom.bill(tuple(reversed(parts)), known, "1.0.0")
    assert json.loads(first)["serialNumber"] != json.loads(sbom.bill(parts, known, "1.0.1"))["serialNumber"]


def test_it_names_no_time_and_no_machine():
    text = sbom.FILE.read_text("utf-8")
    assert "timestamp" not in text
    assert "file://" not in text
