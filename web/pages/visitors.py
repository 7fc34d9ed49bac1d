"""Who may see which page, as dependencies of its routes."""

from typing import Annotated

from fastapi import Depends

from storage.people.users import LoggedIn
from web.pages.rendering import AUDIT, CASE, OFFICER, SCAN, WATCH, WINDOW, visitor

WindowVisitor = Annotated[LoggedIn, Depends(visitor(*WINDOW))]
CaseVisitor = Annotated[LoggedIn, Depends(visitor(*CASE))]
OfficerVisitor = Annotated[LoggedIn, Depends(visitor(*OFFICER))]
ScanVisitor = Annotated[LoggedIn, Depends(visitor(*SCAN))]
Auditing = Annotated[LoggedIn, Depends(visitor(*AUDIT))]
Watching = Annotated[LoggedIn, Depends(visitor(*WATCH))]
