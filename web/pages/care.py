"""关怀模式: larger letters and stronger contrast, chosen by a link or a form and kept in a cookie; needs no script."""

from typing import Annotated, Final, TypeVar

from fastapi import Depends, Query, Request, Response

COOKIE: Final = "kuayu_care"
_KEPT_S: Final = 365 * 86_400
R = TypeVar("R", bound=Response)


class Care:
    """How an applicant wants to read: `on`, and whether this very request has said so."""

    def __init__(self, request: Request, care: Annotated[str, Query(max_length=1)] = "") -> None:
        self._chosen = care
        self.on = (care or request.cookies.get(COOKIE, "")) == "1"

    def kept(self, response: R) -> R:
        """The response with the choice in a cookie, where one was made; it says nothing about anybody."""
        if self._chosen:
            value = "1" if self.on else "0"
            response.set_cookie(COOKIE, value, max_age=_KEPT_S, samesite="strict", httponly=True, path="/")
        return response


CareMode = Annotated[Care, Depends(Care)]
