"""Licences of everything we are built on: recorded, judged, written down. `python -m deploy.supply.licences`.

Without a word: checks the record and docs/third-party.md, offline. `record`: reads what the installed packages say and
writes both again. The record exists because no machine has every locked package (some are for Windows only).
"""

import importlib.metadata
import json
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from license_expression import AND, ExpressionError, LicenseSymbol, Licensing, get_spdx_licensing
from pydantic import BaseModel, ConfigDict

from deploy.supply.inventory import DATA, HOUSE, Component, Fault, Kind, Scope, everything
from deploy.supply.page import page_of

PAGE: Final = HOUSE / "docs" / "third-party.md"
RECORD: Final = DATA / "licences.json"


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Allowance(_Read):
    """A licence that one component may have though nobody else may, as long as it stays in its scope."""

    name: str
    licence: str
    scope: Scope
    reason: str


class ByHand(_Read):
    """What a person read: `licence` as SPDX expression, and where it stands."""

    licence: str
    read_in: str


class Judgements(_Read):
    """judgements.toml. `allowed`: SPDX identifier → reason; `words`: a package's words → SPDX expression."""

    allowed: Mapping[str, str]
    exception: tuple[Allowance, ...]
    words: Mapping[str, str]
    by_hand: Mapping[str, ByHand]


class Recorded(_Read):
    """A package's licence as it was found. `stated`: its own words, "" if it was not installed where that was."""

    version: str
    stated: str
    licence: str


def judgements(path: Path = DATA / "judgements.toml") -> Judgements:
    """The rules. Raises pydantic.ValidationError for another shape."""
    return Judgements.model_validate(tomllib.loads(path.read_text("utf-8")))


def recorded(path: Path = RECORD) -> dict[str, Recorded]:
    """Package → its record."""
    return {name: Recorded.model_validate(one) for name, one in json.loads(path.read_text("utf-8")).items()}


@cache
def _spdx() -> Licensing:
    return get_spdx_licensing()


def is_expression(text: str) -> bool:
    """Whether a text is an SPDX expression of identifiers that SPDX has."""
    try:
        _spdx().parse(text, validate=True, strict=True)
    except ExpressionError:
        return False
    return bool(text.strip())


def refused(component: Component, licence: str, rules: Judgements) -> list[str]:
    """The identifiers that stand against a component; none: it may be used. Of "A OR B" one has to be allowed.

    Raises:
        Fault: the licence is unknown, or is no expression that SPDX has.
    """
    if not is_expression(licence):
        raise Fault(f"{component.name} {component.version}: unknown licence {licence!r}: see judgements.toml")
    mine = {one.licence for one in rules.exception if one.name == component.name and one.scope == component.scope}
    may = mine | set(rules.allowed)

    def against(node: object) -> list[str]:
        if isinstance(node, LicenseSymbol) or not hasattr(node, "args") or not node.args:
            return [] if str(node) in may else [str(node)]
        parts = [against(part) for part in node.args]
        if isinstance(node, AND):
            return [name for part in parts for name in part]
        return [] if not all(parts) else [name for part in parts for name in part]

    return against(_spdx().parse(licence))


def stated_by(package: str) -> tuple[str, list[str]] | None:
    """(Version, what an installed package says of its licence, the most exact first); None: it is not installed."""
    try:
        found = importlib.metadata.metadata(package)
    except importlib.metadata.PackageNotFoundError:
        return None
    words = [found["License-Expression"] or ""]
    words += (found["License"] or "").strip().splitlines()[:1]
    words += [one.split("::")[-1].strip() for one in found.get_all("Classifier") or [] if one.startswith("License")]
    return found["Version"], list(dict.fromkeys(word.strip() for word in words if word.strip()))


