"""Cases from before each had a key of its own keep the codes that were printed of them (领取码, 交接码)."""

from typing import Final

from runtime.container import Container, applicant_keys, now
from storage.cases.applicant_keys import keyless
from storage.cases.result_codes import issue_of

_AT_ONCE: Final = 500


def give_keys(parts: Container) -> int:
    """Give every case its key that has none; returns to how many. Safe to repeat and to break off.

    After that no code depends on the oldest of SEAL_KEYS any more.
    """
    keys, given, after = applicant_keys(parts.settings, parts.sealer), 0, ""
    while True:
        with parts.database.write() as session:
            numbers = list(keyless(session, after, _AT_ONCE))
            for case_no in numbers:
                keys.keep(session, case_no, issue_of(session, case_no), now())
        if not numbers:
            return given
        given, after = given + len(numbers), numbers[-1]
