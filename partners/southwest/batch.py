"""A batch (批次): its manifest, how it is formed, and how its rows are measured and read without unfolding it whole."""

import base64
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from domain.model import Frozen
from partners.southwest.codes import Code
from partners.southwest.stamps import day
from partners.standards import format_instant, parse_instant, sm3_hex

FIRST_PREVIOUS: Final = "0" * 64
MAX_UNPACKED: Final = 64 * 1024 * 1024
MAX_RATIO: Final = 100
MAX_ROW_BYTES: Final = 256 * 1024
_SAFE_RATIO: Final = 80
_MAX_SEQ: Final = 999_999
_CHUNK: Final = 64 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\z")]
Region = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}\z")]


class Manifest(Frozen):
    """The signed head of a batch (批次清单), contracts.md B "Batch".

    `cd_batch`: from + to + yyyyMMdd + 6-digit seq. `rows`, `bytes`: how many rows, and the length of their uncompressed
    text. `previous_sm3`: of the batch before in its stream, 64 zeros for the first.
    """

    model_config = ConfigDict(strict=True, populate_by_name=True)

    ver: Annotated[int, Field(ge=1, le=1)]
    cd_batch: Annotated[str, StringConstraints(pattern=r"^[0-9]{26}\z")]
    from_region: Region = Field(alias="from")
    to_region: Region = Field(alias="to")
    seq: Annotated[int, Field(ge=1, le=_MAX_SEQ)]
    previous_sm3: Hash = Field(alias="prevSm3")
    rows: Annotated[int, Field(ge=0)]
    bytes: Annotated[int, Field(ge=0)]
    rows_sm3: Hash = Field(alias="rowsSm3")
    created_at: Annotated[str, StringConstraints(max_length=40)] = Field(alias="createdAt")
    cert_serial: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(alias="certSerial")
    sign: Annotated[str, StringConstraints(max_length=128)]

    @model_validator(mode="after")
    def _named_after_its_content(self) -> Self:
        if self.cd_batch != batch_name(self.from_region, self.to_region, self.created, self.seq):
            raise ValueError("cd_batch is not from + to + day + seq")
        return self

    @property
    def created(self) -> datetime:
        """`createdAt` as a moment, aware.

        Raises:
            ValueError: it is no time.
        """
        return parse_instant(self.created_at)

    @property
    def text(self) -> str:
        """What is signed, and what the next batch's prevSm3 is the SM3 of."""
        return "|".join(
            (
                str(self.ver),
                self.cd_batch,
                self.from_region,
                self.to_region,
                str(self.seq),
                self.previous_sm3,
                str(self.rows),
                str(self.bytes),
                self.rows_sm3,
                self.created_at,
            )
        )

    @property
    def text_sm3(self) -> str:
        """SM3 of `text`, 64 lower-case hex digits: what the next batch names."""
        return sm3_hex(self.text.encode())

    def wire(self) -> dict[str, Any]:
        """The members as they travel and are stored."""
        return self.model_dump(by_alias=True)


class Batch(Frozen):
    """A batch as it travels; once formed it never changes."""

    manifest: Manifest
    rows_gz: bytes

    def wire(self) -> dict[str, Any]:
        """`txnBodyCom` of exch0001."""
        return {"manifest": self.manifest.wire(), "rowsGzB64": base64.b64encode(self.rows_gz).decode("ascii")}


class StreamHead(NamedTuple):
    """Where a stream stands: the next free seq and the SM3 that its batch must name."""

    next_seq: int
    previous_sm3: str


def batch_name(from_region: str, to_region: str, created: datetime, seq: int) -> str:
    """cd_batch (批次号): from + to + yyyyMMdd of `created` in Asia/Shanghai + 6-digit seq."""
    return f"{from_region}{to_region}{day(created)}{seq:06d}"


def unsigned(
    rows: Sequence[bytes], *, from_region: str, to_region: str, head: StreamHead, now: datetime, serial: str
) -> Batch:
    """The next batch of a stream, still without its signature. Each row ends with LF; `serial`: of the certificate."""
    content = b"".join(rows)
    manifest = Manifest.model_construct(
        ver=1,
        cd_batch=batch_name(from_region, to_region, now, head.next_seq),
        from_region=from_region,
        to_region=to_region,
        seq=head.next_seq,
        previous_sm3=head.previous_sm3,
        rows=len(rows),
        bytes=len(content),
        rows_sm3=sm3_hex(content),
        created_at=format_instant(now),
        cert_serial=serial,
        sign="",
    )
    return Batch(manifest=manifest, rows_gz=_packed(content))


def _packed(content: bytes) -> bytes:
    packed = gzip.compress(content, 6, mtime=0)
    # Very uniform rows would pass the receiver's ratio limit; stored blocks never do.
    return packed if len(content) <= _SAFE_RATIO * len(packed) else gzip.compress(content, 0, mtime=0)


class Measured(NamedTuple):
    """What the uncompressed rows really are: how many, their bytes, their SM3, and whether the last ends with LF."""

    rows: int
    bytes: int
    rows_sm3: str
    ends_with_lf: bool


def measure(rows_gz: bytes) -> Measured | Code:
    """Unfold once without keeping anything. A fault is SW100302 (gzip) or SW100303 (64 MB, ratio 100)."""
    digest, rows, length, last = hashlib.new("sm3"), 0, 0, b"\n"
    try:
        for chunk in _chunks(rows_gz):
            length += len(chunk)
            if length > MAX_UNPACKED or length > MAX_RATIO * len(rows_gz):
                return Code.DECOMPRESSION
            digest.update(chunk)
            rows += chunk.count(b"\n")
            last = chunk[-1:]
    except (zlib.error, EOFError):
        return Code.ROWS_COUNT
    return Measured(rows, length, digest.hexdigest(), last == b"\n")


def lines(rows_gz: bytes) -> Iterator[bytes]:
    """The rows of a measured batch, without their LF, one at a time.

    Of a row that is longer than 256 kB only the first 256 kB + 1 come: enough to be refused.
    """
    pending = bytearray()
    for chunk in _chunks(rows_gz):
        for part in re.split(b"(\n)", chunk):
            if part == b"\n":
                yield bytes(pending)
                pending.clear()
            else:
                pending += part[: MAX_ROW_BYTES + 1 - len(pending)]


def _chunks(rows_gz: bytes) -> Iterator[bytes]:
    """Exactly one gzip member in pieces of at most 64 kB. Raises zlib.error or EOFError."""
    unpack = zlib.decompressobj(_GZIP)
    for start in range(0, len(rows_gz), _CHUNK):
        pending = rows_gz[start : start + _CHUNK]
        while pending:
            if unpack.eof:
                raise zlib.error("something follows the gzip member")
            if chunk := unpack.decompress(pending, _CHUNK):
                yield chunk
            pending = unpack.unconsumed_tail or unpack.unused_data
    while not unpack.eof:  # what the last piece still holds
        chunk = unpack.decompress(b"", _CHUNK)
        if not chunk:
            raise EOFError("the gzip member is cut short")
        yield chunk
