"""What must come back to our hall after an authority's decision (结果回寄、原件退回)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import AuthorityEvent, HandlingPlan
    from domain.terms import CaseStatus, ResultForm


class ComingBack:
    """`forwarded`: originals are with the authority. `sent`: its RESULT_SENT, which names the parcel."""

    def __init__(self, plan: HandlingPlan) -> None:
        self.forwarded = False
        self.sent: AuthorityEvent | None = None
        self.result_sha256: str | None = None
        self._plan = plan
        self._form: ResultForm | None = None

    def note_result(self, decision: AuthorityEvent) -> None:
        """The form and the file that a decision names."""
        self._form = decision.result_form
        self.result_sha256 = decision.result_sha256

    def awaited(self, status: CaseStatus) -> bool:
        """Whether a parcel is still to be sent to us."""
        return self.sent is None and self._must(status)

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
