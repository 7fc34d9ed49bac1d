"""What Kuayu is built on, from the files that pin it: lock files, vendored files, programs and images.

Nothing here asks a network. `house` is the folder of the project.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

HOUSE: Final = Path(__file__).parents[2]
DATA: Final = Path(__file__).parent
_VENDOR: Final = "web/static/vendor"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))?(?: \\)?$")
_HASH = re.compile(r"^    --hash=sha256:([0-9a-f]{64})")
_VIA = re.compile(r"^    # (?:via |  )(\S+)")


class Fault(Exception):
    """A file of the inventory does not say what it must, or says what is not so; one line for a person."""


class Scope(StrEnum):
    """Where a component gets to; the widest place counts."""

    SHIPPED = "shipped"  # in the image, or served to browsers
    BESIDE = "beside"  # a program or an image that runs beside ours, never linked with it
    WORKSHOP = "workshop"  # development, tests and benchmarks only


class Kind(StrEnum):
    """What it is."""

    PYTHON = "python"
    SCRIPT = "script"
    FONT = "font"
    DATA = "data"
    PROGRAM = "program"
    IMAGE = "image"


@dataclass(frozen=True)
class Component:
    """One thing of somebody else's. `licence`: as its maker states it ("" for Python packages: see licences.json).

    `sha256`: lock file: of every distribution of this version; files of ours: by path from the project's folder.
    `via`: names of the packages that need it; "kuayu" is the project. `ecosystem`: OSV's name for its registry, and
    after a colon the name there if it is another ("Go:go.temporal.io/server"); "" if it has none.
    """

    name: str
    version: str
    kind: Kind
    scope: Scope
    purl: str
    licence: str = ""
    source: str = ""
    ecosystem: str = ""
    marker: str = ""
    sha256: tuple[tuple[str, str], ...] = ()
    via: tuple[str, ...] = ()


def normal(name: str) -> str:
    """A Python package's name as registries compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str, scope: Scope) -> Iterator[Component]:
    """The packages of a requirements file with hashes.

    Raises:
        Fault: a line that pins nothing, or a pin without a hash.
    """
    entries: list[list[str]] = []
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            entries.append([line])
        elif entries and line:
            entries[-1].append(line)
    for head, *rest in entries:
        pinned = _PINNED.match(head)
        hashes = tuple(("", found[1]) for line in rest if (found := _HASH.match(line)))
        if pinned is None or not hashes:
            raise Fault(f"not pinned by version and hash: {head}")
        name = normal(pinned[1])
        via = tuple(normal(found[1]) for line in rest if (found := _VIA.match(line)) and found[1] != "via")
        yield Component(
            name,
            pinned[2],
            Kind.PYTHON,
            scope,
            f"pkg:pypi/{name}@{pinned[2]}",
            ecosystem="PyPI",
            marker=pinned[3] or "",
            sha256=hashes,
            via=via,
        )


def python_packages(house: Path = HOUSE) -> tuple[Component, ...]:
    """Every package of the three lock files, once, by name: what the image has counts as shipped.

    Raises:
        Fault: as `locked`; or two lock files have two versions of one package.
    """
    found: dict[str, Component] = {}
    files = (
        ("deploy/requirements.lock", Scope.SHIPPED),
        ("requirements.lock", Scope.WORKSHOP),
        ("deploy/locking.lock", Scope.WORKSHOP),
    )
    for name, scope in files:
        for one in locked((house / name).read_text("utf-8"), scope):
            known = found.setdefault(one.name, one)
            if known.version != one.version:
                raise Fault(f"{one.name}: {known.version} in one lock file, {one.version} in {name}: run make lock")
    return tuple(found[name] for name in sorted(found))


def others(house: Path = HOUSE, data: Path = DATA) -> tuple[Component, ...]:
    """Everything that is no Python package: VENDOR.toml and others.toml, by name.

    Raises:
        Fault: a file differs from its hash, or a version no longer stands where it is said to stand.
    """
    vendored = tomllib.loads((house / _VENDOR / "VENDOR.toml").read_text("utf-8"))
    components = [_vendored(entry) for entry in vendored.values()]
    for entry in tomllib.loads((data / "others.toml").read_text("utf-8"))["component"]:
        stands = entry.get("stands_as", "").format(version=entry["version"])
        if stands and stands not in (house / entry["stands_in"]).read_text("utf-8"):
            raise Fault(f"others.toml: {entry['name']} {entry['version']}: `{stands}` is not in {entry['stands_in']}")
        components.append(_listed(entry))
    for one in components:
        for name, digest in one.sha256:
            if hashlib.sha256((house / name).read_bytes()).hexdigest() != digest:
                raise Fault(f"{name} is not the file of {one.name} {one.version} that was taken")
    return tuple(sorted(components, key=lambda one: one.name.lower()))


def _vendored(entry: Mapping[str, Any]) -> Component:
    name, version = entry["package"].removesuffix(" (npm)"), entry["version"]
    return Component(
        name,
        version,
        Kind.SCRIPT,
        Scope.SHIPPED,
        f"pkg:npm/{name}@{version}",
        licence=entry["licence"],
        source=entry["source"],
        ecosystem="npm",
        sha256=tuple((f"{_VENDOR}/{file}", digest) for file, digest in entry["sha256"].items()),
    )


def _listed(entry: Mapping[str, Any]) -> Component:
    return Component(
        entry["name"],
        entry["version"],
        Kind(entry["kind"]),
        Scope(entry["scope"]),
        entry["purl"].format(version=entry["version"]),
        licence=entry["licence"],
        source=entry["source"],
        ecosystem=entry.get("ecosystem", ""),
        sha256=tuple(entry.get("sha256", {}).items()),
    )


def everything(house: Path = HOUSE) -> tuple[Component, ...]:
    """Python packages, then the others. Raises Fault as they do."""
    return (*python_packages(house), *others(house))
