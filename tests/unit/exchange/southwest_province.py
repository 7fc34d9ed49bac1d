"""A province of the Southwest network that signs batches and receipts, right or wrong as a test wants."""

import base64
import gzip
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.identifiers import make_case_number
from partners.southwest.stamps import row_time
from partners.standards import format_instant, sm3_hex
from sandbox.partners.southwest.crypto import Identity

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HANDLING = make_case_number("500103", NOW.date(), 1)
TO_COME = make_case_number("500103", NOW.date(), 2)
FOREIGN = make_case_number("500103", NOW.date(), 3)
YUNNAN = make_case_number("500103", NOW.date(), 4)
KEY = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
PUBLIC = (
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
OK = "0" * 12


def row(type_: str, state: str, ms: int, number: str = HANDLING, **other: Any) -> dict[str, Any]:
    """A row of the hub, written `ms` milliseconds after NOW."""
    return {
        "row_guid": f"guid-{ms}",
        "cd_operation": "I",
        "cd_time": row_time(NOW + timedelta(milliseconds=ms)),
        "type": type_,
        "state": state,
        "project_no": number,
        "partner_no": "GZ-1",
        "task_code": "YZ-HRSS-001",
        "data": {},
    } | other


def as_line(content: dict[str, Any] | bytes) -> bytes:
    if isinstance(content, bytes):
        return content
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@dataclass
class Province:
    """The other end of a stream; `batch` makes the next one, or a faulty one that uses up no place."""

    region: str = "520000"
    seq: int = 1
    previous: str = "0" * 64
    who: Identity = field(default_factory=Identity)

    def batch(
        self,
        *rows: dict[str, Any] | bytes,
        created: datetime = NOW,
        keep: bool = True,
        tamper: Any = None,
        **other: Any,
    ) -> dict[str, Any]:
        """manifest and rowsGzB64. `other` replaces members before signing, `tamper` (a dict) after it."""
        content = b"".join(map(as_line, rows))
        packed = other.pop("packed", None)
        manifest: dict[str, Any] = {
            "ver": 1,
            "cd_batch": "",
            "from": self.region,
            "to": "500103",
            "seq": self.seq,
            "prevSm3": self.previous,
            "rows": len(rows),
            "bytes": len(content),
            "rowsSm3": sm3_hex(content),
            "createdAt": format_instant(created),
        } | {name.rstrip("_"): value for name, value in other.items() if name != "certSerial"}
        if "cd_batch" not in other:
            day = manifest["createdAt"][:10].replace("-", "")
            manifest["cd_batch"] = f"{manifest['from']}{manifest['to']}{day}{manifest['seq']:06d}"
        text = "|".join(str(value) for value in manifest.values())
        if keep:
            self.seq, self.previous = self.seq + 1, sm3_hex(text.encode())
        manifest |= {"certSerial": other.get("certSerial", "5300000000000001"), "sign": self.who.sign(text)}
        raw = gzip.compress(content) if packed is None else packed
        return {"code": "00", "manifest": manifest | (tamper or {}), "rowsGzB64": base64.b64encode(raw).decode()}

    def receipt(self, batch: dict[str, Any], code: str, *codes: str) -> dict[str, Any]:
        """The province's receipt for a batch of ours."""
        content = gzip.decompress(base64.b64decode(batch["rowsGzB64"]))
        guids = [json.loads(line)["row_guid"] for line in content.splitlines()]
        rows = [{"row_guid": g, "code": c} for g, c in zip(guids, codes or [OK] * len(guids), strict=True)]
        rows = rows if code == OK else []
        said = {"cd_batch": batch["manifest"]["cd_batch"], "rowsSm3": batch["manifest"]["rowsSm3"]}
        said |= {"receivedAt": format_instant(NOW), "code": code, "rows": rows}
        listed = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        text = f"{said['cd_batch']}|{said['rowsSm3']}|{said['receivedAt']}|{code}|{sm3_hex(listed.encode())}"
        return said | {"certSerial": "5300000000000001", "sign": self.who.sign(text)}
