"""What the steps about electronic results answer."""

from web.answers.base import Answer


class CodeRenewed(Answer):
    """The old code (领取码) is worth nothing; `receipt`: the PDF with the new one."""

    case_no: str
    receipt: str


class CodeAsked(Answer):
    """A one-time code is on its way, if number and phone fit; nobody is told whether they do."""

    case_no: str
