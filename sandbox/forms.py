"""The filled form of a submission as the played authorities keep it (contracts.md "The filled form")."""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from sandbox.store import Store

FORM_LIMIT = 128 * 1024
_Text = Annotated[str, StringConstraints(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class FormLine(_Part):
    section: str
    label: _Text
    value: str
    personal: Literal["name", "number", "phone"] | None = None


class FilledForm(_Part):
    """As A and B send it; C carries the same as text."""

    version: _Text
    answers: dict[str, Any]
    lines: list[FormLine]


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


def _fits(form: FilledForm | None) -> FilledForm | None:
    if form is not None and len(canonical(form.model_dump())) > FORM_LIMIT:
        raise ValueError("form over 128 kB")
    return form


OptionalForm = Annotated[FilledForm | None, AfterValidator(_fits)]
"""Member `form` of a submission, of 128 kB at most."""
