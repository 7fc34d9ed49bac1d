"""What a network that calls us sends and is answered (docs/partners/sichuan.md, the one network that does)."""

from pydantic import Field

from domain.terms import WireEvent
from web.answers.base import Answer, Facts, Moment


class CallbackSent(Answer):
    """One event of a case; `seq` runs 1, 2, 3 … per case. Read by its network's own rules, not by this schema."""

    event_id: str
    case_no: str
    partner_case_no: str
    event: WireEvent
    seq: int
    occurred_at: Moment
    actor_org: str
    payload: Facts


class CallbackTaken(Answer):
    """Signed by us, after the commit; `duplicate`: taken before."""

    code: str
    msg_id: str
    received_at: Moment
    body_sm3: str = Field(alias="bodySm3")
    duplicate: bool
