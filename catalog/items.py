"""The bundled working catalogue: 624 items, counted and checked when it is loaded (事项清单)."""

from functools import cache
from importlib import resources

from catalog.forms.texts import FOLDER, FormText
from catalog.model import ITEM_COUNT, Catalogue
from catalog.parsing import parse
from catalog.tables import COLUMNS, Tables, file_of, read_csv
from domain.errors import Misconfigured


def bundled_tables() -> Tables:
    """The lists as they are shipped, as text; `load` makes the catalogue of them."""
    folder = resources.files("catalog") / "data"
    files = sorted((file.name, file.read_text("utf-8")) for file in (folder / "forms").iterdir())
    forms = tuple(FormText(file=FOLDER + name, code=name.removesuffix(".json"), text=text) for name, text in files)
    lists = {part: read_csv(file_of(part), (folder / file_of(part)).read_bytes()) for part in COLUMNS}
    return Tables(**lists, forms=forms)


@cache
def load() -> Catalogue:
    """The bundled catalogue, read once per process.

    Raises:
        Misconfigured: a fault in a shipped list, by row and column.
    """
    catalogue, errors = parse(bundled_tables(), expected_items=ITEM_COUNT)
    if catalogue is None:
        listed = "；".join(str(error) for error in errors[:20])
        raise Misconfigured(f"随附的事项清单有{len(errors)}处错误：{listed}")
    return catalogue
