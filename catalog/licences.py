"""The types of electronic licences (电子证照类型): 141 as data, who holds them, and what their numbers are."""

from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from catalog.model import Applicants
from catalog.rows import RowError, read_rows
from catalog.tables import read_csv
from domain.errors import Misconfigured
from domain.model import Frozen
from domain.terms import IdType

TYPE_COUNT: Final = 141
_FILE: Final = "licences.csv"
_COLUMNS: Final = ("name_zh", "holder", "number_kind", "department_zh")


class LicenceType(Frozen):
    """One type. `number_kind`: its number is one of this kind and checked like one; None: any text.

    `department`: who issues it, as a rule.
    """

    name: str
    holder: Applicants
    number_kind: IdType | None
    department: str


@cache
def licence_types() -> MappingProxyType[str, LicenceType]:
    """Name → type, in the order of the file; read once per process.

    Raises:
        Misconfigured: a fault in the shipped list, by row and column.
    """
    errors: list[RowError] = []
    table = read_csv(_FILE, (resources.files("catalog") / "data" / _FILE).read_bytes())
    types = [
        LicenceType(
            name=row.text("name_zh", limit=40),
            holder=row.choice("holder", Applicants),
            number_kind=row.choice("number_kind", IdType) if row.text("number_kind", empty=True) else None,
            department=row.text("department_zh", limit=40),
        )
        for row in read_rows(table, _COLUMNS, errors)
    ]
    found = {one.name: one for one in types}
    if errors or len(found) != TYPE_COUNT:
        raise Misconfigured(f"随附的证照类型应为{TYPE_COUNT}种，各不相同且无错误：{'；'.join(map(str, errors[:5]))}")
    return MappingProxyType(found)
