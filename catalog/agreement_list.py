"""The district's agreements as a file (协议清单交换): CSV or XLSX in, differences shown, the same bytes out.

`*` in `scope` or `modes` means all; several are parted by `;`.
"""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Collection
from functools import cache
from importlib import resources

from catalog.agreements import Agreement, Agreements, DelegatedPower
from catalog.labels import AGREEMENTS, header_label, to_codes, to_words
from catalog.rows import ANY, Row, RowError, read_rows
from catalog.tables import Table, read_csv
from catalog.workbook import read_workbook, write_workbook
from domain.errors import BadInput, Misconfigured
from domain.model import Frozen
from domain.terms import Mode, Scheme

SHEET = "协议"
COLUMNS = (
    *("scheme", "region", "scope", "modes", "contact", "postal_address"),
    *("valid_from", "valid_to", "delegated", "confirmed"),
)


class AgreementsDiff(Frozen):
    """What a list would change; a changed agreement is one removed and one added."""

    added: tuple[Agreement, ...]
    removed: tuple[Agreement, ...]

    @property
    def summary(self) -> str:
        """One sentence for the importer."""
        return f"新增{len(self.added)}份，删除{len(self.removed)}份（改动计为一删一增）。"


class AgreementsPlan(Frozen):
    """A dry run: faults, or the list as it would be stored.

    `csv`: the list's stored form; `version`: 12 hex digits of its hash. Both empty where there are `errors`.
    """

    csv: bytes
    version: str
    diff: AgreementsDiff
    errors: tuple[RowError, ...] = ()


def plan_agreements(base: Agreements, filename: str, data: bytes, item_codes: Collection[str]) -> AgreementsPlan:
    """Check a list that would replace `base`; nothing is changed.

    `filename`: its ending says the form, .csv or .xlsx. `item_codes`: those that a scope may name.

    Raises:
        BadInput: bytes that are no list, or another ending.
    """
    ending = filename.lower().rpartition(".")[2]
    if ending not in ("csv", "xlsx"):
        raise BadInput("只能导入.xlsx或.csv文件。", field="file")
    workbook = ending == "xlsx"
    table = _sheet(data) if workbook else to_codes(AGREEMENTS, read_csv("agreements.csv", data))
    wanted, errors = parse_agreements(table, item_codes)
    if errors:
        shown = [e.model_copy(update={"column": header_label(AGREEMENTS, e.column)}) if workbook else e for e in errors]
        nothing = AgreementsDiff(added=(), removed=())
        return AgreementsPlan(csv=b"", version="", diff=nothing, errors=tuple(shown))
    content = export_agreements(wanted)
    return AgreementsPlan(csv=content, version=version_of(content), diff=_diff(base, wanted))


def parse_agreements(table: Table, item_codes: Collection[str] | None = None) -> tuple[Agreements, list[RowError]]:
    """The agreements, and every fault by row and column; with a fault the list must not be used.

    `item_codes` None: a scope is not compared with the list of items, as kept lists outlive items.
    """
    errors: list[RowError] = []
    found: list[Agreement] = []
    for row in read_rows(table, COLUMNS, errors):
        agreement = _agreement(row, item_codes)
        if row.sound and agreement is not None:
            if agreement in found:
                row.fault("region", "与前面一行完全相同")
            found.append(agreement)
    return Agreements(found), errors


def _agreement(row: Row, item_codes: Collection[str] | None) -> Agreement | None:
    region = row.region("region")
    scope = row.list_or_any("scope")
    unknown = sorted(scope - set(item_codes)) if scope is not None and item_codes is not None else []
    if unknown:
        row.fault("scope", f"事项清单中没有这个编码：{'、'.join(unknown)}")
    modes = row.some_or_any("modes", Mode)
    valid_from, valid_to = row.day("valid_from"), row.day("valid_to")
    if valid_from and valid_to and valid_to < valid_from:
        row.fault("valid_to", f"停止日期{valid_to}早于开始日期{valid_from}")
    scheme, confirmed = row.choice("scheme", Scheme), row.flag("confirmed")
    contact = row.text("contact", empty=True) or None
    address = row.text("postal_address", empty=True) or None
    delegated = frozenset(row.some("delegated", DelegatedPower))
    if not row.sound:
        return None
    return Agreement(
        scheme=scheme,
        region=region,
        items=scope,
        modes=modes,
        contact=contact,
        postal_address=address,
        valid_from=valid_from,
        valid_to=valid_to,
        delegated=delegated,
        confirmed=confirmed,
    )


def read_kept(data: bytes) -> Agreements:
    """The agreements of a list (CSV) that was checked before.

    Raises:
        Misconfigured: it is no list any more.
    """
    agreements, errors = parse_agreements(read_csv("agreements.csv", data))
    if errors:
        raise Misconfigured(f"已存的合作协议清单无法读取：{errors[0]}")
    return agreements


@cache
def seeded() -> Agreements:
    """The bundled agreements, province-wide and unconfirmed; the district's own replace them."""
    return read_kept((resources.files("catalog") / "data" / "agreements.csv").read_bytes())


def export_agreements(agreements: Agreements) -> bytes:
    """The CSV that `plan_agreements` reads; the same bytes for the same content."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(cells_of, agreements.all))
    return text.getvalue().encode()


def export_agreements_xlsx(agreements: Agreements) -> bytes:
    """The same list as a workbook with Chinese headers; `plan_agreements` reads it too."""
    table = Table(file=SHEET, header=COLUMNS, rows=tuple(map(cells_of, agreements.all)))
    return write_workbook([to_words(AGREEMENTS, table)])


def version_of(content: bytes) -> str:
    """The version of a list: the first 12 hex digits of its SHA-256."""
    return hashlib.sha256(content).hexdigest()[:12]


def cells_of(agreement: Agreement) -> tuple[str, ...]:
    """One row of the list, in the order of COLUMNS."""
    return (
        agreement.scheme,
        agreement.region,
        _some(agreement.items),
        _some(agreement.modes),
        agreement.contact or "",
        agreement.postal_address or "",
        agreement.valid_from.isoformat() if agreement.valid_from else "",
        agreement.valid_to.isoformat() if agreement.valid_to else "",
        ";".join(sorted(agreement.delegated)),
        "yes" if agreement.confirmed else "no",
    )


def _some(values: frozenset[str] | None) -> str:
    return ANY if values is None else ";".join(sorted(values))


def _sheet(data: bytes) -> Table:
    sheets = read_workbook(data, {SHEET})
    if SHEET not in sheets:
        raise BadInput(f"工作簿里没有“{SHEET}”表。", field="file")
    return to_codes(AGREEMENTS, sheets[SHEET])


def _diff(old: Agreements, new: Agreements) -> AgreementsDiff:
    before, after = Counter(old.all), Counter(new.all)
    return AgreementsDiff(added=tuple((after - before).elements()), removed=tuple((before - after).elements()))
