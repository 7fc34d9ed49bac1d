"""Search over the catalogue (事项检索): what a clerk types in two seconds finds the item.

Names, aliases, codes, departments, full pinyin, initials, a mix of them, everyday words (`catalog.everyday`), and one
slip. The better the fit the higher (`Tier`); within a tier the more used item comes first (ux.md fact 9: prefix
first, then usage).
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from enum import IntEnum
from typing import NamedTuple

from catalog.everyday import EverydayIndex
from catalog.model import Catalogue, Listed, ServiceItem
from catalog.pinyin import Reading, fold, read
from catalog.slips import likeness, one_slip_from_prefix, pairs
from domain.terms import Mode, Scheme

_ENOUGH = 3
"""With so many real fits no slip is assumed."""
_PLENTY = 10
"""With so many plain fits the loose ones are not looked for."""
_SHORTEST_LOOSE = 2
_SHORTEST_SLIP = 3
_ALIKE = 0.5


class Tier(IntEnum):
    """How well an entry fits a query; the lower the better."""

    EXACT = 0
    PREFIX = 1
    OTHER_READING = 2
    INSIDE = 3
    MIXED = 4
    DEPARTMENT = 5
    EVERYDAY = 6
    SCATTERED = 7
    SLIP = 8
    ALIKE = 9


class _Entry(NamedTuple):
    """One searchable wording: an item's name or an alias of it."""

    item: ServiceItem
    reading: Reading
    initials: str
    pinyin: str
    pairs: frozenset[str]
    alphabet: frozenset[str]  # every character that any fit could use: a cheap first sieve
    letters: tuple[frozenset[str], ...]  # all initials of each character
    alias: bool
    codes: tuple[str, ...]
    department: str


class _Hit(NamedTuple):
    order: tuple[float, ...]
    item: ServiceItem


def prior(catalogue: Catalogue) -> dict[str, float]:
    """Item code → weight before any use is counted: publicly listed items first, then in the list's order (1/rank)."""
    sure = list(Listed)
    ranked = sorted(enumerate(catalogue.items), key=lambda pair: (sure.index(pair[1].listed), pair[0]))
    return {item.code: 1 / rank for rank, (_, item) in enumerate(ranked, start=1)}


class SearchIndex:
    """An index over one catalogue version. Immutable; another list needs a new one, other usage a `reweighted` one.

    `usage`: item code → how often it was started lately; codes without a number fall back to `prior`.
    """

    def __init__(self, catalogue: Catalogue, usage: Mapping[str, float] | None = None) -> None:
        self._catalogue = catalogue
        self._entries = list(_entries(catalogue))
        self._everyday = EverydayIndex(catalogue)
        self._weigh(usage or {})

    def reweighted(self, usage: Mapping[str, float]) -> "SearchIndex":
        """The same words with other counts; next to nothing to make."""
        index = copy(self)
        index._weigh(usage)
        return index

    def _weigh(self, counted: Mapping[str, float]) -> None:
        expected = prior(self._catalogue)
        # Any count outweighs the prior, which then only orders what was never used.
        self._weight = {code: (counted.get(code, 0.0), expected[code]) for code in expected}
        self._all = sorted(self._catalogue.items, key=lambda item: (*self._by_use(item), item.code))

    def find(
        self,
        q: str = "",
        *,
        scheme: Scheme | None = None,
        mode: Mode | None = None,
        department: str | None = None,
        listed: Listed | None = None,
    ) -> list[ServiceItem]:
        """All items that fit, best first; the whole list by usage for an empty query. Case and width don't matter."""
        found = self._matching(q) if fold(q) else self._all
        return [
            item
            for item in found
            if (scheme is None or scheme in item.schemes)
            and (mode is None or item.mode is mode)
            and (department is None or item.department == department)
            and (listed is None or item.listed is listed)
        ]

    def _by_use(self, item: ServiceItem) -> tuple[float, float]:
        used, expected = self._weight[item.code]
        return -used, -expected

    def _matching(self, q: str) -> list[ServiceItem]:
        query = fold(q)
        hits = self._fits(_fit, query)
        if len(hits) < _PLENTY:
            hits += self._fits(_loose_fit, query)
        if not query.isascii():
            hits += (_Hit((Tier.EVERYDAY, -hit.fit), hit.item) for hit in self._everyday.find(query))
        words = [word for word in map(fold, q.split()) if word]
        if len(words) > 1:
            hits += self._all_words(words)
        if len({hit.item.code for hit in hits}) < _ENOUGH and len(query) >= _SHORTEST_SLIP:
            hits += self._slips(query)
        hits.sort(key=lambda hit: hit.order)
        return list({hit.item.code: hit.item for hit in hits}.values())

    def _fits(self, fit: Callable[[_Entry, str], Tier | None], query: str) -> list[_Hit]:
        needed = frozenset(query)
        return [
            self._hit(entry, tier)
            for entry in self._entries
            if needed <= entry.alphabet and (tier := fit(entry, query)) is not None
        ]

    def _hit(self, entry: _Entry, tier: Tier, alike: float = 1.0) -> _Hit:
        order = (tier, -alike, entry.alias, *self._by_use(entry.item), len(entry.reading.text))
        return _Hit(order, entry.item)

    def _all_words(self, words: list[str]) -> Iterable[_Hit]:
        """Several words: each must fit the same wording; it is as good as its worst word."""
        for entry in self._entries:
            tiers = [_any_fit(entry, word) for word in words]
            if all(tier is not None for tier in tiers):
                yield self._hit(entry, max(Tier.INSIDE, *(tier for tier in tiers if tier is not None)))

    def _slips(self, query: str) -> Iterable[_Hit]:
        asked, latin = pairs(query), query.isascii()
        for entry in self._entries:
            alike = likeness(asked, entry.pairs)
            wordings = (entry.pinyin, entry.initials) if latin else (entry.reading.text,)
            if any(one_slip_from_prefix(query, wording) for wording in wordings):
                yield self._hit(entry, Tier.SLIP, alike)
            elif alike >= _ALIKE:
                yield self._hit(entry, Tier.ALIKE, alike)


