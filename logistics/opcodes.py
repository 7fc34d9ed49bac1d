"""China Post operation codes → stages (邮政操作码), from a table; an unknown code is shown and never guessed."""

import hashlib
import tomllib
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path

from pydantic import Field

from domain.model import Frozen
from domain.terms import Leg, ParcelStage, ScanSource, SignerKind
from logistics.carrier import CarrierOp
from logistics.scans import ScanEvent

_DATA = Path(__file__).parent / "data" / "opcodes.toml"


class OpCode(Frozen):
    """One known code: what it is called and the stage that it proves; None: for display only."""

    name: str
    stage: ParcelStage | None = None


class _SignerText(Frozen):
    texts: tuple[str, ...]
    signer: SignerKind


class _Table(Frozen):
    codes: dict[str, OpCode]
    signers: tuple[_SignerText, ...]


class TraceReading(Frozen):
    """A carrier's trace as our events, and the lines whose code is in no table: shown as they are, with an alert."""

    scans: tuple[ScanEvent, ...] = ()
    unknown: tuple[CarrierOp, ...] = Field(default=())


def lookup(op_code: str) -> OpCode | None:
    """What is known of a code; None for an unknown one."""
    return _table().codes.get(op_code)


def signer_of(text: str) -> SignerKind | None:
    """Who signed, as the text of a delivery says ("代签收【家人】" is an agent, 入柜 a locker); None: not said."""
    lines = _table().signers
    return next((line.signer for line in lines if any(part in text for part in line.texts)), None)


def read_trace(leg: Leg, tracking_no: str, ops: Iterable[CarrierOp], recorded_at: datetime) -> TraceReading:
    """A trace as events of a leg. The same line gives the same `event_id`, so polling again adds nothing; a line
    that comes again with other content has the same `natural_key` and replaces it (courier.md §3)."""
    scans, unknown = [], []
    for op in ops:
        known = lookup(op.op_code)
        if known is None:
            unknown.append(op)
        elif known.stage is not None:
            scans.append(_scan(leg, tracking_no, op, known.stage, recorded_at))
    return TraceReading(scans=tuple(scans), unknown=tuple(unknown))


def _scan(leg: Leg, tracking_no: str, op: CarrierOp, stage: ParcelStage, recorded_at: datetime) -> ScanEvent:
    natural_key = f"{tracking_no}|{op.op_code}|{op.org}|{op.occurrence}"
    digest = hashlib.sha256(f"{natural_key}|{op.at.isoformat()}|{op.text}".encode()).hexdigest()
    return ScanEvent(
        event_id=f"op-{digest[:32]}",
        leg=leg,
        kind=stage,
        source=ScanSource.CARRIER,
        device_id=f"carrier-{tracking_no}"[:64],
        device_seq=int(digest[32:45], 16),  # a carrier counts nothing: only to be unique and stable
        occurred_at=op.at,
        recorded_at=recorded_at,
        actor="carrier",
        signer_kind=signer_of(op.text) if stage is ParcelStage.DELIVERED else None,
        clock_suspect=op.clock_suspect,
        natural_key=natural_key,
    )


@cache
def _table() -> _Table:
    return _Table.model_validate(tomllib.loads(_DATA.read_text(encoding="utf-8")))
