"""Words that are nowhere else (金丝雀), and a search for them in every form that bytes may take."""

import base64
import html
import json
import re
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

_LONG_ENOUGH = 6
_NUMBER = 7
"""So many digits are somebody's number, and may be written with something between them."""


def forms(value: str | float) -> dict[str, bytes]:
    """Form → the bytes that stand wherever the value stands in this form, whatever stands around it."""
    if isinstance(value, float):
        text = {"text": repr(value).encode(), "utf-16": repr(value).encode("utf-16-le")}
        return text | {"double-be": struct.pack(">d", value), "double-le": struct.pack("<d", value)}
    plain = value.encode()
    found = {
        "text": plain,
        "utf-16-le": value.encode("utf-16-le"),
        "utf-16-be": value.encode("utf-16-be"),
        "gb18030": value.encode("gb18030"),
        "json": json.dumps(value)[1:-1].encode(),
        "json-upper": re.sub(r"\\u[0-9a-f]{4}", lambda m: r"\u" + m[0][2:].upper(), json.dumps(value)[1:-1]).encode(),
        "json-in-json": json.dumps(json.dumps(value)[1:-1])[1:-1].encode(),
        "html": html.escape(value).encode(),
        "entities": value.encode("ascii", "xmlcharrefreplace"),
        "hex": plain.hex().encode(),
        "hex-upper": plain.hex().upper().encode(),
        "url": quote(value, safe="").encode(),
        "url-lower": quote(value, safe="").lower().encode(),
        "form": quote_plus(value).encode(),
        "python": ascii(value)[1:-1].encode(),
        **_base64(plain),
    }
    digits = re.sub(r"\D", "", value)
    if len(digits) >= _NUMBER:
        found["digits"] = digits.encode()
        found |= {f"digits{between}": between.join(_groups(digits)).encode() for between in "- "}
    return {name: bytes_ for name, bytes_ in found.items() if len(bytes_) >= _LONG_ENOUGH}


def _base64(data: bytes) -> dict[str, bytes]:
    """What of it stands in base64 for sure, at each of the three places at which it may begin."""
    found = {}
    for shift, begins in ((0, 0), (1, 2), (2, 3)):
        whole = base64.b64encode(bytes(shift) + data).decode()
        certain = whole[begins : (shift + len(data)) * 8 // 6]
        found[f"base64+{shift}"] = certain.encode()
        found[f"base64url+{shift}"] = certain.translate(str.maketrans("+/", "-_")).encode()
    return found


def _groups(digits: str) -> list[str]:
    """As people write a telephone number: 139 1234 5678."""
    return [digits[:3], *(digits[at : at + 4] for at in range(3, len(digits), 4))]


class Search:
    """Looks for words in bytes. `words`: what each is → the word."""

    def __init__(self, words: dict[str, str | float]) -> None:
        self._needles = [(f"{what} as {name}", form) for what, word in words.items() for name, form in _once(word)]

    def within(self, data: bytes) -> set[str]:
        """`{what} as {form}` of everything that is found."""
        return {what for what, form in self._needles if form in data}

    def over(self, places: Iterable[tuple[str, bytes]]) -> dict[str, set[str]]:
        """Place → what is found there; places without anything are left out."""
        looked = ((place, self.within(data)) for place, data in places)
        return {place: found for place, found in looked if found}


def _once(word: str | float) -> Iterator[tuple[str, bytes]]:
    """Its forms, of those that are the same bytes the first."""
    seen: set[bytes] = set()
    for name, form in forms(word).items():
        if form not in seen:
            seen.add(form)
            yield name, form


def files_under(folder: Path, without: frozenset[str] = frozenset()) -> Iterator[tuple[str, bytes]]:
    """Each file's path below `folder` and its bytes, and its name once more; `without`: names that are left out."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _is_left_out(path.name, without):
            name = str(path.relative_to(folder))
            yield name, path.read_bytes()
            yield f"name of {name}", name.encode()


def _is_left_out(name: str, without: frozenset[str]) -> bool:
    return any(name == one or name.startswith(f"{one}-") for one in without)  # with SQLite's journals


def rows_of(database: Path) -> Iterator[tuple[str, bytes]]:
    """Each table of an SQLite file and all its values: in the file a long one lies in pieces."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            name = table.decode()
            values = (value for row in connection.execute(f'SELECT * FROM "{name}"') for value in row)  # noqa: S608
            yield f"{database.name}:{name}", b"\0".join(_bytes(value) for value in values)


def _bytes(value: object) -> bytes:
    match value:
        case None:
            return b""
        case bytes():
            return value
        case float():
            return repr(value).encode() + b"\0" + struct.pack(">d", value)
        case _:
            return str(value).encode()
