"""The list of everyday words (口语词): read, checked against the items, and fitted to another list of items."""

from collections.abc import Collection, Iterable

from catalog.model import Alias, ServiceItem, Synonym, WordKind
from catalog.pinyin import fold
from catalog.rows import RowError, read_rows
from catalog.tables import COLUMNS, Table

_LONGEST = 20


def synonyms(
    table: Table, items: Collection[ServiceItem], aliases: Iterable[Alias], errors: list[RowError]
) -> tuple[Synonym, ...]:
    """The rows of the list.

    A fault: no everyday word, a filler with official words or another kind without, a word without a letter or above
    20 characters, one twice in a row, an official word that stands in no name and no alias, an unknown code. Words
    are looked up only where the items themselves are sound: a fault in them is told once, there.
    """
    names = [item.name for item in items] + [alias.source_name for alias in aliases]
    wordings = None if errors else Wordings([item.code for item in items], names)
    found = []
    for row in read_rows(table, COLUMNS["synonyms"], errors):
        kind, said, meant = row.choice("word_kind", WordKind), row.words("said"), row.words("meant")
        if not said:
            row.fault("said", "不能为空")
        if bool(meant) is (kind is WordKind.FILLER):
            row.fault("meant", "虚词（filler）不能有事项用词" if meant else "不能为空，只有虚词（filler）没有事项用词")
        for word in said:
            if not fold(word) or len(word) > _LONGEST:
                row.fault("said", f"“{word}”应为1到{_LONGEST}个字")
        for column, words in (("said", said), ("meant", meant)):
            if len(set(map(fold, words))) != len(words):
                row.fault(column, "有重复")
        for word in meant:
            if wordings is not None and not wordings.hold(word):
                row.fault("meant", f"没有哪个事项的名称、别名含有“{word}”，也没有这个编码")
        found.append(Synonym(kind=kind, said=said, meant=meant))
    return tuple(found)


class Wordings:
    """What stands in the names and aliases of a list of items, and its codes."""

    def __init__(self, codes: Iterable[str], names: Iterable[str]) -> None:
        self._codes = frozenset(codes)
        self._text = "\n".join(map(fold, names))

    def hold(self, word: str) -> bool:
        """Whether a word stands in a name or alias, or is an item's code."""
        return word in self._codes or (bool(fold(word)) and fold(word) in self._text)

    def fitted(self, said: Iterable[Synonym]) -> tuple[Synonym, ...]:
        """Synonyms without the official words that stand nowhere; without those that would mean nothing any more."""
        fitting = []
        for synonym in said:
            meant = tuple(filter(self.hold, synonym.meant))
            if meant or synonym.kind is WordKind.FILLER:
                fitting.append(synonym.model_copy(update={"meant": meant}))
        return tuple(fitting)
