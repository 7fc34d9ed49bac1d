"""What must come back to our hall after an authority's decision (结果回寄、原件退回)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import AuthorityEvent, HandlingPlan
    from domain.terms import CaseStatus, ResultForm


class ComingBack:
    """`forwarded`: originals are with the authority. `under_way`: it has sent a parcel that is not in our hall yet."""

    def __init__(self, plan: HandlingPlan) -> None:
        self.forwarded = False
        self.under_way = False
        self.result_sha256: str | None = None
        self._plan = plan
        self._form: ResultForm | None = None
        self._sent: AuthorityEvent | None = None
        self._followed = False

    def note_result(self, decision: AuthorityEvent) -> None:
        """The form and the file that a decision names."""
        self._form = decision.result_form
        self.result_sha256 = decision.result_sha256

    @property
    def issued_here(self) -> bool:
        """A result on paper that our own city has made: nothing has to be sent to us."""
        paper = self._form in (ResultForm.PAPER, ResultForm.BOTH)
        return paper and self._plan.partner is None and not self._plan.result_travels

    def note_sent(self, said: AuthorityEvent) -> None:
        """RESULT_SENT, which names the parcel; there is one."""
        if self._sent is None:
            self._sent, self.under_way = said, True

    def take_sent(self) -> AuthorityEvent | None:
        """The parcel that is to be followed now; None when there is none, or somebody follows it already."""
        if self._sent is None or self._followed:
            return None
        self._followed = True
        return self._sent

    def arrived(self) -> None:
        self.under_way = False

    def awaited(self, status: CaseStatus) -> bool:
        """Whether a parcel is still to be sent to us."""
        return self._sent is None and self._must(status)

    def _must(self, status: CaseStatus) -> bool:
        if status is CaseStatus.FAILED:
            return False  # a person has closed it and looks after the papers
        if self.forwarded:
            return True
        if status is not CaseStatus.APPROVED:
            return False
        if self._form is ResultForm.PAPER and self._plan.partner is not None:
            return True
        return self._plan.result_travels and self._form is not ResultForm.ELECTRONIC
