"""Breaking changes between two OpenAPI pages: `python deploy/contract.py OLD NEW` (standard library only).

Broken is a reader who was right before: an operation, an answer or a member of an answer that is gone or may now be
null or something else; a request that now needs or refuses what it did not. A new major version may break.
Our own, because the comparers that are kept (oasdiff and its like) are programs of other languages that a closed
network would have to fetch beside the lock file; what our pages use of JSON Schema is small.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def breaking(old: Json, new: Json) -> list[str]:
    """One line per change that breaks somebody; none if the major version differs."""
    if _major(old) != _major(new):
        return []
    return sorted(set(_operations(old, new)))


def _major(page: Json) -> str:
    return str(page["info"]["version"]).partition(".")[0]


def _operations(old: Json, new: Json) -> Iterator[str]:
    for path, methods in old["paths"].items():
        for method, was in methods.items():
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{method.upper()} {path} is gone"
                continue
            both = _Both(old, new, was["operationId"])
            if now["operationId"] != was["operationId"]:
                yield f"{was['operationId']} is now {now['operationId']}"
            yield from both.parameters(was, now)
            yield from both.bodies(was, now)
            yield from both.answers(was, now)


class _Both:
    """Two pages, compared at one operation. `seen`: pairs of references that are being compared further up."""

    def __init__(self, old: Json, new: Json, name: str) -> None:
        self._old, self._new, self._name = old, new, name
        self._seen: set[tuple[str, str, bool]] = set()

    def parameters(self, was: Json, now: Json) -> Iterator[str]:
        before = {(p["in"], p["name"]): p for p in was.get("parameters", ())}
        after = {(p["in"], p["name"]): p for p in now.get("parameters", ())}
        for key in before.keys() - after.keys():
            yield f"{self._name}: parameter {key[1]} is gone"
        for key, parameter in after.items():
            old = before.get(key)
            if parameter.get("required") and not (old or {}).get("required"):
                yield f"{self._name}: parameter {key[1]} is now required"
            if old is not None:
                yield from self._schema(old["schema"], parameter["schema"], key[1], sent=True)

    def bodies(self, was: Json, now: Json) -> Iterator[str]:
        old, new = was.get("requestBody", {}), now.get("requestBody", {})
        if new.get("required") and not old.get("required"):
            yield f"{self._name}: a body is now required"
        yield from self._contents(old, new, "request", sent=True)

    def answers(self, was: Json, now: Json) -> Iterator[str]:
        for status, old in was["responses"].items():
            new = now["responses"].get(status)
            if new is None:
                yield f"{self._name}: answer {status} is gone"
            else:
                yield from self._contents(self._of(self._old, old), self._of(self._new, new), status, sent=False)

    def _contents(self, old: Json, new: Json, where: str, *, sent: bool) -> Iterator[str]:
        for media, was in old.get("content", {}).items():
            now = new.get("content", {}).get(media)
            if now is None:
                yield f"{self._name}: {where} is no longer {media}"
            else:
                yield from self._schema(was.get("schema", {}), now.get("schema", {}), where, sent=sent)

    def _schema(self, old: Json, new: Json, where: str, *, sent: bool) -> Iterator[str]:
        pair = (json.dumps(old, sort_keys=True), json.dumps(new, sort_keys=True), sent)
        if pair in self._seen:
            return
        self._seen.add(pair)
        old, new = self._of(self._old, old), self._of(self._new, new)
        yield from self._kinds(old, new, where, sent=sent)
        yield from self._members(old, new, where, sent=sent)
        if "items" in old and "items" in new:
            yield from self._schema(old["items"], new["items"], f"{where}[]", sent=sent)

    def _kinds(self, old: Json, new: Json, where: str, *, sent: bool) -> Iterator[str]:
        """Who sends may send all that was taken before; who reads finds nothing that it has not known."""
        before, after = self._forms(self._old, old), self._forms(self._new, new)
        if None in (before if not sent else after):
            return  # anything
        gone = before - after if sent else after - before
        gone = {form for form in gone if not (sent is False and form == "integer" and "number" in before)}
        for form in sorted(map(str, gone)):
            yield f"{self._name}: {where} {'no longer takes' if sent else 'may now be'} {form}"
        was, now = self._values(self._old, old), self._values(self._new, new)
        if sent and now is not None:
            for value in sorted((was or {"other text"}) - now):
                yield f"{self._name}: {where} no longer takes {value}"
        if not sent and was is not None:
            for value in sorted(was - now if now is not None else set()):
                yield f"{self._name}: {where} is never {value} any more"

    def _members(self, old: Json, new: Json, where: str, *, sent: bool) -> Iterator[str]:
        before, after = self._properties(self._old, old), self._properties(self._new, new)
        needed, needs = self._required(self._old, old), self._required(self._new, new)
        for name, was in before.items():
            if name not in after:
                yield f"{self._name}: {where}.{name} is gone"
            else:
                yield from self._schema(was, after[name], f"{where}.{name}", sent=sent)
        for name in sorted(needs - needed if sent else (needed - needs) & after.keys()):
            yield f"{self._name}: {where}.{name} is now {'required' if sent else 'optional'}"

    def _properties(self, page: Json, schema: Json) -> Json:
        return {name: form for one in self._options(page, schema) for name, form in one.get("properties", {}).items()}

    def _required(self, page: Json, schema: Json) -> set[str]:
        objects = [one for one in self._options(page, schema) if "properties" in one]
        return set.intersection(*(set(one.get("required", ())) for one in objects)) if objects else set()

    def _forms(self, page: Json, schema: Json) -> set[str | None]:
        return {one.get("type") for one in self._options(page, schema)}

    def _values(self, page: Json, schema: Json) -> set[str] | None:
        """The words that are possible; None: any."""
        texts = [one for one in self._options(page, schema) if one.get("type") == "string"]
        if not texts or not all("enum" in one or "const" in one for one in texts):
            return None
        return {str(value) for one in texts for value in one.get("enum", [one.get("const")])}

    def _options(self, page: Json, schema: Json) -> list[Json]:
        schema = self._of(page, schema)
        inner = schema.get("anyOf") or schema.get("oneOf")
        return [option for one in inner for option in self._options(page, one)] if inner else [schema]

    @staticmethod
    def _of(page: Json, part: Json) -> Json:
        """`part`, or what it refers to within its page."""
        if "$ref" not in part:
            return part
        found: Any = page
        for step in part["$ref"].split("/")[1:]:
            found = found[step]
        return dict(found)


def main(old: str, new: str) -> int:
    """Print a line per breaking change between the pages at `old` and `new`; returns 1 if there is one, else 0."""
    found = breaking(*(json.loads(Path(page).read_text("utf-8")) for page in (old, new)))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
