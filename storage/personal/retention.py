"""How long what is kept (保存期限): retention.toml, and the days after which a case's documents and data are erased."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import Field

from domain.model import Frozen

FILE: Final = Path(__file__).with_name("retention.toml")
PERSONAL_DAYS: Final = "PERSONAL_KEPT_DAYS"
DOCUMENTS_DAYS: Final = "PERSONAL_DOCUMENTS_DAYS"
_SET_ASIDE: Final = "set-aside"


class Rule(Frozen):
    """One rule in words. `from_`: the day from which it counts; `days`: a number, or the name of a setting.

    `decided_by`: law, or the district, which has to confirm the number.
    """

    what: str
    from_: str = Field(alias="from")
    days: int | str
    ends: str
    source: str
    decided_by: str


class ItemTerm(Frozen):
    """An item whose law asks for other days; None: as all. `source`: which law."""

    documents_days: int | None = None
    personal_days: int | None = None
    source: str


class Terms(Frozen):
    """After how many days from a case's end what is erased. `items`: by code, where another number holds.

    Documents are never kept for longer than the rest.
    """

    documents_days: int
    personal_days: int
    items: Mapping[str, ItemTerm] = {}

    def personal_end(self, item_code: str, closed_at: datetime) -> datetime:
        """When everything personal of a case is over."""
        return closed_at + timedelta(days=self._own(item_code).personal_days or self.personal_days)

    def documents_end(self, item_code: str, closed_at: datetime) -> datetime:
        """When the papers that the applicant brought are over."""
        days = self._own(item_code).documents_days or self.documents_days
        return min(closed_at + timedelta(days=days), self.personal_end(item_code, closed_at))

    @property
    def shortest(self) -> timedelta:
        """Before that nothing of any case is over."""
        own = (day for one in self.items.values() for day in (one.documents_days, one.personal_days) if day)
        return timedelta(days=min(self.documents_days, self.personal_days, *own))

    def _own(self, item_code: str) -> ItemTerm:
        return self.items.get(item_code, _AS_ALL)


_AS_ALL: Final = ItemTerm(source="")


@cache
def rules() -> Mapping[str, Rule]:
    """Name → rule, in the order of the file."""
    said = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: Rule.model_validate(about) for name, about in said["rule"].items()}


def terms(documents_days: int, personal_days: int) -> Terms:
    """The days of the settings, and those of single items."""
    said = tomllib.loads(FILE.read_text(encoding="utf-8"))
    items = {code: ItemTerm.model_validate(about) for code, about in said.get("item", {}).items()}
    return Terms(documents_days=documents_days, personal_days=personal_days, items=items)


def set_aside_for() -> timedelta:
    """How long what belongs to no case is kept."""
    days = rules()[_SET_ASIDE].days
    return timedelta(days=int(days))
