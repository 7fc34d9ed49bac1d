"""Which passwords may be chosen (口令规则): long, and not made of what guessers try first.

Twelve characters of whatever kind. Known words, the own user name, walks on the keyboard, sequences, repetitions, years
and telephone numbers then count as one character each, and eight must be left, or six where marks are not counted.
Length and a list of what is known instead of rules about kinds of characters: NIST SP 800-63B §3.1.1.2. Words:
`domain/guessable.txt`.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

from domain.errors import BadInput

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 200
"""As the login takes it."""

LEAST_LEFT: Final = 8
"""So many characters, after everything that is known counts as one."""

LEAST_PLAIN: Final = 6
"""The same of a password without its marks, if anything known is in it."""

FORMER: Final = 5
"""So many former passwords of an account are not taken again."""

PUBLIC: Final = ("demo",)
"""Passwords that this project has printed: outside the sandbox they open nothing."""


class PasswordRefused(BadInput):
    """A password that may not be chosen; the sentence says why, never what was typed (`PASSWORD`)."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, code="PASSWORD", field="password")


class Kind(NamedTuple):
    """What of a password is known to guessers: where, and what it is called."""

    start: int
    end: int
    said: str


_WORD, _NAME = "常见词或本单位的名称", "您的用户名"
_WALK, _SEQUENCE, _REPEATED = "键盘上相邻的键", "连续的字符", "重复的字符"
_DATE, _NUMBER = "年份或日期", "电话或证件号码"

_LEET: Final = tuple(
    str.maketrans("013456789@$!|+", f"o{one}eas{six}tbgas{one}{one}t") for one, six in (("i", "g"), ("l", "b"))
)
_SHIFTED: Final = str.maketrans('!@#$%^&*()_+{}:"<>?|~', "1234567890-=[];',./\\`")
_ROWS: Final = (
    "`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./", "qwertzuiop", "azertyuiop",
    "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/", "147", "258", "369", "159", "753",
)  # fmt: skip
_LONG_WALK: Final = 4
_DATES: Final = re.compile(r"(?:19|20)\d\d(?:[-./年]?(?:1[0-2]|0?[1-9])(?:[-./月]?(?:3[01]|[12]\d|0?[1-9])日?)?)?年?")
_NUMBERS: Final = re.compile(r"\d{17}[\dx]|(?<!\d)1[3-9]\d{9}(?!\d)")
_REPEATS: Final = re.compile(r"(.)\1{2,}|(.{2,3})\2{2,}|(.{4,})\3+")
_BETWEEN: Final = r"[\W_]?"


def normal(password: str) -> str:
    """The form in which a password counts: full-width letters are the usual ones (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def is_public(password: str) -> bool:
    """Whether this project has printed it."""
    return normal(password) in PUBLIC


def check_password(password: str, username: str) -> None:
    """Nothing if it may be the password of this user.

    Raises:
        PasswordRefused: too short, too long, not typed by a keyboard, or too much of it is known.
    """
    given = normal(password)
    if len(given) < MIN_LENGTH:
        raise PasswordRefused(
            f"密码至少{MIN_LENGTH}个字符，现在是{len(given)}个。可以用几个互不相干的词连起来，好记又不容易被猜到。"
        )
    if (long := max(len(given), len(password))) > MAX_LENGTH:
        raise PasswordRefused(f"密码最多{MAX_LENGTH}个字符，现在是{long}个。")
    if not given.isprintable():
        raise PasswordRefused("密码里有看不见的字符，请去掉再试。")
    if given.isdecimal():
        raise PasswordRefused("密码不能只有数字，请加上几个互不相干的词。")
    known = _known(given, username)
    if known:
        raise PasswordRefused(f"这个密码容易被猜到：里面主要是{known}。请换成几个互不相干的词，或在中间加上别的字。")


def _known(given: str, username: str) -> str:
    """What most of it is, in words; empty if enough is left without it.

    Judged as it is and without the marks between, which hide nothing: `k-u-a-y-u`.
    """
    folded = "".join(c.lower() if len(c.lower()) == 1 else c for c in given)
    plain = "".join(c for c in folded if c.isalnum())
    for text, least in ((folded, LEAST_LEFT), (plain, LEAST_PLAIN)):
        pieces = tuple(_pieces(text, username))
        if pieces and _left(text, pieces) < least:
            return "、".join(dict.fromkeys(piece.said for piece in pieces))
    return ""


def _left(text: str, pieces: tuple[Kind, ...]) -> int:
    """How many characters there are where each piece counts as one; pieces that overlap are one piece."""
    left, reached = len(text), 0
    for piece in sorted(pieces):
        start = max(piece.start, reached)
        if start >= piece.end:
            continue
        left -= piece.end - start - (0 if piece.start < reached else 1)
        reached = piece.end
    return left


def _pieces(text: str, username: str) -> Iterator[Kind]:
    keys = text.translate(_SHIFTED)
    yield from (Kind(start, end, _WALK) for start, end in _walks(keys))
    yield from (Kind(start, end, _SEQUENCE) for start, end in _sequences(text))
    for pattern, said in ((_DATES, _DATE), (_NUMBERS, _NUMBER)):
        yield from (Kind(*found.span(), said) for found in pattern.finditer(text))
    for found in _REPEATS.finditer(text):
        unit = len(found[1] or found[2] or found[3])
        yield Kind(found.start() + unit, found.end(), _REPEATED)
    parts = [part for part in re.split(r"[\W_]+", username.lower()) if len(part) > 2]
    names = tuple(each for part in parts for each in (part, part[::-1]))
    for form in {text, *(text.translate(leet) for leet in _LEET)}:
        for words, said in ((_words(), _WORD), (names, _NAME)):
            yield from (Kind(*found.span(), said) for found in _pattern(words).finditer(form))


def _walks(keys: str) -> Iterator[tuple[int, int]]:
    """Four or more keys that lie side by side, either way, as (start, end)."""
    steps = _neighbours()
    for way in (False, True):
        start = 0
        for at in range(1, len(keys) + 1):
            pair = keys[at - 1 : at + 1]
            if at == len(keys) or (pair[::-1] if way else pair) not in steps:
                if at - start >= _LONG_WALK or keys[start:at] in ("147", "258", "369", "159", "753"):
                    yield start, at
                start = at


@cache
def _neighbours() -> frozenset[str]:
    return frozenset(row[at : at + 2] for row in _ROWS for at in range(len(row) - 1))


def _sequences(text: str) -> Iterator[tuple[int, int]]:
    """Three or more characters of which each is the next, or the one before: abc, 987."""
    start, step = 0, 0
    for at in range(1, len(text) + 1):
        here = ord(text[at]) - ord(text[at - 1]) if at < len(text) else 0
        if at < len(text) and here in (1, -1) and (here == step or at - start == 1):
            step = here
            continue
        if at - start >= 3:
            yield start, at
        start, step = (at - 1, here) if at < len(text) and here in (1, -1) else (at, 0)


@cache
def _words() -> tuple[str, ...]:
    lines = resources.files("domain").joinpath("guessable.txt").read_text("utf-8").splitlines()
    words = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    return tuple(sorted(words | {word[::-1] for word in words if len(word) > 4}, key=lambda word: (-len(word), word)))


@lru_cache(16)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words, also with a mark between its letters; nothing where there are none."""
    return re.compile("|".join(_BETWEEN.join(map(re.escape, word)) for word in words) or r"(?!)")
