"""The filled form of a case as every wire carries it: canonical JSON (contracts.md "The filled form").

Canonical: members sorted by code point at every level, no spaces, so that the same form is always the same bytes.
"""

import json
from typing import Any, Final

from domain.filled_form import FilledForm

MAX_FORM_BYTES: Final = 128 * 1024
"""Of its canonical JSON in UTF-8: half of what a command may have on A and B. A longer one does not travel."""


def form_json(form: FilledForm | None) -> dict[str, Any] | None:
    """`{"answers","lines","version"}` in canonical order; None where the case has none or it is too long."""
    if form is None:
        return None
    said: dict[str, Any] = _sorted(form.model_dump(mode="json"))
    return said if len(canonical(said).encode()) <= MAX_FORM_BYTES else None


def canonical(said: dict[str, Any]) -> str:
    """The form as text: of `form_json`, whose members are sorted."""
    return json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value
