"""What came of a supervisor's help."""

from web.answers.base import Answer, Moment


class Reminded(Answer):
    """Who was reminded, `how` (`task` or `phone`)."""

    case_no: str
    how: str
    whom: str
    at: Moment


class CourierSent(Answer):
    """Who goes now, and who was to go `before` (null: nobody)."""

    leg_id: str
    courier_id: str
    before: str | None
    planned_arrival_at: Moment | None
