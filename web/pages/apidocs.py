"""`/docs`: the API's own description, readable on a closed network: nothing is asked of another host."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from web.foundation.context import Ctx
from web.pages.rendering import render

router = APIRouter(include_in_schema=False)

# Swagger UI sets styles from its script and draws its icons from data URLs; scripts still come from here alone.
_CSP = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


@router.get("/docs")
def docs(ctx: Ctx) -> HTMLResponse:
    """Swagger UI over /openapi.json."""
    page = render(ctx, "docs.html")
    page.headers["Content-Security-Policy"] = _CSP
    return page
