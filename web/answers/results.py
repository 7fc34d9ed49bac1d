"""What the steps about electronic results answer."""

from web.answers.base import Answer


class CodeRenewed(Answer):
    """The old code (领取码) is worth nothing; `receipt`: the PDF with the new one."""

    case_no: str
    receipt: str


class CodeSent(Answer):
    """A one-time code is on its way; `phone`: where to, masked."""

    case_no: str
    phone: str