def _entries(catalogue: Catalogue) -> Iterable[_Entry]:
    for item in catalogue.items:
        yield _entry(item, item.name, alias=False)
    for alias in catalogue.aliases:
        if alias.source_name != alias.item_name:
            yield _entry(catalogue.by_code[alias.item_code], alias.source_name, alias=True)


def _entry(item: ServiceItem, wording: str, *, alias: bool) -> _Entry:
    reading = read(wording)
    code, department = fold(item.code), fold(item.department)
    typed = (reading.text, code, department, *(syllable for others in reading.others for syllable in others))
    return _Entry(
        item=item,
        reading=reading,
        initials=reading.initials,
        pinyin="".join(reading.syllables),
        pairs=pairs(reading.text),
        alphabet=frozenset("".join(typed)),
        letters=tuple(frozenset(r[0] for r in readings) for readings in reading.others),
        alias=alias,
        codes=() if alias else (code, code.removeprefix("yz")),
        department=department,
    )


def _fit(entry: _Entry, query: str) -> Tier | None:
    """How a folded query fits one wording, or None."""
    text = entry.reading.text
    if query in (text, entry.initials, entry.pinyin) or query in entry.codes:
        return Tier.EXACT
    if text.startswith(query) or any(code.startswith(query) for code in entry.codes):
        return Tier.PREFIX
    if entry.initials.startswith(query) or entry.pinyin.startswith(query):
        return Tier.PREFIX
    if _other_reading(entry, query):
        return Tier.OTHER_READING
    if query in text or (len(query) > 1 and query in entry.initials):
        return Tier.INSIDE
    return Tier.DEPARTMENT if entry.department.startswith(query) else None


def _loose_fit(entry: _Entry, query: str) -> Tier | None:
    """The fits that cost more to see; looked for only where the plain ones are few."""
    if len(query) < _SHORTEST_LOOSE:
        return None
    latin = query[0].isascii() or query[-1].isascii()
    if latin and _mixed(entry, query):
        return Tier.MIXED
    if _scattered(query, entry.initials if latin else entry.reading.text):
        return Tier.SCATTERED
    return None


def _any_fit(entry: _Entry, query: str) -> Tier | None:
    plain = _fit(entry, query)
    return _loose_fit(entry, query) if plain is None else plain


def _other_reading(entry: _Entry, query: str) -> bool:
    """Initials in any reading of each character (多音字)."""
    return len(query) <= len(entry.letters) and all(map(frozenset.__contains__, entry.letters, query))


def _mixed(entry: _Entry, query: str) -> bool:
    """Characters, whole syllables, initials and a begun last syllable, from any place on: `身份zheng`, `shenfenz`."""
    first = query[0]
    return any(
        _mixed_from(entry.reading, query, start)
        for start, (char, letters) in enumerate(zip(entry.reading.text, entry.letters, strict=True))
        if first == char or first in letters
    )


def _mixed_from(reading: Reading, query: str, start: int) -> bool:
    reached = {0}
    for char, readings in zip(reading.text[start:], reading.others[start:], strict=True):
        further = set()
        for at in reached:
            rest = query[at:]
            if rest[0] == char:
                further.add(at + 1)
            for syllable in readings:
                if syllable.startswith(rest):
                    return True
                if rest.startswith(syllable):
                    further.add(at + len(syllable))
                if rest[0] == syllable[0]:
                    further.add(at + 1)
        if len(query) in further:
            return True
        if not further:
            return False
        reached = further
    return False


def _scattered(query: str, text: str) -> bool:
    """All characters in order, with gaps: `sfzbl`, `残疾证换领`."""
    rest = iter(text)
    return all(char in rest for char in query)
