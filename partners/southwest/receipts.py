"""Receipts (回执): one per batch, both ways, signed over the code of every row (contracts.md B "Receipt")."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from domain.model import Frozen
from partners.southwest.codes import Code
from partners.southwest.signing import Signer, Verifier, receipt_text
from partners.standards import format_instant, parse_instant

_Text = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class RowCode(Frozen):
    """What became of one row: ok (twelve zeros) or a row code."""

    model_config = ConfigDict(strict=True)

    row_guid: _Text
    code: _Text


class BatchReceipt(Frozen):
    """What became of a batch (contracts.md B "Receipt"). `rows` is empty unless `code` is ok."""

    model_config = ConfigDict(strict=True, populate_by_name=True)

    cd_batch: Annotated[str, StringConstraints(max_length=64)]
    rows_sm3: Annotated[str, StringConstraints(max_length=64)] = Field(alias="rowsSm3")
    received_at: Annotated[str, StringConstraints(max_length=40)] = Field(alias="receivedAt")
    code: _Text
    rows: list[RowCode]
    cert_serial: _Text = Field(alias="certSerial")
    sign: Annotated[str, StringConstraints(max_length=128)]

    @property
    def text(self) -> str:
        """What `sign` covers."""
        rows = [(row.row_guid, row.code) for row in self.rows]
        return receipt_text(self.cd_batch, self.rows_sm3, self.received_at, self.code, rows)

    @property
    def received(self) -> datetime:
        """`receivedAt` as a moment, aware.

        Raises:
            ValueError: it is no time.
        """
        return parse_instant(self.received_at)

    def wire(self) -> dict[str, Any]:
        """The members as they travel and are stored."""
        return self.model_dump(by_alias=True)


def write_receipt(
    signer: Signer, *, cd_batch: str, rows_sm3: str, code: str, rows: Sequence[tuple[str, str]], now: datetime
) -> BatchReceipt:
    """Our signed receipt; `rows` are (row_guid, code) in the batch's order, left out where `code` is not ok.

    Raises:
        Misconfigured: no certificate of ours counts today.
    """
    serial = signer.serial(now)
    unsigned = BatchReceipt(
        cd_batch=cd_batch,
        rows_sm3=rows_sm3,
        received_at=format_instant(now),
        code=code,
        rows=[RowCode(row_guid=guid, code=row_code) for guid, row_code in rows] if code == Code.OK else [],
        cert_serial=serial,
        sign="",
    )
    return unsigned.model_copy(update={"sign": signer.sign(unsigned.text, serial)})


def read_receipt(content: Any, verifier: Verifier, now: datetime) -> BatchReceipt | None:
    """A receipt that can be trusted, else None: malformed, unknown or ended certificate, wrong signature."""
    try:
        receipt = BatchReceipt.model_validate(content)
        parse_instant(receipt.received_at)
    except (ValidationError, ValueError):
        return None
    if verifier.certificate_fault(receipt.cert_serial, now) is not None:
        return None
    return receipt if verifier.verify(receipt.text, receipt.sign, receipt.cert_serial) else None
