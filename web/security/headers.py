"""Headers of every answer: nothing from elsewhere, nothing framed, nothing guessed, nothing personal cached."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
_DECODES = ("/scan", "/scan/shell")
_CSP_WITH_DECODER = f"{_CSP}; script-src 'self' 'wasm-unsafe-eval'"
"""What the camera's picture is decoded with is WebAssembly, and only there."""


class SecurityHeaders:
    """ASGI middleware that adds these headers to every answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers; only `/static` may be cached."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                csp = _CSP_WITH_DECODER if scope["path"] in _DECODES else _CSP
                headers.setdefault("Content-Security-Policy", csp)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")  # no-referrer makes forms say Origin: null
                if not scope["path"].startswith("/static"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with)
