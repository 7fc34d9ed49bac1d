"""What an applicant changes about his visit on his page: a form without a script, and what is wrong with it."""

from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import select

from domain.errors import BadInput, Conflict, NotFound
from domain.leg_changes import APPLICANT, ChangeKind
from logistics.appointments import window_from
from logistics.change_wording import window_said
from storage.parcels.legs import LegRow
from web.api.leg_changes import changed
from web.foundation.context import Context
from web.foundation.problems import Overtaken, Unprocessable, faults_of
from web.foundation.request_schemas import LegChangeRequest
from web.views.leg_changes import visits_shown

_OF_A_KIND = {
    ChangeKind.ADDRESS: ("address",),
    ChangeKind.WINDOW: ("windowFrom",),
    ChangeKind.CONTACT: ("contactName", "contactPhone"),
    ChangeKind.CANCEL: (),
}
_UNREADABLE = "没有看懂要改什么，请在下面重新填写。"


class VisitChange(NamedTuple):
    """A form as it was sent. `typed`: member of `LegChangeRequest` → text, "" for what was left empty."""

    leg_id: str
    kind: str
    version: str
    key: str
    typed: dict[str, str]

    @property
    def form(self) -> str:
        """The id of the form's first field on the page."""
        return f"{self.kind.lower()}-{self.leg_id}"

    def made(self, ctx: Context, case_no: str) -> str:
        """Make the change for the applicant of this case; what has come of it.

        Raises:
            BadInput: with the field of the page at which it is said.
        """
        try:
            wanted = self._wanted()
            with ctx.database.write() as session:
                answer = changed(session, ctx, (case_no, self.leg_id), wanted, APPLICANT, self.key)
        except Overtaken as theirs:
            raise self._both(ctx, theirs) from None
        except BadInput as refused:
            raise self._at_its_field(refused) from None
        ctx.notify()
        return str(answer["sentence"])

    def _wanted(self) -> LegChangeRequest:
        if self.kind not in set(ChangeKind) or not self.version.isdecimal() or len(self.key) < 8:
            raise Unprocessable(_UNREADABLE, code="INVALID")
        given = {name: self.typed[name] for name in _OF_A_KIND[ChangeKind(self.kind)] if self.typed[name].strip()}
        try:
            return LegChangeRequest.model_validate({"kind": self.kind, "version": int(self.version)} | given)
        except ValidationError as fault:
            field, sentence = faults_of(fault.errors())[0]
            raise Unprocessable(sentence, code="INVALID", field=field) from None

    def _at_its_field(self, refused: BadInput) -> BadInput:
        """The same refusal, at the id that the field has on the page."""
        if refused.field is None or isinstance(refused, NotFound):
            return refused
        phone = "-phone" if refused.field == "contactPhone" else ""
        return type(refused)(refused.sentence, code=refused.code, field=self.form + phone)

    def _both(self, ctx: Context, overtaken: Overtaken) -> Conflict:
        """What stands, and what was typed: nothing is overwritten, and nothing that was typed is lost unseen."""
        theirs, mine = overtaken.theirs, self._typed_said(ctx.now())
        value = f"：{theirs['why']}" if theirs["why"] else ""
        said = f"{overtaken.sentence}。{theirs['by']}{theirs['what']}{value}"
        return Conflict(f"{said}；您填的：{mine}。" if mine else f"{said}。", code=overtaken.code)

    def _typed_said(self, now: datetime) -> str:
        if self.kind == ChangeKind.WINDOW:
            try:
                return window_said(window_from(datetime.fromisoformat(self.typed["windowFrom"])), now)
            except ValueError:
                return ""
        kind = ChangeKind(self.kind) if self.kind in set(ChangeKind) else ChangeKind.CANCEL
        return "，".join(self.typed[name].strip() for name in _OF_A_KIND[kind] if self.typed[name].strip())


def visits_of_case(ctx: Context, case_no: str) -> dict[str, dict[str, Any]]:
    """Leg id → what its applicant may change about the visit; of those that are to come."""
    with ctx.database.read() as session:
        legs = session.scalars(select(LegRow).filter_by(case_no=case_no, ended_at=None))
        return visits_shown(session, ctx, list(legs))
