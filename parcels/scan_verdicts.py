"""What is answered to each event of a batch (docs/postal.md): what became of it, and why."""

from enum import StrEnum

from domain.model import Frozen


class Result(StrEnum):
    """What became of one event (docs/postal.md "Devices: `POST /api/v1/scans:batch`")."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"


class Code(StrEnum):
    """Why it was refused; of an accepted event a remark for the person who scans."""

    CHANGED = "CHANGED"  # conflict: the device has said something else under this id
    SEQUENCE_USED = "SEQUENCE_USED"  # conflict: the device's sequence names another event
    FORM = "FORM"  # rejected: out of form; the member follows
    ROLE = "ROLE"  # rejected: not for this role
    UNKNOWN_PARCEL = "UNKNOWN_PARCEL"  # accepted: no leg has this number yet
    CLOCK_SUSPECT = "CLOCK_SUSPECT"  # accepted: the time proves nothing
    REPEAT = "REPEAT"  # accepted: scanned a moment ago, no further effect
    OUT_OF_PLACE = "OUT_OF_PLACE"  # accepted: can't follow what is known, shown without effect
    SIGNER_SHORT = "SIGNER_SHORT"  # accepted: not delivered to one who may sign
    CODE_WRONG = "CODE_WRONG"  # accepted: not the applicant's hand-over code; a person is asked
    LABEL_WRONG = "LABEL_WRONG"  # accepted: a label that says it is ours, and we have not sealed; a person is asked
    SAME_PERSON = "SAME_PERSON"  # accepted: one login gives and takes; a second person is asked
    JUMPED = "JUMPED"  # accepted: so far from the last scan that no vehicle was that quick; a person is asked
    VOID_PENDING = "VOID_PENDING"  # accepted: the correction waits for a second person
    FAULT = "FAULT"  # rejected for now: what follows can't be written; the device tries again, a person is asked


class EventResult(Frozen):
    """The answer to one event; names as on the wire. `eventId` None: it can't be read."""

    eventId: str | None
    result: Result
    code: str | None = None
    retryable: bool = False
