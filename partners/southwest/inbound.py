"""A batch of the hub, checked in the contract's order; refusals are values with their code (contracts.md B "Batch")."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from partners.southwest.batch import Manifest, Measured, StreamHead, measure
from partners.southwest.codes import Code
from partners.southwest.settings import SouthwestSettings
from partners.southwest.signing import Verifier, decode_base64
from partners.standards import same

_OLDEST: Final = timedelta(hours=72)
_AHEAD: Final = timedelta(seconds=300)


class RefusedBatch(NamedTuple):
    """Not taken as a whole, with the code of its receipt.

    `manifest` None: it can't be read. `old`: refused for its age alone, so that a person may release it.
    """

    cd_batch: str
    rows_sm3: str
    code: Code
    manifest: Manifest | None = None
    old: bool = False


class ExaminedBatch(NamedTuple):
    """Authentic and addressed to us; its place in the stream is still to be checked.

    `measured`: what its rows are, or the code of the fault that measuring them met.
    """

    manifest: Manifest
    rows_gz: bytes
    measured: Measured | Code


class GoodBatch(NamedTuple):
    """A batch at its place in the stream, to be applied row by row."""

    manifest: Manifest
    rows_gz: bytes


class RepeatedBatch(NamedTuple):
    """Committed before with the same content: the first receipt counts again."""

    manifest: Manifest


def examine(
    listed: str,
    answer: dict[str, Any],
    *,
    settings: SouthwestSettings,
    verifier: Verifier,
    now: datetime,
    released: bool = False,
) -> ExaminedBatch | RefusedBatch:
    """Everything that needs no memory: shape, freshness, address, certificate, signature; then measures the rows.

    `listed` is the cd_batch under which exch0002 announced it; `answer` what exch0003 gave. With `released` a
    person has allowed an old one.
    """
    content, packed = answer.get("manifest"), answer.get("rowsGzB64")
    manifest = _manifest(content)
    if manifest is None or manifest.cd_batch != listed or not isinstance(packed, str):
        said = content.get("rowsSm3") if isinstance(content, dict) else None
        return RefusedBatch(listed, said if isinstance(said, str) and len(said) <= 64 else "", Code.MANIFEST)
    code = _first_fault(manifest, settings, verifier, now, released)
    if code is not None:
        old = code is Code.MANIFEST and manifest.created < now - _OLDEST
        return RefusedBatch(listed, manifest.rows_sm3, code, manifest, old)
    rows_gz = decode_base64(packed)
    measured: Measured | Code = Code.ROWS_COUNT if rows_gz is None else measure(rows_gz)
    return ExaminedBatch(manifest, rows_gz or b"", measured)


def place(
    batch: ExaminedBatch, *, committed_text_sm3: str | None, head: StreamHead
) -> GoodBatch | RepeatedBatch | RefusedBatch:
    """The rest of the order: duplicate, seq, chain, gzip, limits, rowsSm3, rows and bytes.

    `committed_text_sm3` is the SM3 of the sign text that was committed under this cd_batch before, if any.
    """
    code = _fault_of_rows(batch)
    if committed_text_sm3 is not None:
        if same(committed_text_sm3, batch.manifest.text_sm3) and code is None:
            return RepeatedBatch(batch.manifest)
        code = Code.OTHER_CONTENT
    else:
        code = _fault_of_place(batch.manifest, head) or code
    if code is not None:
        return RefusedBatch(batch.manifest.cd_batch, batch.manifest.rows_sm3, code, batch.manifest)
    return GoodBatch(batch.manifest, batch.rows_gz)


def _manifest(content: Any) -> Manifest | None:
    try:
        return Manifest.model_validate(content)
    except ValidationError:
        return None


def _first_fault(
    manifest: Manifest, settings: SouthwestSettings, verifier: Verifier, now: datetime, released: bool
) -> Code | None:
    created = manifest.created
    if created > now + _AHEAD or (created < now - _OLDEST and not released):
        return Code.MANIFEST
    if manifest.to_region != settings.region or manifest.from_region not in settings.provinces:
        return Code.NOT_ADDRESSED
    certificate_fault = verifier.certificate_fault(manifest.cert_serial, now)
    if certificate_fault is not None:
        return certificate_fault
    return None if verifier.verify(manifest.text, manifest.sign, manifest.cert_serial) else Code.SIGNATURE


def _fault_of_place(manifest: Manifest, head: StreamHead) -> Code | None:
    if manifest.seq > head.next_seq:
        return Code.GAP
    if manifest.seq < head.next_seq:
        return Code.OTHER_CONTENT  # another batch has used this seq
    return None if same(manifest.previous_sm3, head.previous_sm3) else Code.CHAIN


def _fault_of_rows(batch: ExaminedBatch) -> Code | None:
    measured, manifest = batch.measured, batch.manifest
    if isinstance(measured, Code):
        return measured
    if not same(measured.rows_sm3, manifest.rows_sm3):
        return Code.ROWS_HASH
    if measured.rows != manifest.rows or measured.bytes != manifest.bytes or not measured.ends_with_lf:
        return Code.ROWS_COUNT
    return None
