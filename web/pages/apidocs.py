"""`/docs`: the API's own description, readable on a closed network: nothing is asked of another host."""

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from domain.terms import Role
from web.foundation.context import Ctx
from web.pages.rendering import render, visitor
from web.security.session import from_operations_or

router = APIRouter(include_in_schema=False)

# Swagger UI sets styles from its script and draws its icons from data URLs; scripts still come from here alone.
_CSP = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


@router.get("/docs", dependencies=[Depends(from_operations_or(visitor(*Role)))])
def docs(ctx: Ctx) -> HTMLResponse:
    """Swagger UI over /openapi.json; from EDGE_OPERATIONS_FROM, or with a login."""
    page = render(ctx, "docs.html")
    page.headers["Content-Security-Policy"] = _CSP
    return page
