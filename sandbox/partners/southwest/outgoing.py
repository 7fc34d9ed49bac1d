"""What the provinces tell us: rows wait, become batches when we ask, and are done when our receipt says so."""

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.case import PlayedCase, PlayedEvent
from sandbox.engine import Engine
from sandbox.partners.southwest.crypto import Identity, now, sm3
from sandbox.partners.southwest.log import Log

_OK = "000000000000"
_TYPE = {
    "RECEIVED": ("accept", "1"),
    "ACCEPTED": ("accept", "2"),
    "NOT_ACCEPTED": ("accept", "3"),
    "REVIEWING": ("process", "1"),
    "SUSPENDED": ("special", "1"),
    "RESUMED": ("special", "2"),
    "NEED_SUPPLEMENT": ("supplement", "1"),
    "APPROVED": ("result", "1"),
    "REJECTED": ("result", "2"),
    "WITHDRAWN": ("result", "3"),
    "RESULT_SENT": ("delivery", "1"),
}


class _Line(BaseModel):
    model_config = ConfigDict(strict=True)

    row_guid: str
    code: str


class _Receipt(BaseModel):
    model_config = ConfigDict(strict=True)

    cd_batch: str
    rowsSm3: str
    receivedAt: str
    code: str
    rows: list[_Line]
    certSerial: str
    sign: str

    def text(self) -> str:
        rows = json.dumps([line.model_dump() for line in self.rows], ensure_ascii=False, separators=(",", ":"))
        return f"{self.cd_batch}|{self.rowsSm3}|{self.receivedAt}|{self.code}|{sm3(rows.encode())}"


@dataclass
class _Row:
    """An event on its way: where it belongs in the engine, and its line."""

    handling_no: str
    place: int
    guid: str
    line: str


@dataclass
class Outgoing:
    """The hub's side of exch0002 to exch0004, and the engine's transport."""

    engine: Engine
    who: Identity
    on_reset: Callable[[], None] = lambda: None
    _waiting: dict[str, list[_Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._listed = Log(self.engine.store, "sw_listed")

    # -- the engine's side ------------------------------------------------------------------------

    def deliver(self, case: PlayedCase, event: PlayedEvent) -> None:
        row = _Row(case.handling_no, event.place, event.event_id, _line(case, event))
        with self.engine.lock:
            self._waiting.setdefault(case.extra["province"], []).extend([row] * event.times)

    def reset(self) -> None:
        self._waiting.clear()
        self._listed.clear()
        self.on_reset()

    # -- the wire's side --------------------------------------------------------------------------

    def listed(self, cursor: str, limit: int) -> list[dict[str, str]]:
        """exch0002. Raises ValueError for a cursor that was never given."""
        with self.engine.lock:
            for province in sorted(self._waiting):
                self._form(province)
            found = self._listed.after(cursor, limit)
        return [{"cd_batch": cd_batch, "cursor": position} for position, cd_batch in found]

    def download(self, cd_batch: str) -> dict[str, Any] | None:
        """exch0003: manifest and rowsGzB64."""
        batch = self.engine.store.get("sw_out", cd_batch)
        return {"manifest": batch["manifest"], "rowsGzB64": batch["rowsGzB64"]} if batch else None

    def receipt(self, content: Any) -> str:
        """exch0004: the inner code."""
        try:
            receipt = _Receipt.model_validate(content)
        except ValidationError:
            return "SW200101"
        if receipt.certSerial not in self.who.caller_keys:
            return "SW100201"
        if not self.who.signed_by_caller(receipt.text(), receipt.certSerial, receipt.sign):
            return "SW100202"
        with self.engine.lock:
            batch = self.engine.store.get("sw_out", receipt.cd_batch)
            if batch is None:
                return "SW100402"
            self._settle(receipt, batch)
        return "00"

    def _form(self, province: str) -> None:
        """A row that is to come twice comes in a second batch."""
        rows: list[_Row] = []
        later: list[_Row] = []
        seen: set[str] = set()
        for row in self._waiting.pop(province, []):
            (later if row.guid in seen else rows).append(row)
            seen.add(row.guid)
        if not rows:
            return
        self._batch(province, rows)
        if later:
            self._waiting[province] = later
            self._form(province)

    def _batch(self, province: str, rows: list[_Row]) -> None:
        store = self.engine.store
        stream = store.get("sw_stream_out", province) or {"next": 1, "previous": "0" * 64}
        content = "".join(row.line for row in rows).encode()
        created, seq = now(), stream["next"]
        region = self.who.caller_region
        manifest: dict[str, Any] = {
            "ver": 1,
            "cd_batch": f"{province}{region}{created:%Y%m%d}{seq:06d}",
            "from": province,
            "to": region,
            "seq": seq,
            "prevSm3": stream["previous"],
            "rows": len(rows),
            "bytes": len(content),
            "rowsSm3": sm3(content),
            "createdAt": created.isoformat(timespec="seconds"),
        }
        text = "|".join(str(value) for value in manifest.values())
        manifest |= {"certSerial": self.who.own_serial, "sign": self.who.sign(text)}
        batch = {
            "manifest": manifest,
            "rowsGzB64": base64.b64encode(gzip.compress(content)).decode(),
            "rows": [vars(row) for row in rows],
            "open": True,
        }
        store.put("sw_out", manifest["cd_batch"], batch)
        store.put("sw_stream_out", province, {"next": seq + 1, "previous": sm3(text.encode())})
        self._listed.add(manifest["cd_batch"])

    def _settle(self, receipt: _Receipt, batch: dict[str, Any]) -> None:
        province = batch["manifest"]["from"]
        if receipt.code == "SW100401":
            self._list_again(province)
            return
        batch["open"] = False
        self.engine.store.put("sw_out", receipt.cd_batch, batch)
        codes = {line.row_guid: line.code for line in receipt.rows}
        for row in batch["rows"]:
            code = codes.get(row["guid"], receipt.code)
            taken, waits = code == _OK, code == "SW200201"
            self.engine.answered(
                row["handling_no"], row["place"], code, acknowledged=taken, stopped=not taken and not waits
            )

    def _list_again(self, province: str) -> None:
        """They miss one: the stream is listed again from the first open batch, with new cursors."""
        batches = [batch for _, batch in self.engine.store.items("sw_out")]
        mine = [batch for batch in batches if batch["manifest"]["from"] == province]
        still_open = [batch["manifest"]["seq"] for batch in mine if batch["open"]]
        for batch in sorted(mine, key=lambda one: int(one["manifest"]["seq"])):
            if batch["manifest"]["seq"] >= min(still_open):
                self._listed.add(batch["manifest"]["cd_batch"])


def _line(case: PlayedCase, event: PlayedEvent) -> str:
    type_, state = _TYPE.get(event.event, ("other", event.event[:16]))
    row = {
        "row_guid": event.event_id,
        "cd_operation": "I",
        "cd_time": _written(event),
        "type": type_,
        "state": state,
        "project_no": case.handling_no,
        "partner_no": case.partner_no,
        "task_code": case.item_code,
        "data": {**event.payload, "occurredAt": event.occurred_at},
    }
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def _written(event: PlayedEvent) -> str:
    """When the row was written: rises strictly with the event's place, and is the same after a restart."""
    written = datetime.fromisoformat(event.occurred_at) + timedelta(milliseconds=event.place)
    return written.isoformat(timespec="milliseconds")
