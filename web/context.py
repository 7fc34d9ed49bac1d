"""What every route needs, made once by the application factory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from catalog.agreements import Agreements
from catalog.model import Catalogue
from catalog.search import SearchIndex
from runtime.settings import Settings
from storage.base import Database
from storage.documents import Documents
from storage.inbox import Inbox
from storage.sealing import Sealer


@dataclass(frozen=True)
class Context:
    """`kick` wakes the relay after a commit."""

    settings: Settings
    database: Database
    sealer: Sealer
    documents: Documents
    inbox: Inbox
    catalogue: Catalogue
    agreements: Agreements
    search: SearchIndex
    now: Callable[[], datetime]
    kick: Callable[[], None]


def context(request: Request) -> Context:
    made: Context = request.app.state.context
    return made


Ctx = Annotated[Context, Depends(context)]
