"""Who may see which page, as dependencies of its routes."""

from typing import Annotated

from fastapi import Depends

from domain.terms import Role
from storage.people.users import LoggedIn
from web.pages.rendering import (
    ACCOUNT_LIST,
    ACCOUNTS,
    AUDIT,
    CASE,
    DEVICES,
    OFFICER,
    SCAN,
    SUPERVISE,
    WATCH,
    WINDOW,
    visitor,
)
from web.security.places import Within

WindowVisitor = Annotated[LoggedIn, Depends(visitor(*WINDOW))]
CaseVisitor = Annotated[LoggedIn, Depends(visitor(*CASE))]
OfficerVisitor = Annotated[LoggedIn, Depends(visitor(*OFFICER))]
ScanVisitor = Annotated[LoggedIn, Depends(visitor(*SCAN))]
DeviceKeeper = Annotated[LoggedIn, Depends(visitor(*DEVICES))]
Auditing = Annotated[LoggedIn, Depends(visitor(*AUDIT, within=Within.DISTRICT))]
AccountKeeper = Annotated[LoggedIn, Depends(visitor(*ACCOUNTS))]
AccountReading = Annotated[LoggedIn, Depends(visitor(*ACCOUNT_LIST))]
Oneself = Annotated[LoggedIn, Depends(visitor(*Role, within=Within.ACCOUNT))]
Supervising = Annotated[LoggedIn, Depends(visitor(*SUPERVISE))]
DistrictSupervising = Annotated[LoggedIn, Depends(visitor(*SUPERVISE, within=Within.DISTRICT))]
Watching = Annotated[LoggedIn, Depends(visitor(*WATCH))]
DistrictWatching = Annotated[LoggedIn, Depends(visitor(*WATCH, within=Within.DISTRICT))]
