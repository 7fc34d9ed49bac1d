"""Suspensions of service."""

from web.answers.base import Answer, Moment


class SuspensionShown(Answer):
    """One suspension. `outletId` null: the whole district. `sourceNo`: of the warning it rests on.

    `countsUntil`: until when the promise's clock stands still as things are; not after `fromAt`: not at all yet.
    `needsSecond`: the rest counts once a second person has confirmed it. `endedAt`: its end was brought forward, and
    where it is `withdrawn` because it had been declared wrongly.
    """

    id: int
    outlet_id: str | None
    outlet_name: str | None
    from_at: Moment
    to_at: Moment
    reason: str
    source_no: str | None
    by: str
    declared_at: Moment
    counts_until: Moment
    needs_second: bool
    confirmed_by: str | None
    confirmed_at: Moment | None
    ended_by: str | None
    ended_at: Moment | None
    end_reason: str | None
    withdrawn: bool


class SuspensionList(Answer):
    """Those that are not over, by their beginning; or the latest 200 that are."""

    suspensions: list[SuspensionShown]
