"""The files of materials: what travels electronically has its bytes, uploaded by who submits it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from domain.dossier import DossierMaterial
from domain.terms import Provided
from storage.documents.uploads import held_by, held_by_case
from web.foundation.problems import FieldsRefused, Unprocessable

_NOT_BROUGHT = (Provided.DEFERRED, Provided.COMMITTED)


def check_files(
    session: Session,
    brought: Mapping[int, DossierMaterial],
    *,
    uploader: str,
    now: datetime,
    case_no: str | None = None,
    lock: bool = True,
) -> list[str]:
    """Check the files of materials, `brought` by their places in the request; returns their names, to be bound.

    `case_no`: of a case that has begun; what belongs to it already may be named again. `lock`: they stay until the end
    of the caller's writing transaction.

    Raises:
        Unprocessable: an electronic one without a file (`DOCUMENT_MISSING`), a file that `uploader` has not uploaded
            or that has expired (`DOCUMENT_UNKNOWN`), something brought that has no page (`PAGES`).
    """
    _check_there(brought)
    for place, material in brought.items():
        if material.pages < 1 and material.provided not in _NOT_BROUGHT:
            told = f"“{material.name}”的页数至少是 1"
            raise Unprocessable(told, code="PAGES", field=f"materials.{place}.pages")
    named = {place: m.sha256 for place, m in brought.items() if m.sha256 is not None}
    known = _held(session, named.values(), uploader, now, case_no, lock=lock)
    for place, sha256 in named.items():
        if sha256 not in known:
            told = f"“{brought[place].name}”的文件还没有上传，或已过期清除，请重新上传"
            raise Unprocessable(told, code="DOCUMENT_UNKNOWN", field=f"materials.{place}.sha256")
    return list(named.values())


def _check_there(brought: Mapping[int, DossierMaterial]) -> None:
    """Every electronic one without its file is named at once."""
    faults = tuple(
        (
            f"materials.{place}.sha256",
            f"“{material.name}”以电子件提交，请先上传文件；没有电子件就改选原件或复印件",
        )
        for place, material in brought.items()
        if material.provided is Provided.ELECTRONIC and material.sha256 is None
    )
    if len(faults) > 1:
        raise FieldsRefused("有材料还没有上传文件，请按提示补上", code="DOCUMENT_MISSING", faults=faults)
    for field, told in faults:
        raise Unprocessable(told, code="DOCUMENT_MISSING", field=field)


def check_file(
    session: Session,
    sha256: str | None,
    what: str,
    field: str,
    *,
    uploader: str,
    now: datetime,
    case_no: str | None = None,
    lock: bool = True,
) -> list[str]:
    """The same for one file that is named outside the materials; `what`: for the sentence. None is none.

    Raises:
        Unprocessable: as `check_files` (`DOCUMENT_UNKNOWN`), at `field`.
    """
    if sha256 is None:
        return []
    if not _held(session, [sha256], uploader, now, case_no, lock=lock):
        raise Unprocessable(f"{what}还没有上传，或已过期清除，请重新上传", code="DOCUMENT_UNKNOWN", field=field)
    return [sha256]


def _held(
    session: Session, sha256s: Iterable[str], uploader: str, now: datetime, case_no: str | None, *, lock: bool
) -> frozenset[str]:
    wanted = list(sha256s)
    if not wanted:
        return frozenset()
    own = held_by(session, wanted, uploader, now, lock=lock)
    return own | (held_by_case(session, wanted, case_no) if case_no is not None else frozenset())
