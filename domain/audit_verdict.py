"""What a look through the whole audit trail has found."""

from enum import StrEnum

from pydantic import Field

from domain.model import Frozen


class AuditFault(StrEnum):
    """What is wrong with the first bad entry."""

    MISSING = "MISSING"  # 缺失: removed, or one put before it
    ALTERED = "ALTERED"  # 被改动
    NOT_AS_SIGNED = "NOT_AS_SIGNED"  # 与已签名的不一致: written anew from somewhere on
    CUT_OFF = "CUT_OFF"  # 尾部被截断


class AuditVerdict(Frozen):
    """`entries`: how many from the first on are whole; `first_bad`: the number of the first that is not.

    `digest`: of the last one where all are whole, to be compared next time. `heads_of_unknown_keys`: signed with a key
    that is no longer ours, so only their digest was compared.
    """

    entries: int = Field(ge=0)
    first_bad: int | None = None
    fault: AuditFault | None = None
    digest: str | None = None
    heads_of_unknown_keys: int = 0

    @property
    def is_whole(self) -> bool:
        """Nothing was found."""
        return self.first_bad is None
