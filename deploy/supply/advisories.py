"""Known faults of what we are built on: `python -m deploy.supply.advisories` judges the dated copy, offline.

`take [FOLDER]` renews the copy (advisories.json) from ADVISORIES_URL, an OSV server, or a folder of OSV's archives.
The copy has every advisory about any version of a package, so that another version is judged without asking again.
`--strict`: what is only told otherwise (no copy, an old one, a package that was never asked about) is a fault too.
"""

import json
import os
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from deploy.supply.inventory import DATA, Component, Fault, everything
from deploy.supply.osv import Advisory, Archives, Server, Source

COPY: Final = DATA / "advisories.json"
WAIVERS: Final = DATA / "waivers.toml"
OLD_AFTER: Final = timedelta(days=30)
LONGEST_WAIVER: Final = timedelta(days=180)
_PUBLIC: Final = "https://api.osv.dev"


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Copy(_Read):
    """advisories.json. `taken_on`: None as long as nobody could ask; `about`: "ecosystem/name" → its advisories."""

    taken_on: date | None = None
    source: str = ""
    about: Mapping[str, tuple[Advisory, ...]] = {}


class Waiver(_Read):
    """Why an advisory (by its id or an alias) does not stop us for a package, decided when, and until when."""

    advisory: str
    package: str
    decided_on: date
    until: date
    reason: str


@dataclass(frozen=True)
class Judged:
    """`faults`: lines for what must not be; `notes`: for what must be known."""

    faults: tuple[str, ...]
    notes: tuple[str, ...]


def place_of(component: Component) -> tuple[str, str] | None:
    """(Ecosystem, name there), or None for what has no registry (fonts, data, images)."""
    if not component.ecosystem:
        return None
    ecosystem, _, name = component.ecosystem.partition(":")
    return ecosystem, name or component.name


def copied(path: Path = COPY) -> Copy:
    """The copy as it stands."""
    return Copy.model_validate_json(path.read_text("utf-8"))


def waivers(path: Path = WAIVERS) -> tuple[Waiver, ...]:
    """The waivers as they stand."""
    return tuple(Waiver.model_validate(one) for one in tomllib.loads(path.read_text("utf-8")).get("waiver", []))


def judge(components: Iterable[Component], copy: Copy, waived: Sequence[Waiver], today: date) -> Judged:
    """Every component against the copy."""
    faults = list(_waiver_faults(waived, today))
    asked = {place: one for one in components if (place := place_of(one))}
    unasked = [f"{ecosystem}/{name}" for ecosystem, name in asked if f"{ecosystem}/{name}" not in copy.about]
    used: set[Waiver] = set()
    for (ecosystem, name), one in asked.items():
        for advisory in copy.about.get(f"{ecosystem}/{name}", ()):
            if not advisory.concerns(ecosystem, name, one.version):
                continue
            names = {advisory.id, *advisory.aliases}
            mine = [each for each in waived if each.package == one.name and each.advisory in names]
            used.update(mine)
            if not any(each.until >= today for each in mine):
                also = ", ".join(advisory.aliases)
                faults.append(
                    f"{one.name} {one.version} ({one.scope}): {advisory.id} {also} {advisory.summary}".strip()
                )
    faults += [f"waivers.toml: {each.advisory} of {each.package} waives nothing" for each in waived if each not in used]
    return Judged(tuple(faults), tuple(_notes(copy, unasked, today)))


def _waiver_faults(waived: Sequence[Waiver], today: date) -> Iterator[str]:
    for each in waived:
        named = f"waivers.toml: {each.advisory} of {each.package}"
        if not each.reason.strip():
            yield f"{named} has no reason"
        if each.until < today:
            yield f"{named} ended on {each.until}: mend it, or decide again"
        if not each.decided_on <= each.until <= each.decided_on + LONGEST_WAIVER:
            yield f"{named}: until {each.until} is before its decision, or over {LONGEST_WAIVER.days} days after it"


def _notes(copy: Copy, unasked: Sequence[str], today: date) -> Iterator[str]:
    if copy.taken_on is None:
        yield "advisories: NOT CHECKED, no copy was ever taken: run make advisories where an OSV server can be reached"
        return
    if today - copy.taken_on > OLD_AFTER:
        yield f"advisories: the copy is of {copy.taken_on}, older than {OLD_AFTER.days} days: run make advisories"
    if unasked:
        yield f"advisories: NOT CHECKED, never asked about {', '.join(unasked)}: run make advisories"


def take(components: Iterable[Component], source: Source, today: date) -> Copy:
    """Ask about every component that has a registry. The copy is as old as what its source knows.

    Raises:
        Fault: of the source; nothing is half taken.
    """
    places = sorted({place for one in components if (place := place_of(one))})
    about = {f"{ecosystem}/{name}": tuple(source.about(ecosystem, name)) for ecosystem, name in places}
    return Copy(taken_on=min(today, source.known_until() or today), source=source.named, about=about)


def written(copy: Copy) -> str:
    """The copy as it is kept: the same advisories give the same text."""
    read = copy.model_dump(mode="json", exclude_defaults=True)
    for advisories in read.get("about", {}).values():
        advisories.sort(key=lambda one: one["id"])
    return json.dumps(read, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(words: Sequence[str]) -> int:
    """See the module. 1 after it has said what is wrong."""
    today = datetime.now(UTC).date()
    try:
        components = everything()
        if words[:1] == ["take"]:
            folder = next((word for word in words[1:] if not word.startswith("--")), "")
            url = os.environ.get("ADVISORIES_URL", _PUBLIC)
            copy = take(components, Archives(Path(folder)) if folder else Server(url), today)
            COPY.write_text(written(copy), "utf-8")
    except Fault as fault:
        print(f"advisories: {fault}; the copy stays as it was", file=sys.stderr)
        return 1
    judged = judge(components, copied(), waivers(), today)
    faults = (*judged.faults, *(judged.notes if "--strict" in words else ()))
    print("\n".join((*judged.faults, *judged.notes)) or "advisories: none that concerns us")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
