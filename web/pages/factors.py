"""One's own second factors: the app, security keys, recovery codes."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from domain.one_time import in_base32, otpauth
from web.foundation.context import Ctx
from web.pages.rendering import render
from web.pages.second_step import square
from web.pages.visitors import Oneself
from web.security.enrolling import listed
from web.security.factor_rules import must_have
from web.security.passkeys import NAME, ours

router = APIRouter(include_in_schema=False)


@router.get("/account/factors")
def factors(person: Oneself, ctx: Ctx) -> HTMLResponse:
    """What the account has, and how to add and remove it."""
    has = listed(ctx, person.username)
    return render(
        ctx,
        "account/factors.html",
        person,
        has=has,
        required=must_have(ctx.settings, person.role),
        may_add_key=ours(ctx.settings) is not None,
        square=square(otpauth(has.begun, NAME, person.username)) if has.begun is not None else "",
        secret=in_base32(has.begun) if has.begun is not None else "",
    )
