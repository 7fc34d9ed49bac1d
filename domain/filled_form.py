"""The filled form of a case (已填表单): answers for programs, lines for people; kept sealed in the dossier."""

from enum import StrEnum
from typing import Any

from domain.model import Frozen


class Personal(StrEnum):
    """What kind of personal data a line shows, so that it can be masked (脱敏)."""

    NAME = "name"
    NUMBER = "number"  # of a document or an account
    PHONE = "phone"


class FormLine(Frozen):
    """One line: the section's or person's title, the label, the value as text. `personal` None: shown as it is."""

    section: str
    label: str
    value: str
    personal: Personal | None = None


class FilledForm(Frozen):
    """`version`: of the catalogue whose form it was. `answers`: as `catalog.forms.schema` gives them.

    `lines`: the answers as people read them, kept because the form may change.
    """

    version: str
    answers: dict[str, Any]
    lines: tuple[FormLine, ...]

    @property
    def situation(self) -> str | None:
        """The key of the situation that was chosen."""
        chosen = self.answers.get("situation")
        return chosen if isinstance(chosen, str) else None
