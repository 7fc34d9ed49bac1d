"""What we take from a provider's claims: a role of ours, a unit, and how the person has shown who he is."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from domain.terms import Role

UNIT_LENGTH: Final = 120


def words_at(claims: Mapping[str, Any], path: str) -> list[str]:
    """The texts at a claim; `realm_access.roles` is a member of a member, unless a claim has that very name."""
    value: Any = claims
    for name in [path] if path in claims else path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str) and one]


def role_of(said: Collection[str], known: Mapping[str, Role]) -> Role | None:
    """The role of whom the provider calls all this: the first of `known` that is among it; None where none is."""
    return next((role for word, role in known.items() if word in said), None)


def unit_of(claims: Mapping[str, Any], path: str) -> str:
    """The unit that the provider names, in its words; empty where none is asked for or said."""
    said = words_at(claims, path) if path else []
    return "".join(one for one in said[0] if one.isprintable())[:UNIT_LENGTH] if said else ""


def showed_more(claims: Mapping[str, Any], acr: Collection[str], amr: Collection[str]) -> bool:
    """Whether the provider itself has asked for a second factor, by words that we have agreed to believe."""
    return claims.get("acr") in acr or any(word in amr for word in words_at(claims, "amr"))
