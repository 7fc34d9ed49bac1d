"""The district's agreements as a file (协议清单交换): CSV or XLSX in, differences told, the same bytes out."""

import csv
import hashlib
import io
from collections import Counter

from catalog.agreements import COLUMNS, Agreement, Agreements, parse_agreements
from catalog.tables import Table, read_csv
from catalog.workbook import read_workbook, write_workbook
from domain.errors import BadInput
from domain.model import Frozen

SHEET = "协议"


class AgreementsDiff(Frozen):
    """What a list would change; a changed agreement is one removed and one added."""

    added: tuple[Agreement, ...]
    removed: tuple[Agreement, ...]

    @property
    def summary(self) -> str:
        """One sentence for the importer."""
        return f"新增{len(self.added)}份，删除{len(self.removed)}份（改动计为一删一增）。"


class AgreementsPlan(Frozen):
    """A dry run: the list as stored (CSV), its version, its differences."""

    csv: bytes
    version: str
    diff: AgreementsDiff


def plan_agreements(base: Agreements, filename: str, data: bytes) -> AgreementsPlan:
    """Check a list that would replace `base`. Raises BadInput naming file, row and column of the first fault."""
    ending = filename.lower().rpartition(".")[2]
    if ending == "csv":
        table = read_csv(filename, data)
    elif ending == "xlsx":
        table = _sheet(data)
    else:
        raise BadInput("只能导入.xlsx或.csv文件。", field="file")
    wanted = parse_agreements(table)
    content = export_agreements(wanted)
    return AgreementsPlan(csv=content, version=version_of(content), diff=_diff(base, wanted))


def export_agreements(agreements: Agreements) -> bytes:
    """The CSV that `plan_agreements` reads; the same bytes for the same content."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(cells_of, agreements.all))
    return text.getvalue().encode()


def export_agreements_xlsx(agreements: Agreements) -> bytes:
    """The same list as a workbook."""
    return write_workbook([Table(file=SHEET, header=COLUMNS, rows=tuple(map(cells_of, agreements.all)))])


def version_of(content: bytes) -> str:
    """A hash of the list's content, like the catalogue's."""
    return hashlib.sha256(content).hexdigest()[:12]


def cells_of(agreement: Agreement) -> tuple[str, ...]:
    """One row of the list, in its order."""
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
    return "*" if values is None else ";".join(sorted(values))


def _sheet(data: bytes) -> Table:
    sheets = read_workbook(data, {SHEET})
    if SHEET not in sheets:
        raise BadInput(f"工作簿里没有“{SHEET}”表。", field="file")
    table = sheets[SHEET]
    width = len(table.header)
    return table.model_copy(update={"rows": tuple(row[:width] for row in table.rows if any(row))})


def _diff(old: Agreements, new: Agreements) -> AgreementsDiff:
    before, after = Counter(old.all), Counter(new.all)
    return AgreementsDiff(added=tuple((after - before).elements()), removed=tuple((before - after).elements()))
