"""What the contract suite knows of a network: an adapter, its sandbox peer, and how events come in."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from domain.inbound import InboundMessage
from domain.terms import Partner
from partners.base import PartnerAdapter


@dataclass
class Peer:
    """One network under test.

    `collect` fetches what has come since (A: was pushed), acknowledges it as the wire wants, and returns it.
    `with_bad_keys` is an adapter whose signatures the network must refuse; `distrusting` one that knows other
    keys of the network than it signs with (None where answers carry no signature).
    """

    partner: Partner
    sandbox: str
    region: str
    adapter: PartnerAdapter
    collect: Callable[[], list[InboundMessage]]
    with_bad_keys: PartnerAdapter
    distrusting: PartnerAdapter | None
    has_query: bool = True
    flush: Callable[[], None] = lambda: None  # B: send the batch and read its receipts
    seen: list[InboundMessage] = field(default_factory=list)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.sandbox}/control{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def effects(self) -> dict[str, dict[str, Any]]:
        return self.control("GET", "/effects").get(self.partner.value, {})

    def case(self, handling_no: str) -> dict[str, Any]:
        return self.control("GET", f"/cases/{handling_no}")

    def wait_for_events(self, handling_no: str, names: list[str], within_s: float = 15.0) -> list[InboundMessage]:
        """The handling's messages as soon as all of these events are among them."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            self.seen += self.collect()
            mine = [message for message in self.seen if message.handling_no == handling_no]
            if set(names) <= {message.event_name for message in mine}:
                return mine
            time.sleep(0.02)
        raise AssertionError(f"missing {set(names) - {m.event_name for m in mine}}")


def wait_until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
