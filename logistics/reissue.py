"""Who reissues a paper that was lost on its way, and how (补办): a table by words in the paper's name."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from domain.terms import MaterialForm

_DATA = Path(__file__).parent / "data" / "reissue.toml"


class Reissue(NamedTuple):
    """`issuer`: who reissues it, `how`: how, both in Chinese; `needed` False: nothing has to be reissued."""

    issuer: str
    how: str
    needed: bool = True


_ORIGINAL: Final = Reissue("原签发机关", "凭丢失证明向原签发机关申请补发")
_OTHERS: Final = {
    MaterialForm.COPY: Reissue("窗口", "由窗口用留存的扫描件打印，或者凭原件再复印", needed=False),
    MaterialForm.FORM: Reissue("窗口", "由窗口打印后请申请人重新签字", needed=False),
    MaterialForm.ELECTRONIC: Reissue("窗口", "电子件留存在系统里，由窗口重新打印", needed=False),
}


def reissue_of(name: str, form: MaterialForm) -> Reissue:
    """How a paper of this name and form is had again; an original that the table does not know: from its issuer."""
    if form in _OTHERS:
        return _OTHERS[form]
    return next((known for words, known in _table() if any(word in name for word in words)), _ORIGINAL)


@cache
def _table() -> tuple[tuple[tuple[str, ...], Reissue], ...]:
    papers = tomllib.loads(_DATA.read_text(encoding="utf-8"))["paper"]
    return tuple((tuple(paper["words"]), Reissue(paper["issuer"], paper["how"])) for paper in papers)
