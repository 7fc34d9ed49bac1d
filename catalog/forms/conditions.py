"""What is asked of these answers (是否需要填写): the one reading of a `When`, for page, check and display."""

from collections.abc import Mapping
from typing import Any

from catalog.forms.model import When


def situation_of(answers: Mapping[str, Any]) -> str | None:
    """The key of the situation that was chosen, None without one."""
    chosen = answers.get("situation")
    return chosen if isinstance(chosen, str) else None


def values_of(answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answered fields, by key; none where the answers are out of shape."""
    values = answers.get("values")
    return values if isinstance(values, Mapping) else {}


def asked(when: When | None, answers: Mapping[str, Any]) -> bool:
    """Whether something with this condition is asked under these answers."""
    if when is None:
        return True
    if when.situations and situation_of(answers) not in when.situations:
        return False
    return when.field is None or bool(_words(values_of(answers).get(when.field)) & set(when.values))


def _words(value: object) -> set[str]:
    if isinstance(value, bool):
        return {"true" if value else "false"}
    if isinstance(value, list | tuple):
        return {word for word in value if isinstance(word, str)}
    return {value} if isinstance(value, str) else set()
