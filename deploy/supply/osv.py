"""Advisories in OSV's form (https://ossf.github.io/osv-schema/): read, asked for, and matched with a version.

Where they come from: an OSV server's `POST /v1/query`, or a folder with the archives that OSV publishes per ecosystem
(`PyPI.zip`, `npm.zip`, …: one JSON file per advisory), for networks that reach nobody.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol

import requests
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field

from deploy.supply.inventory import Fault, normal

_WITHIN_S: Final = 30
_PAGES: Final = 50
_MARKS: Final = ("introduced", "fixed", "last_affected")


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Package(_Read):
    """What an advisory is about, by OSV's name of its registry."""

    ecosystem: str
    name: str

    def same(self, ecosystem: str, name: str) -> bool:
        """Whether it is this package; Python's names are compared as its registry does."""
        if self.ecosystem.partition(":")[0] != ecosystem:
            return False
        return normal(self.name) == normal(name) if ecosystem == "PyPI" else self.name == name


class Range(_Read):
    """`events`: one of introduced, fixed, last_affected each, with its version."""

    type: str
    events: tuple[Mapping[str, str], ...] = ()


class Affected(_Read):
    """One package of an advisory, with the versions that have the fault."""

    package: Package
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()

    def has(self, version: str) -> bool:
        """Whether a version has the fault. What can't be ordered counts as having it: a person has to look."""
        ordered = [one for one in self.ranges if one.type in ("ECOSYSTEM", "SEMVER")]
        if version.removeprefix("v") in {one.removeprefix("v") for one in self.versions}:
            return True
        if not ordered:
            return not self.versions
        try:
            return any(_within(one, _order(version)) for one in ordered)
        except InvalidVersion:
            return True


class Advisory(_Read):
    """One advisory, cut down to what is judged. `withdrawn`: when it was taken back, "" if it stands."""

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    modified: str = ""
    withdrawn: str = ""
    affected: tuple[Affected, ...] = Field(default=())

    def concerns(self, ecosystem: str, name: str, version: str) -> bool:
        """Whether it stands and is about this version of this package."""
        mine = (one for one in self.affected if one.package.same(ecosystem, name))
        return not self.withdrawn and any(one.has(version) for one in mine)


def _order(version: str) -> Version:
    return Version(version.removeprefix("v"))


def _within(one: Range, version: Version) -> bool:
    events = [(mark, text) for event in one.events for mark, text in event.items() if mark in _MARKS]
    within = False
    lowest = Version("0.dev0")
    for mark, text in sorted(events, key=lambda each: lowest if each[1] == "0" else _order(each[1])):
        at = lowest if text == "0" else _order(text)
        if mark == "introduced" and at <= version:
            within = True
        elif (mark == "fixed" and at <= version) or (mark == "last_affected" and at < version):
            within = False
    return within


class Source(Protocol):
    """Whoever has advisories. `named`: what the copy says of where it is from."""

    named: str

    def known_until(self) -> date | None:
        """The day up to which it knows of advisories; None: it knows now what there is."""

    def about(self, ecosystem: str, name: str) -> list[Advisory]:
        """Every advisory about any version of a package. Raises Fault if it can't be asked."""


class Server:
    """An OSV server at `url`."""

    def __init__(self, url: str) -> None:
        self.named = self._url = url.rstrip("/")

    def known_until(self) -> date | None:
        """Whatever there is, it says now."""
        return None

    def about(self, ecosystem: str, name: str) -> list[Advisory]:
        """Asked page by page. Raises Fault if the server can't be reached or answers with something else."""
        question: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
        found: list[Advisory] = []
        for _ in range(_PAGES):
            answer = self._ask(question)
            found += [Advisory.model_validate(one) for one in answer.get("vulns", [])]
            if not (token := answer.get("next_page_token")):
                return found
            question["page_token"] = token
        raise Fault(f"{ecosystem}/{name}: more than {_PAGES} pages of advisories")

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = requests.post(f"{self._url}/v1/query", json=question, timeout=_WITHIN_S, allow_redirects=False)
            answer.raise_for_status()
            read = answer.json()
        except requests.RequestException as fault:
            raise Fault(f"could not ask {self._url}: {fault}") from fault
        if answer.status_code != 200 or not isinstance(read, dict):
            raise Fault(f"{self._url} answered {answer.status_code}, and nothing that OSV says")
        return read


class Archives:
    """A folder with `{ecosystem}.zip` for each ecosystem that is asked for."""

    def __init__(self, folder: Path) -> None:
        self.named = "archives of OSV"
        self._folder = folder
        self._read: dict[str, list[Advisory]] = {}

    def known_until(self) -> date | None:
        """The newest change in the oldest of the archives that were read."""
        newest = [max((one.modified for one in read), default="") for read in self._read.values()]
        oldest = min(newest, default="")
        return date.fromisoformat(oldest[:10]) if oldest else None

    def about(self, ecosystem: str, name: str) -> list[Advisory]:
        """Out of the archive. Raises Fault if there is none, so that nothing counts as asked that was not."""
        if ecosystem not in self._read:
            path = self._folder / f"{ecosystem}.zip"
            if not path.is_file():
                raise Fault(f"{path} is not there: OSV publishes it as {ecosystem}/all.zip")
            self._read[ecosystem] = list(_of_archive(path))
        return [one for one in self._read[ecosystem] if any(a.package.same(ecosystem, name) for a in one.affected)]


def _of_archive(path: Path) -> Iterator[Advisory]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".json"):
                yield Advisory.model_validate(json.loads(archive.read(name)))
