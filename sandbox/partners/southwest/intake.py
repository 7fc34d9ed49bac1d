"""The hub takes our batches: the contract's order of checks, then rows, then a signed receipt."""

import base64
import binascii
import json
import zlib
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from sandbox.engine import Engine
from sandbox.partners.southwest.crypto import Identity, instant, now, sm3
from sandbox.partners.southwest.desk import OK, Desk
from sandbox.partners.southwest.log import Log
from sandbox.partners.southwest.schema import Manifest
from sandbox.partners.southwest.strict import is_case_number, strict_json

PROVINCES = frozenset({"450000", "510000", "520000", "530000", "540000"})
_MAX_UNPACKED, _MAX_RATIO = 64 * 1024 * 1024, 100


class Fault(Exception):
    """The inner code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Intake:
    """One stream per province, from us to the hub; receipts in the order in which they were written."""

    def __init__(self, engine: Engine, who: Identity) -> None:
        self._engine = engine
        self._store = engine.store
        self._desk = Desk(engine)
        self._who = who
        self._receipts = Log(engine.store, "sw_receipt")

    def take(self, content: dict[str, Any]) -> dict[str, Any]:
        """exch0001."""
        try:
            manifest, packed = _shape(content)
            self._check_sender(manifest)
            with self._engine.lock:
                self._commit(manifest, packed)
        except Fault as fault:
            return {"code": fault.code}
        return {"code": "00", "batch": manifest.cd_batch}

    def receipts(self, after: str, limit: int) -> list[dict[str, Any]]:
        """exch0005. Raises ValueError for a cursor that was never given."""
        with self._engine.lock:
            return [{**receipt, "cursor": key} for key, receipt in self._receipts.after(after, limit)]

    def reset(self) -> None:
        self._receipts.clear()

    def _commit(self, manifest: Manifest, packed: str) -> None:
        before = self._store.get("sw_batch", manifest.cd_batch)
        if before is not None:
            self._again(before, manifest, packed)
            return
        stream = self._store.get("sw_stream_in", manifest.to) or {"next": 1, "previous": "0" * 64}
        if manifest.seq != stream["next"]:
            raise Fault("SW100401" if manifest.seq > stream["next"] else "SW100402")
        if manifest.prevSm3 != stream["previous"]:
            raise Fault("SW100403")
        rows = _rows(manifest, packed)
        codes = [self._desk.take(line, number, manifest.to) for number, line in enumerate(rows, start=1)]
        receipt = self._receipt(manifest, codes)
        text_sm3 = sm3(manifest.text().encode())
        kept = {"text": text_sm3, "receipt": receipt, "province": manifest.to}
        self._store.put("sw_batch", manifest.cd_batch, kept)
        self._store.put("sw_stream_in", manifest.to, {"next": manifest.seq + 1, "previous": text_sm3})
        self._park(manifest, rows, codes)
        self._take_up_parked()

    def _check_sender(self, manifest: Manifest) -> None:
        if manifest.sender != self._who.caller_region or manifest.to not in PROVINCES:
            raise Fault("SW200401")
        if manifest.certSerial not in self._who.caller_keys:
            raise Fault("SW100201")
        if manifest.certSerial in self._who.ended:
            raise Fault("SW100203")
        if not self._who.signed_by_caller(manifest.text(), manifest.certSerial, manifest.sign):
            raise Fault("SW100202")

    def _again(self, before: dict[str, Any], manifest: Manifest, packed: str) -> None:
        """The same batch: the first receipt is listed again."""
        try:
            same = before["text"] == sm3(manifest.text().encode()) and _rows(manifest, packed) is not None
        except Fault:
            same = False
        if not same:
            raise Fault("SW100402")
        self._receipts.add(before["receipt"])

    def _receipt(self, manifest: Manifest, codes: list[tuple[str, str]]) -> dict[str, Any]:
        rows = [{"row_guid": guid, "code": code} for guid, code in codes]
        received_at = now().isoformat(timespec="seconds")
        text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        signed = f"{manifest.cd_batch}|{manifest.rowsSm3}|{received_at}|{OK}|{sm3(text.encode())}"
        receipt = {
            "cd_batch": manifest.cd_batch,
            "rowsSm3": manifest.rowsSm3,
            "receivedAt": received_at,
            "code": OK,
            "rows": rows,
            "certSerial": self._who.own_serial,
            "sign": self._who.sign(signed),
        }
        self._receipts.add(receipt)
        return receipt

    def _park(self, manifest: Manifest, rows: list[bytes], codes: list[tuple[str, str]]) -> None:
        for number, (line, (_, code)) in enumerate(zip(rows, codes, strict=True), start=1):
            project_no = strict_json(line)["project_no"] if code == "SW200201" else ""
            if is_case_number(project_no):
                parked = {"line": line.decode(), "number": number, "manifest": manifest.model_dump(by_alias=True)}
                self._store.put("sw_parked", f"{project_no}|{manifest.cd_batch}|{number:06d}", parked)

    def _take_up_parked(self) -> None:
        """Rows for cases that have come meanwhile: applied, and their batch is receipted anew."""
        for key, parked in list(self._store.items("sw_parked")):
            if self._engine.case(key.partition("|")[0]) is None:
                continue
            self._store.delete("sw_parked", key)
            manifest = Manifest.model_validate(parked["manifest"])
            kept = self._store.get("sw_batch", manifest.cd_batch)
            codes = [(row["row_guid"], row["code"]) for row in kept["receipt"]["rows"]]
            codes[parked["number"] - 1] = self._desk.take(parked["line"].encode(), parked["number"], manifest.to)
            self._store.put("sw_batch", manifest.cd_batch, {**kept, "receipt": self._receipt(manifest, codes)})


def _shape(content: dict[str, Any]) -> tuple[Manifest, str]:
    packed = content.get("rowsGzB64")
    try:
        manifest = Manifest.model_validate(content.get("manifest"))
    except ValidationError:
        raise Fault("SW100101") from None
    created = instant(manifest.createdAt)
    day = created.astimezone(now().tzinfo).strftime("%Y%m%d")
    if not isinstance(packed, str) or manifest.cd_batch != f"{manifest.sender}{manifest.to}{day}{manifest.seq:06d}":
        raise Fault("SW100101")
    if not timedelta(seconds=-300) <= now() - created <= timedelta(hours=72):
        raise Fault("SW100101")
    return manifest, packed


def _rows(manifest: Manifest, packed: str) -> list[bytes]:
    """gzip, limits, rowsSm3, rows and bytes."""
    try:
        raw = base64.b64decode(packed, validate=True)
        unpack = zlib.decompressobj(31)
        limit = min(_MAX_UNPACKED, _MAX_RATIO * len(raw))
        content = unpack.decompress(raw, limit + 1)
    except (binascii.Error, zlib.error):
        raise Fault("SW100302") from None
    if len(content) > limit:
        raise Fault("SW100303")
    if not unpack.eof or unpack.unused_data or unpack.unconsumed_tail:
        raise Fault("SW100302")
    if sm3(content) != manifest.rowsSm3:
        raise Fault("SW100301")
    rows = content.split(b"\n")
    if rows.pop() or len(rows) != manifest.rows or len(content) != manifest.bytes:
        raise Fault("SW100302")
    return rows
