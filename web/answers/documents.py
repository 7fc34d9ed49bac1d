"""Answers about uploaded documents."""

from web.answers.base import Answer, Moment


class Uploaded(Answer):
    """A document that is kept. `sha256`: its name from now on. `pages`: of what we have made or can count, else None.

    `expiresAt`: when it is taken away unless a case names it until then; None: it is kept already.
    """

    sha256: str
    media_type: str
    size: int
    pages: int | None
    expires_at: Moment | None


class Reading(Answer):
    """One reading of a document. `reader`: a user name, or `applicant`; `purpose`: as what it was read."""

    sha256: str
    reader: str
    purpose: str
    at: Moment


class Readings(Answer):
    """Who has read the documents of a case, the first reading first."""

    readings: list[Reading]


class DocumentPages(Answer):
    """`pages`: how many there are to look at. `note`: what of the document is not shown, or ""."""

    sha256: str
    media_type: str
    pages: int
    note: str
