"""How names are read (拼音): one phrase reading per name and every other reading of its characters.

Readings of the bundled names are precomputed (data/pinyin.csv, data/heteronyms.csv), so a start never loads the
dictionary; names of an imported list are read by `pypinyin` when its index is built.
"""

import csv
import io
import unicodedata
from functools import cache
from importlib import resources
from typing import NamedTuple

# Where the dictionary's phrase reading is wrong in this trade. Found by reading through all polyphones of the list.
_OVERRIDES = {"发卡企业": ("fa", "ka", "qi", "ye"), "通还": ("tong", "huan")}


class Reading(NamedTuple):
    """A name without its punctuation: its characters, its phrase reading, and all readings of each character."""

    text: str
    syllables: tuple[str, ...]
    others: tuple[tuple[str, ...], ...]

    @property
    def initials(self) -> str:
        """首字母 of the phrase reading; digits and Latin letters stand for themselves."""
        return "".join(syllable[0] for syllable in self.syllables)


def fold(text: str) -> str:
    """A text as it is compared: half-width, lower case; letters, digits and Han characters only."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).lower() if char.isalnum())


def read(text: str) -> Reading:
    """How a name is read; precomputed for bundled names, by `pypinyin` for others."""
    syllables = _phrases().get(text)
    if syllables is None:
        syllables = phrase_reading(text)
    folded, kept = [], []
    for char, syllable in zip(text, syllables, strict=True):
        if char.isalnum():
            folded.append(fold(char) or char)
            kept.append(syllable.lower())
    others = tuple(_readings_of(char, first) for char, first in zip(folded, kept, strict=True))
    return Reading("".join(folded), tuple(kept), others)


def phrase_reading(text: str) -> tuple[str, ...]:
    """One syllable per character by the dictionary's phrases and our overrides; `v` writes ü."""
    from pypinyin import lazy_pinyin  # costs a tenth of a second, needed for imported names only

    # `errors=list` keeps one entry per character that has no reading; the stub knows str only.
    syllables = list(lazy_pinyin(text, errors=list))  # type: ignore[arg-type]
    for words, reading in _OVERRIDES.items():
        at = text.find(words)
        if at >= 0:
            syllables[at : at + len(words)] = reading
    return tuple(syllables)


def _readings_of(char: str, first: str) -> tuple[str, ...]:
    """All readings, the phrase's own first; ü may also be typed u."""
    readings = dict.fromkeys([first, *_heteronyms().get(char, ())])
    return tuple(dict.fromkeys([*readings, *(r.replace("v", "u") for r in readings if r[0] in "ln")]))


def _data(name: str) -> list[dict[str, str]]:
    text = (resources.files("catalog") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@cache
def _phrases() -> dict[str, tuple[str, ...]]:
    # Punctuation stands for itself in the file, so that characters and syllables pair up.
    return {row["text"]: tuple(row["syllables"].split(" ")) for row in _data("pinyin.csv")}


@cache
def _heteronyms() -> dict[str, tuple[str, ...]]:
    return {row["char"]: tuple(row["readings"].split(" ")) for row in _data("heteronyms.csv")}
