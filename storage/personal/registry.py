"""The registry of personal data (个人信息台账): registry.toml, read once and checked for words that it does not know.

A test compares it with the tables and with the models of everything that is sealed; erasing
(`storage.personal.erasing`) and the published page are made from it.
"""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from domain.errors import Misconfigured
from domain.model import Frozen
from domain.terms import Role

FILE: Final = Path(__file__).with_name("registry.toml")
NONE: Final = "none"
PART: Final = "part"
CASE: Final = "case"
"""The rule of what is erased with its case."""
_ABOUT: Final = frozenset({"of", "rows", "place", "drop"})
_SUBJECT: Final = "subject"


class DataClass(StrEnum):
    """How much it tells of a person."""

    OPERATIONAL = "L1"
    PERSONAL = "L2"
    SENSITIVE = "L3"


class Basis(StrEnum):
    """By what right it is kept."""

    STATUTORY = "statutory"
    CONSENT = "consent"
    SECURITY = "security"


class Mask(StrEnum):
    """How it is shown to who may see the row, and not it."""

    NAME = "name"
    ID = "id"
    PHONE = "phone"
    ADDRESS = "address"
    HIDDEN = "hidden"
    NONE = "none"


class Link(StrEnum):
    """How a table's rows belong to a case."""

    CASE = "case_no"
    HANDLING = "handling_no"
    LEG = "leg_id"
    CLAIM = "claim_id"
    MATTER = "matter"  # of the case, of a handling or of a parcel of it
    TASK = "task_id"
    PLACE = "place"  # bodies beside the exchange log
    BATCH = "batch_id"  # batches with one of the case's rows


class Profile(Frozen):
    """A kind of personal data. `unmasked`: roles, or the person (`subject`). `kept`: a rule of retention.toml."""

    class_: DataClass = Field(alias="class")
    what: str
    purpose: str
    basis: Basis
    unmasked: tuple[str, ...]
    mask: Mask
    kept: str


class Entries(Frozen):
    """A table or a model. `fields`: each with its profile's name, NONE or PART.

    `of`, `deleted`, `places`, `drops`: of a table whose rows are erased with their case (registry.toml says how).
    """

    name: str
    fields: Mapping[str, str]
    of: Link | None = None
    deleted: bool = False
    places: Mapping[str, str] = {}
    drops: Mapping[str, frozenset[str]] = {}


class Registry(Frozen):
    """`tables` and `models` by name."""

    profiles: Mapping[str, Profile]
    tables: Mapping[str, Entries]
    models: Mapping[str, Entries]

    def erased(self, table: Entries) -> tuple[str, ...]:
        """The columns of a table that the end of a case's time erases."""
        return tuple(name for name, kind in table.fields.items() if self._kept(kind) == CASE)

    def _kept(self, kind: str) -> str:
        return self.profiles[kind].kept if kind in self.profiles else ""


@cache
def registry() -> Registry:
    """The registry as it is in the clone.

    Raises:
        Misconfigured: a word that it does not know, or a field that is named twice.
    """
    said = tomllib.loads(FILE.read_text(encoding="utf-8"))
    profiles = {name: _profile(name, about) for name, about in said["profile"].items()}
    known = profiles.keys() | {NONE, PART}
    return Registry(
        profiles=profiles,
        tables={name: _entries(name, about, known) for name, about in said["table"].items()},
        models={name: _entries(name, about, known) for name, about in said["model"].items()},
    )


def _profile(name: str, about: Mapping[str, Any]) -> Profile:
    roles = tuple(about["unmasked"].split())
    if strange := set(roles) - set(Role) - {_SUBJECT}:
        raise Misconfigured(f"registry.toml: profile {name} names no role: {', '.join(sorted(strange))}")
    return Profile.model_validate({**about, "unmasked": roles})


def _entries(name: str, about: Mapping[str, Any], known: frozenset[str] | set[str]) -> Entries:
    fields: dict[str, str] = {}
    for kind, columns in about.items():
        if kind in _ABOUT:
            continue
        if kind not in known:
            raise Misconfigured(f"registry.toml: {name} names no profile: {kind}")
        for column in columns.split():
            if column in fields:
                raise Misconfigured(f"registry.toml: {name}.{column} stands there twice")
            fields[column] = kind
    return Entries(
        name=name,
        fields=fields,
        of=about.get("of"),
        deleted=about.get("rows") == "deleted",
        places=about.get("place", {}),
        drops={column: frozenset(words.split()) for column, words in about.get("drop", {}).items()},
    )
