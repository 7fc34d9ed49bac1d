"""The order of a joint case (多地联办): which handling may begin, and what one's end means for the others.

The graph comes with the plans (`HandlingPlan.after`); handlings without predecessors go side by side.
"""

from collections.abc import Mapping

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import CompensationDue
    from domain.terms import CaseStatus
    from workflows.case_context import CaseContext
    from workflows.handling import HandlingCourse


class JointOrder:
    """Looks at all courses of one case. `courses`: by handling number."""

    def __init__(self, context: CaseContext, courses: Mapping[str, HandlingCourse]) -> None:
        self._context = context
        self._courses = courses

    def line_up(self) -> None:
        """Note which handlings wait for others; no clock of theirs runs until their turn."""
        for number, course in self._courses.items():
            if course.plan.after:
                self._context.move(number, CaseStatus.WAITING)
                self._context.note("WAITING", handling_no=number)

    async def turn_of(self, course: HandlingCourse) -> bool:
        """Return once everything before it is approved and what that gives is here. False: it never begins."""
        if not course.plan.after or course.begun:
            return True
        if course.status.is_outcome:
            return False  # it ended in a run before this one, which broke off
        await workflow.wait_condition(lambda: self._never(course) or self._allowed(course))
        if self._never(course):
            return False
        self._context.move(course.plan.handling_no, CaseStatus.COLLECTED)
        self._context.note("TURN_CAME", handling_no=course.plan.handling_no)
        return True

    def compensate(self) -> None:
        """Where the case cannot be completed any more, what was approved of it must not stay unseen."""
        broken = next((no for no, course in self._courses.items() if _ended_otherwise(course.status)), None)
        if broken is None:
            return
        for course in self._courses.values():
            if course.status is CaseStatus.APPROVED:
                course.enqueue(CompensationDue(because=broken))

    @property
    def being_undone(self) -> bool:
        """Whether something that was approved is being undone: until then nothing leaves our hall."""
        return any(course.being_undone for course in self._courses.values())

    def _allowed(self, course: HandlingCourse) -> bool:
        before = [self._courses[number] for number in course.plan.after]
        # Originals go from one authority to the next by way of our hall.
        papers_free = not course.plan.originals_travel or all(one.followed for one in before)
        return papers_free and all(one.has_given for one in before)

    def _never(self, course: HandlingCourse) -> bool:
        return course.called_off is not None or any(_ended_otherwise(one.status) for one in self._courses.values())


def _ended_otherwise(status: CaseStatus) -> bool:
    return status.is_outcome and status is not CaseStatus.APPROVED
