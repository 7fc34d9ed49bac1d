"""The filled form of a submission as the played authorities keep it (contracts.md "The filled form")."""

import hashlib
import json
from typing import Any

from sandbox.store import Store

FORM_LIMIT = 128 * 1024


def canonical(form: dict[str, Any]) -> bytes:
    """Sorted members, no spaces, UTF-8."""
    return json.dumps(form, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def keep(store: Store, handling_no: str, form: dict[str, Any] | None) -> None:
    """With the submission, in its transaction."""
    if form is not None:
        store.put("form", handling_no, form)


def digest(store: Store, handling_no: str) -> str | None:
    """SHA-256 of the kept form's canonical JSON: what came is compared without being shown. None: none came."""
    form = store.get("form", handling_no)
    return None if form is None else hashlib.sha256(canonical(form)).hexdigest()
