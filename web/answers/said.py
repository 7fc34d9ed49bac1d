"""What authorities have said, in words."""

from domain.terms import MaterialForm, WireEvent
from web.answers.base import Answer, Moment


class ResultNamed(Answer):
    """The result that a message names. `amount`: in yuan, where it is money."""

    name: str
    form: str
    form_label: str
    document_no: str
    amount: str | None


class PaperNamed(Answer):
    """One line of a list of papers; `count`: pieces."""

    name: str
    form: MaterialForm
    form_label: str
    count: int


class Words(Answer):
    """What an event carries; members that it does not say, or not to the reader, are null.

    `papers`: of NEED_SUPPLEMENT what is wanted, of RESULT_SENT what comes back; `kept`: what stays in the authority's
    file; [] where it says that there is none.
    """

    org: str | None
    reason: str | None
    legal_basis: str | None
    materials: list[str] | None
    deadline_workdays: int | None
    procedure: str | None
    result: ResultNamed | None
    tracking_no: str | None
    seal_no: str | None
    papers: list[PaperNamed] | None
    kept: list[PaperNamed] | None
    extended_workdays: int | None
    deemed: bool | None


class WordSaid(Words):
    """One word of an authority (对方告知); members that it does not say, or not to the reader, are null.

    `place`: of a joint case only. `tookEffect`: false for what came late, twice with other content, or waits for a
    person.
    """

    handling_no: str
    place: str | None
    event: WireEvent | None
    label: str
    at: Moment
    received_at: Moment
    took_effect: bool
    round: int | None
