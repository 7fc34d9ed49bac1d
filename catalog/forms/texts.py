"""A form definition as text and where it stands, for faults (表单文本)."""

from typing import Final

from domain.model import Frozen

FOLDER: Final = "forms/"
"""Of the definitions in a list's ZIP and beside the bundled lists: one file per item, named by its code."""


class FormText(Frozen):
    """A definition as text. `file`: where it stands, `row`: of a sheet (0: a file of its own), `code`: its item's."""

    file: str
    row: int = 0
    code: str
    text: str


def file_of_form(code: str) -> str:
    """Where an item's definition stands in a ZIP."""
    return f"{FOLDER}{code}.json"
