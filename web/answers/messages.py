"""What applicants were told, and whose phone number was shown to whom."""

from domain.applicant_messages import MessageKind, MessageState
from domain.phone_views import Whose
from domain.terms import Role
from web.answers.base import Answer, Day, Moment


class MessageShown(Answer):
    """One message. `words`: as sent, or as it would be sent; secrets hidden. `to`: masked, null before it was sent.

    `reason`: a code, why it was not sent or has failed. `mayResend`: a person may have it sent once more.
    """

    id: str
    kind: MessageKind
    label: str
    words: str
    to: str | None
    state: MessageState
    state_label: str
    channel: str | None
    reason: str | None
    attempts: int
    queued_at: Moment
    next_at: Moment | None
    sent_at: Moment | None
    ended_at: Moment | None
    asked_by: str | None
    ask_reason: str | None
    may_resend: bool


class MessageList(Answer):
    """The messages of a case, the oldest first. `consent`: the applicant wants short messages."""

    consent: bool
    messages: list[MessageShown]


class MessageCount(Answer):
    """How many messages of one kind that were queued on a day stand in one state."""

    day: Day
    kind: MessageKind
    label: str
    state: MessageState
    state_label: str
    count: int


class MessageCounts(Answer):
    """By day, kind and state, the newest day first."""

    counts: list[MessageCount]


class PhoneShown(Answer):
    """A number to dial; that it was shown is written down."""

    whose: Whose
    label: str
    name: str
    phone: str


class PhoneView(Answer):
    """Who was shown a number, when, about which case and why."""

    case_no: str
    leg_id: str | None
    whose: Whose
    label: str
    by: str
    role: Role
    reason: str
    at: Moment


class PhoneViewList(Answer):
    """The newest first; `next`: for `before`, null at the end."""

    views: list[PhoneView]
    next: int | None