def read_off(component: Component, known: Mapping[str, Recorded], rules: Judgements) -> Recorded:
    """The record of a package: what was read by hand, else what it says itself, else what was recorded of this version.

    Raises:
        Fault: nobody says it in words that mean one licence.
    """
    found = stated_by(component.name)
    said = found[1] if found and found[0] == component.version else []
    hand = rules.by_hand.get(component.name)
    before = known.get(component.name)
    if hand:
        licence = hand.licence
    elif said:
        exact = [rules.words.get(word, word) for word in said]
        licence = next((word for word in exact if is_expression(word)), "")
    elif before and before.version == component.version:
        return before
    else:
        licence = ""
    if not licence:
        raise Fault(f"{component.name} {component.version}: unknown licence, it says {said}: read it, see [by_hand]")
    return Recorded(version=component.version, stated="; ".join(said), licence=licence)


def licence_of(component: Component, known: Mapping[str, Recorded]) -> str:
    """A component's licence as SPDX expression; of a package from the record.

    Raises:
        Fault: the package is not recorded, or another version of it is.
    """
    if component.kind is not Kind.PYTHON:
        return component.licence
    found = known.get(component.name)
    if found is None or found.version != component.version:
        raise Fault(f"{component.name} {component.version}: licence not recorded: run make supply")
    return found.licence


def faults(components: Iterable[Component], known: Mapping[str, Recorded], rules: Judgements) -> Iterator[str]:
    """A line for everything that may not be used, is unknown, has changed its words, or is excepted for nothing."""
    listed = tuple(components)
    for one in listed:
        try:
            licence = licence_of(one, known)
            against = refused(one, licence, rules)
        except Fault as fault:
            yield str(fault)
            continue
        if against:
            yield f"{one.name} {one.version} ({one.scope}): {', '.join(against)} is neither allowed nor excepted"
        found = stated_by(one.name) if one.kind is Kind.PYTHON else None
        noted = known[one.name].stated if one.kind is Kind.PYTHON else ""
        if found and noted and found[0] == one.version and "; ".join(found[1]) != noted:
            yield f"{one.name} {one.version}: says {found[1]}, recorded was {noted!r}: run make supply"
    places = {(one.name, one.scope) for one in listed}
    for excepted in rules.exception:
        if (excepted.name, excepted.scope) not in places:
            yield f"judgements.toml: {excepted.name} ({excepted.scope}) is excepted and not used there"
    names = {one.name for one in listed}
    yield from (f"licences.json: {name} is recorded and not locked" for name in known if name not in names)


def record(components: Sequence[Component], rules: Judgements) -> None:
    """Write licences.json. Raises Fault as `read_off`, before anything is written."""
    known = recorded() if RECORD.is_file() else {}
    found = {one.name: read_off(one, known, rules) for one in components if one.kind is Kind.PYTHON}
    text = json.dumps({name: one.model_dump() for name, one in sorted(found.items())}, ensure_ascii=False, indent=1)
    RECORD.write_text(text + "\n", "utf-8")


def written(components: Sequence[Component], known: Mapping[str, Recorded], rules: Judgements) -> str:
    """docs/third-party.md as it has to be."""
    reasons = {(one.name, one.scope): one.reason for one in rules.exception}
    rows = [(one, licence_of(one, known), reasons.get((one.name, one.scope), "")) for one in components]
    return page_of(rows, rules.allowed)


def check() -> list[str]:
    """What is wrong, a line each; none: every licence is known and allowed, and the page says so."""
    try:
        components, known, rules = everything(), recorded(), judgements()
        found = list(faults(components, known, rules))
        if not found and PAGE.read_text("utf-8") != written(components, known, rules):
            found.append("docs/third-party.md is not what the lock files say: run make supply")
    except Fault as fault:
        return [str(fault)]
    return found


def main(words: Sequence[str]) -> int:
    """`record` writes, nothing checks. 1 after it has said what is wrong."""
    try:
        if "record" in words:
            components, rules = everything(), judgements()
            record(components, rules)
            PAGE.write_text(written(components, recorded(), rules), "utf-8")
    except Fault as fault:
        print(fault, file=sys.stderr)
        return 1
    found = check()
    print("\n".join(found) or "licences: every one known and allowed", file=sys.stderr if found else sys.stdout)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
