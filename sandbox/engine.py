"""The engine under the played partner networks: scripts, clocks, what was said and what took effect.

It knows no wire. A partner module calls `submit`, `supplement`, `withdraw`, `notice` after it has checked the
wire, and registers a `Transport` that carries the authority's events in its own way.
"""

import heapq
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

from sandbox.carrier import Carrier, CarrierAway
from sandbox.case import DECISIONS, PartnerName, PlayedCase, PlayedEvent, Step
from sandbox.effects import Effects
from sandbox.outage import Outages
from sandbox.scripts import default_steps, payload, result_document, withdrawal_steps
from sandbox.store import Store

CHINA = timezone(timedelta(hours=8))
_CARRIER_RETRY_S = 1.0
_STEP_THREADS = 4


class Transport(Protocol):
    """How one network carries its events (A pushes, B batches, C waits to be fetched)."""

    def deliver(self, case: PlayedCase, event: PlayedEvent) -> None:
        """Carry it from now on, `event.times` times; returns at once. Call `Engine.answered` when it arrived."""
        ...

    def reset(self) -> None: ...


class Engine:
    """All played networks of one sandbox process. Thread-safe; hold `lock` to look at a case and act on it."""

    def __init__(self, store: Store | None = None, carrier: Carrier | None = None, pace_s: float = 0.5) -> None:
        self.store = store or Store()
        self.carrier = carrier or Carrier()
        self.effects = Effects(self.store)
        self.outages = Outages()
        self.lock = threading.RLock()
        kept_pace_s = self.store.get("setting", "pace_s")
        self.pace_s: float = pace_s if kept_pace_s is None else kept_pace_s
        self.on_stop: list[Callable[[], None]] = []
        self._transports: dict[str, Transport] = {}
        self._cases: dict[str, PlayedCase] = {}
        self._queue: list[tuple[float, str]] = []
        self._wake = threading.Condition(self.lock)
        self._stopping = False
        self._pool = ThreadPoolExecutor(_STEP_THREADS, thread_name_prefix="authority")
        self._thread = threading.Thread(target=self._run, name="sandbox-engine", daemon=True)

    def register(self, partner: PartnerName, transport: Transport) -> None:
        self._transports[partner] = transport

    def start(self) -> None:
        """Take up what the store holds and begin to play; events that nobody has acknowledged go out again."""
        with self.lock:
            for number, kept in self.store.items("case"):
                case = PlayedCase.model_validate(kept)
                self._cases[number] = case
                for event in case.events:
                    if not (event.acknowledged or event.stopped or event.place in case.held):
                        self._transports[case.partner].deliver(case, event)
                if case.due is None:
                    self._schedule(case)
                else:
                    heapq.heappush(self._queue, (case.due, number))
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for stop in self.on_stop:
            stop()

    def set_script(self, phone: str, steps: list[Step] | None, of: str = "") -> None:
        """Script of the submissions that come with this applicant phone; None takes it away.

        `of`: only of those whose item's name ends with it in brackets, as each step of a joint case does.
        """
        if steps is None:
            self.store.delete("script", phone + of)
        else:
            self.store.put("script", phone + of, [step.model_dump(by_alias=True) for step in steps])

    def set_default(self, steps: list[Step] | None, pace_s: float | None) -> None:
        """What every other submission gets; None leaves the straight way to approval, or the pace as it is."""
        self.set_script("*", steps)
        if pace_s is not None:
            self.pace_s = pace_s
            self.store.put("setting", "pace_s", pace_s)

    def reset(self) -> None:
        with self._wake:
            self._cases.clear()
            self._queue.clear()
            self.store.clear()
            self.outages.clear()
            for transport in self._transports.values():
                transport.reset()

    def case(self, handling_no: str) -> PlayedCase | None:
        with self.lock:
            return self._cases.get(handling_no)

    def offered(self, partner: PartnerName, sha256: str) -> bytes | None:
        """A file that an event has named and that the caller may fetch."""
        return self.store.get_bytes("offered", f"{partner}|{sha256}")

    def cases(self) -> list[PlayedCase]:
        with self.lock:
            return list(self._cases.values())

    def submit(
        self,
        partner: PartnerName,
        handling_no: str,
        *,
        phone: str,
        item_code: str,
        item_name: str,
        mode: str,
        region: str,
        partner_no: str,
        has_parcel: bool,
        extra: dict[str, str] | None = None,
    ) -> PlayedCase:
        """The authority has a new case and begins to play its script. One call per handling."""
        of = item_name.rpartition("（")[2].removesuffix("）") if item_name.endswith("）") else ""
        script = next(filter(None, (self.store.get("script", key) for key in (phone + of, phone, "*"))), None)
        steps = default_steps(mode) if script is None else [Step.model_validate(step) for step in script]
        case = PlayedCase(
            handling_no=handling_no,
            partner=partner,
            phone=phone,
            item_code=item_code,
            item_name=item_name,
            mode=mode,
            region=region,
            partner_no=partner_no,
            has_papers=has_parcel,
            steps=steps,
            extra=extra or {},
        )
        with self._wake:
            self._cases[handling_no] = case
            self._schedule(case)
        return case

    def supplement(self, handling_no: str, round_: int, has_parcel: bool = False) -> bool:
        """Our supplement: False when this round is not the open one."""
        with self._wake:
            case = self._cases[handling_no]
            if case.open_round != round_:
                return False
            case.answered_round = round_
            case.has_papers = case.has_papers or has_parcel
            self._came(case, "supplement")
            return True

    def withdraw(self, handling_no: str) -> bool:
        """Our withdrawal: False after a decision and the second time. A script may wait for it and go its own way."""
        with self._wake:
            case = self._cases[handling_no]
            if case.decision is not None or case.withdraw_asked:
                return False
            case.withdraw_asked = True
            if case.awaits == "withdraw":
                self._came(case, "withdraw")
            else:
                case.steps, case.position = withdrawal_steps(case), 0
                self._schedule(case)
            return True

    def notice(self, handling_no: str, notice: dict[str, Any]) -> None:
        """A callback of ours, kept as it came: {"notice", "occurredAt", "payload"} in the words of wire A."""
        with self._wake:
            case = self._cases[handling_no]
            case.notices.append(notice)
            if notice.get("notice") == "PAPERS_SENT":
                case.has_papers = True
                self._came(case, "papers")
            self._save(case)

    def add(self, handling_no: str, steps: list[Step]) -> bool:
        """More of a case's script, begun at once when it had come to its end; False when nobody knows the case."""
        with self._wake:
            case = self._cases.get(handling_no)
            if case is not None:
                at_its_end = case.position >= len(case.steps)
                case.steps = [*case.steps, *steps]
                self._schedule(case) if at_its_end else self._save(case)
            return case is not None

    def answered(
        self, handling_no: str, place: int, answer: str, *, acknowledged: bool = False, stopped: bool = False
    ) -> None:
        """An attempt to deliver event `place` has ended."""
        with self.lock:
            case = self._cases.get(handling_no)
            if case is None:
                return
            event = case.events[place - 1]
            event.attempts += 1
            event.answer = answer
            event.acknowledged = event.acknowledged or acknowledged
            event.stopped = stopped and not event.acknowledged
            self._save(case)

    def _came(self, case: PlayedCase, what: str) -> None:
        if case.awaits == what:
            case.position += 1
            self._schedule(case)
        self._save(case)

    def _schedule(self, case: PlayedCase) -> None:
        """Set the clock for the step at hand; skips waits for what has come already."""
        while case.awaits and case.has_come(case.awaits):
            case.position += 1
        case.due = None
        if case.position < len(case.steps) and case.awaits is None:
            after_s = case.steps[case.position].after_s
            self._set_clock(case, self.pace_s if after_s is None else after_s)
        self._save(case)

    def _set_clock(self, case: PlayedCase, seconds: float) -> None:
        case.due = time.time() + seconds
        heapq.heappush(self._queue, (case.due, case.handling_no))
        self._wake.notify_all()

    def _run(self) -> None:
        with self._wake:
            while not self._stopping:
                wait_s = self._queue[0][0] - time.time() if self._queue else None
                if wait_s is None or wait_s > 0:
                    self._wake.wait(wait_s)
                    continue
                due, number = heapq.heappop(self._queue)
                case = self._cases.get(number)
                if case is not None and case.due == due:
                    case.due = None
                    self._pool.submit(self._play, case, case.steps[case.position])

    def _play(self, case: PlayedCase, step: Step) -> None:
        """Emit one event. Talks to the carrier outside the lock, so that nobody waits for the post."""
        tracking_no = None
        if step.event == "RESULT_SENT" and "trackingNo" not in step.payload:
            try:
                tracking_no = self.carrier.waybill(case.handling_no, case.region)
            except CarrierAway:
                self._later(case, step)
                return
        with self._wake:
            if case.position >= len(case.steps) or case.steps[case.position] is not step:
                return  # a withdrawal has changed the script meanwhile
            event = self._emit(case, step, tracking_no)
            ready = case.in_order_of_sending(event, step.hold_until_next)
            case.position += 1
            self._save(case)
        for sent in ready:
            self._transports[case.partner].deliver(case, sent)
        with self._wake:  # only now: the next event must not overtake this one
            self._schedule(case)

    def _later(self, case: PlayedCase, step: Step) -> None:
        with self._wake:
            if not self._stopping and case.position < len(case.steps) and case.steps[case.position] is step:
                self._set_clock(case, _CARRIER_RETRY_S)

    def _emit(self, case: PlayedCase, step: Step, tracking_no: str | None) -> PlayedEvent:
        name = step.event or ""
        content = payload(case, step) | ({"trackingNo": tracking_no} if tracking_no else {})
        if name == "APPROVED" and content["result"].get("sha256"):
            document = result_document(case)
            self.store.put_bytes("offered", f"{case.partner}|{content['result']['sha256']}", document)
        case.seq = case.seq + 1 if step.seq is None else step.seq
        case.round = int(content.get("round", case.round)) if name == "NEED_SUPPLEMENT" else case.round
        if name in DECISIONS:
            case.decision = case.decision or name
        event = PlayedEvent(
            place=len(case.events) + 1,
            event_id=f"evt_{secrets.token_hex(12)}",
            seq=case.seq,
            event=name,
            payload=content,
            occurred_at=datetime.now(CHINA).isoformat(timespec="seconds"),
            times=step.times,
        )
        case.events.append(event)
        return event

    def _save(self, case: PlayedCase) -> None:
        self.store.put("case", case.handling_no, case.model_dump(mode="json", by_alias=True))
