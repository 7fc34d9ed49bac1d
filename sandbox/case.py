"""A case as the played authority sees it: its script, what it has said, what it was told."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

PartnerName = Literal["sichuan", "southwest", "interprovincial"]
Awaited = Literal["supplement", "papers", "withdraw", "never"]

DECISIONS = frozenset({"APPROVED", "REJECTED", "NOT_ACCEPTED", "WITHDRAWN"})


class Step(BaseModel):
    """One line of a script: either an event to emit after a pause, or something to wait for.

    `times`: sent so often. `hold_until_next`: sent after the next event although it comes before it.
    `seq`: another place in the sequence than the next one, to play a faulty authority.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    event: str | None = None
    awaited: Awaited | None = Field(default=None, alias="await")
    after_s: float | None = Field(default=None, ge=0, description="seconds; None: the default pace")
    payload: dict[str, Any] = {}
    times: int = Field(default=1, ge=1, le=10)
    hold_until_next: bool = False
    seq: int | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "Step":
        if (self.event is None) == (self.awaited is None):
            raise ValueError("a step has either an event or an await")
        return self


class PlayedEvent(BaseModel):
    """Something the authority has said. `place` counts what was emitted, `seq` is what the wire says."""

    place: int
    event_id: str
    seq: int
    event: str
    payload: dict[str, Any]
    occurred_at: str = Field(description="ISO 8601 with offset, seconds")
    times: int = 1
    attempts: int = 0
    acknowledged: bool = False
    stopped: bool = Field(default=False, description="refused for good: a person at the authority looks at it")
    answer: str = Field(default="", description="the last answer in the wire's words")


class PlayedCase(BaseModel):
    """One handling at a played authority. `extra` is for what only one wire knows."""

    handling_no: str
    partner: PartnerName
    phone: str
    item_code: str
    item_name: str
    mode: str
    region: str = Field(description="handling region, 6 digits")
    partner_no: str
    has_papers: bool = False
    steps: list[Step] = []
    position: int = 0
    due: float | None = Field(default=None, description="epoch seconds of the next step; None: waits")
    seq: int = 0
    round: int = 0
    answered_round: int = 0
    decision: str | None = None
    withdraw_asked: bool = False
    events: list[PlayedEvent] = []
    held: list[int] = Field(default=[], description="places of events that wait for the next one")
    notices: list[dict[str, Any]] = []
    extra: dict[str, str] = {}

    @property
    def last_event(self) -> PlayedEvent | None:
        return self.events[-1] if self.events else None

    @property
    def open_round(self) -> int | None:
        """The supplement round that waits for us, None when none does."""
        waits = self.round > self.answered_round and self.decision is None
        return self.round if waits else None

    @property
    def awaits(self) -> str | None:
        """What the script waits for now."""
        return self.steps[self.position].awaited if self.position < len(self.steps) else None

    def in_order_of_sending(self, event: PlayedEvent, hold: bool) -> list[PlayedEvent]:
        """What goes out now that this event is emitted: it, or with it what was held back for it."""
        if hold and self.position + 1 < len(self.steps):
            self.held.append(event.place)
            return []
        ready = [event, *(self.events[place - 1] for place in self.held)]
        self.held = []
        return ready

    def has_come(self, awaited: str) -> bool:
        """Whether that was here before the script began to wait for it."""
        match awaited:
            case "supplement":
                return self.round > 0 and self.answered_round >= self.round
            case "papers":
                return any(notice.get("notice") == "PAPERS_SENT" for notice in self.notices)
            case "withdraw":
                return self.withdraw_asked
            case _:
                return False
