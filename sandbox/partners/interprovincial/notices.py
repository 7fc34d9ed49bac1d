"""Notices wait at the gateway until they are confirmed; fetched ones rest under a lease (contracts.md C)."""

import time
from typing import Any

from sandbox.case import PlayedCase, PlayedEvent
from sandbox.engine import Engine
from sandbox.partners.interprovincial.terms import Terms
from sandbox.partners.interprovincial.wire import leaf

STATUS = {
    "RECEIVED": "01",
    "ACCEPTED": "02",
    "NOT_ACCEPTED": "03",
    "NEED_SUPPLEMENT": "04",
    "REVIEWING": "05",
    "SUSPENDED": "06",
    "RESUMED": "07",
    "APPROVED": "08",
    "REJECTED": "09",
    "RESULT_SENT": "10",
    "WITHDRAWN": "11",
}
_UNHEARD_OF = "77"


class Notices:
    """The engine's transport for this network.

    In the store, sid → case, place, deliveries left, order: `nt` while it waits, `nt-done` when it is confirmed.
    """

    def __init__(self, engine: Engine, terms: Terms) -> None:
        self._engine = engine
        self._terms = terms
        self._leases: dict[str, float] = {}
        self._lock = engine.lock

    def deliver(self, case: PlayedCase, event: PlayedEvent) -> None:
        with self._lock:
            known = [self._engine.store.get(kind, event.event_id) for kind in ("nt", "nt-done")]
            if known == [None, None]:
                order = int(self._engine.store.get("nt-order", "last") or 0) + 1
                self._engine.store.put("nt-order", "last", order)
                kept = {"case": case.handling_no, "place": event.place, "left": event.times, "order": order}
                self._engine.store.put("nt", event.event_id, kept)

    def reset(self) -> None:
        with self._lock:
            self._leases.clear()

    def fetch(self, most: int) -> list[tuple[str, str]]:
        """Up to `most` (sid, inner XML), oldest first, under a lease from now on."""
        now = time.monotonic()
        with self._lock:
            waiting = sorted(
                (kept["order"], sid, kept)
                for sid, kept in self._engine.store.items("nt")
                if self._leases.get(sid, 0) <= now
            )
            found = []
            for _, sid, kept in waiting[:most]:
                case = self._engine.case(kept["case"])
                if case is None:
                    continue
                self._leases[sid] = now + self._terms.lease_s
                found.append((sid, inner(case, case.events[kept["place"] - 1])))
                self._engine.answered(case.handling_no, kept["place"], "fetched")
            return found

    def confirm(self, sid: str) -> int:
        """0, −910 when that was said before, −906 for an unknown sid."""
        with self._lock:
            store = self._engine.store
            kept: dict[str, Any] | None = store.get("nt", sid)
            if kept is None:
                return -906 if store.get("nt-done", sid) is None else -910
            # A notice that the script sends twice comes again although it was confirmed.
            again, left = bool(kept.get("confirmed")), kept["left"] - 1
            store.put("nt" if left > 0 else "nt-done", sid, {**kept, "left": left, "confirmed": True})
            if left <= 0:
                store.delete("nt", sid)
            self._leases.pop(sid, None)
            self._engine.answered(kept["case"], kept["place"], "confirmed", acknowledged=True)
            return -910 if again else 0


def inner(case: PlayedCase, event: PlayedEvent) -> str:
    """The elements of a notice; the same bytes each time."""
    said = event.payload
    status = STATUS.get(event.event, _UNHEARD_OF)
    parts = [
        leaf("AJBH", case.handling_no),
        leaf("YWXTBH", case.extra.get("ywxtbh", "")),
        leaf("LSH", case.partner_no),
        leaf("XH", str(event.seq)),
        leaf("ZT", status),
        leaf("ZTSJ", event.occurred_at[:19].replace("-", "").replace(":", "").replace("T", "")),
    ]
    match status:
        case "02" if "deemed" in said:
            parts.append(leaf("SZ", "1" if said["deemed"] else "0"))
        case "04":
            parts += [leaf("LC", str(said["round"])), leaf("YY", said["reason"])]
            parts += [leaf("CLMC", name) for name in said["materials"]]
            parts += [leaf("XGR", str(said["deadlineWorkdays"])), _papers("CLS", said.get("papers"))]
        case "05" if "extendedWorkdays" in said:
            parts += [leaf("XGR", str(said["extendedWorkdays"])), leaf("YY", said["reason"])]
        case "06":
            parts += [leaf("TBCX", said["procedure"]), leaf("YY", said["reason"])]
        case "08":
            result = said["result"]
            parts += [leaf("JGMC", result["name"]), leaf("JGXS", result["form"])]
            parts += [leaf("WSBH", result["documentNo"]), leaf("SHA256", result["sha256"] or "")]
            if "amountFen" in result:
                parts.append(leaf("JE", str(result["amountFen"])))
        case "03" | "09":
            parts += [leaf("YY", said["reason"]), leaf("FLYJ", said["legalBasis"])]
        case "10":
            parts += [leaf("YJHM", said["trackingNo"]), leaf("FQH", said["sealNo"]) if said.get("sealNo") else ""]
            parts += [_papers("CLS", said.get("papers")), _papers("BLCL", said.get("kept"))]
    return "".join(parts)


def _papers(name: str, papers: list[dict[str, Any]] | None) -> str:
    """Nothing where the script names none; an empty element where it says that there are none."""
    if papers is None:
        return ""
    lines = [leaf("MC", one["name"]) + leaf("XS", one["form"]) + leaf("YS", str(one["count"])) for one in papers]
    return f"<{name}>{''.join(f'<CL>{line}</CL>' for line in lines)}</{name}>"
