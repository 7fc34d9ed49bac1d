"""What must come back to our hall after an authority's decision (结果回寄、原件退回)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.carried import ReturnCarried
    from domain.messages import AuthorityEvent, HandlingPlan, HoldNotice
    from domain.terms import CaseStatus, ResultForm


class ReturnTracking:
    """One handling's originals and result on their way back.

    `forwarded`: originals are with the authority. `under_way`: it has sent a parcel that is not in our hall yet.
    `result_sha256`: of the electronic result. `followed_leg`: id of the BACK leg that brings the parcel, once it was
    sent. `both_forms_travel`: a result in both forms is sent as paper too, wherever its matter is handled.
    """

    def __init__(
        self, plan: HandlingPlan, carried: ReturnCarried | None = None, *, both_forms_travel: bool = True
    ) -> None:
        before = carried or ReturnCarried()
        self.forwarded = before.forwarded
        self.result_sha256 = before.result_sha256
        self.followed_leg = before.followed_leg
        self._plan = plan
        self._travelling = (ResultForm.PAPER, ResultForm.BOTH) if both_forms_travel else (ResultForm.PAPER,)
        self._form = before.form
        self._sent = before.sent
        self._arrived = before.arrived

    def carried(self) -> ReturnCarried:
        """Its state for the next run."""
        return ReturnCarried(
            forwarded=self.forwarded,
            form=self._form,
            result_sha256=self.result_sha256,
            sent=self._sent,
            followed_leg=self.followed_leg,
            arrived=self._arrived,
        )

    @property
    def under_way(self) -> bool:
        """Whether RESULT_SENT has come and its parcel has not arrived."""
        return self._sent is not None and not self._arrived

    def note_result(self, decision: AuthorityEvent | HoldNotice) -> None:
        """Note the form and the file of the result that a decision names."""
        self._form = decision.result_form
        self.result_sha256 = decision.result_sha256

    def decided_anew(self, theirs: HoldNotice) -> None:
        """Another decision counts: what it names is still to come, whatever the first one has brought."""
        self.note_result(theirs)
        if self._arrived:
            self._sent, self.followed_leg, self._arrived = None, None, False

    @property
    def issued_here(self) -> bool:
        """Whether the result is paper that our own city has made, so that nothing has to be sent to us."""
        paper = self._form in (ResultForm.PAPER, ResultForm.BOTH)
        return paper and self._plan.partner is None and not self._plan.result_travels

    def note_sent(self, said: AuthorityEvent) -> None:
        """Note RESULT_SENT, which names the parcel; a second one changes nothing."""
        if self._sent is None:
            self._sent = said

    @property
    def to_follow(self) -> AuthorityEvent | None:
        """The RESULT_SENT whose parcel has no leg yet; None: nothing was sent, or its leg is known."""
        return self._sent if self.followed_leg is None else None

    def arrived(self) -> None:
        """Note that the BACK leg is over."""
        self._arrived = True

    def awaited(self, status: CaseStatus) -> bool:
        """Whether a parcel is still to be sent to us, given the handling's status."""
        return self._sent is None and self._must(status)

    def _must(self, status: CaseStatus) -> bool:
        if status is CaseStatus.FAILED:
            return False  # a person has closed it and looks after the papers
        if self.forwarded and not (self._plan.originals_kept and status is CaseStatus.APPROVED):
            return True
        if status is not CaseStatus.APPROVED:
            return False
        if self._form in self._travelling and self._plan.partner is not None:
            return True
        return self._plan.result_travels and self._form is not ResultForm.ELECTRONIC
