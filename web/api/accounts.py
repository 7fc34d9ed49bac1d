"""The accounts (账号管理), for the security administrator of the unit where they stand; the auditor reads what he does.

Three powers apart (三权分立): who gives accounts neither runs the system nor reads the audit trail, who runs it gives
none, who reads it does nothing else. Accounts of auditors are given on the server alone (`kuayu user`), and nobody
changes his own.
"""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from domain.terms import Role
from storage.people.account_list import AccountSeen, Wanted, account_of, accounts, accounts_within
from storage.people.session_list import end_sessions
from web.answers.accounts import AccountList, AccountShown, InitialPassword, LoginSessionList, SessionsEnded
from web.api import account_changes as changes
from web.api.account import end, sessions_shown
from web.foundation.context import Context, Ctx
from web.security.session import AccountKeeper, AccountReader

router = APIRouter(prefix="/api/v1", tags=["账号"])

_A_PAGE: Final = 200


@router.get("/accounts", operation_id="listAccounts", response_model=AccountList)
def list_accounts(
    person: AccountReader,
    ctx: Ctx,
    q: Annotated[str, Query(max_length=64, description="a part of the name")] = "",
    role: Role | None = None,
    active: bool | None = None,
    unit: Annotated[str | None, Query(max_length=32)] = None,
    after: Annotated[str, Query(max_length=64)] = "",
    size: Annotated[int, Query(ge=1, le=_A_PAGE)] = 50,
) -> dict[str, Any]:
    """Accounts by name, page by page: role, unit, open or closed, last login, how many sessions."""
    wanted = Wanted(q.strip(), role, active, unit)
    with ctx.database.read() as session:
        page = accounts(session, wanted, ctx.now(), size=size, after=after, within=accounts_within(person))
    return {"accounts": [shown(each) for each in page.rows], "next": page.next}


@router.post("/accounts", operation_id="addAccount", status_code=201, response_model=InitialPassword)
async def add_account(wanted: changes.NewAccount, person: AccountKeeper, ctx: Ctx) -> dict[str, str]:
    """A new account with a password that is told once and holds for 72 hours; its owner changes it when he comes in.

    Refused: 403 AUDITOR; 404 UNIT_UNKNOWN, COURIER_UNKNOWN; 409 ACCOUNT_TAKEN; 422 UNIT_ROLE, COURIER.
    """
    return await changes.add(ctx, person, wanted)


@router.get("/accounts/{username}", operation_id="getAccount", response_model=AccountShown)
def get_account(username: str, _person: AccountKeeper, ctx: Ctx) -> dict[str, Any]:
    """One account. Refused: 404 ACCOUNT_UNKNOWN."""
    return shown(found(ctx, username))


@router.post("/accounts/{username}/disable", operation_id="disableAccount", response_model=AccountShown)
def disable_account(username: str, person: AccountKeeper, ctx: Ctx) -> dict[str, Any]:
    """Close an account: its sessions and streams end at once.

    Refused: 403 AUDITOR; 404 ACCOUNT_UNKNOWN; 409 OWN_ACCOUNT, LAST_SECURITY.
    """
    changes.disable(ctx, person, username)
    return shown(found(ctx, username))


@router.post("/accounts/{username}/enable", operation_id="enableAccount", response_model=AccountShown)
async def enable_account(username: str, person: AccountKeeper, ctx: Ctx) -> dict[str, Any]:
    """Open a closed account again. Refused: 403 AUDITOR; 404 ACCOUNT_UNKNOWN; 409 OWN_ACCOUNT, PASSWORD_PUBLIC."""
    await changes.enable(ctx, person, username)
    return shown(await asyncio.to_thread(found, ctx, username))


@router.post("/accounts/{username}/password", operation_id="resetPassword", response_model=InitialPassword)
async def reset_password(username: str, person: AccountKeeper, ctx: Ctx) -> dict[str, str]:
    """Another password, told once; all sessions end, and its owner changes it when he comes in, within 72 hours.

    Refused: 403 AUDITOR; 404 ACCOUNT_UNKNOWN; 409 OWN_ACCOUNT.
    """
    return await changes.reset(ctx, person, username)


@router.post("/accounts/{username}/role", operation_id="changeRole", response_model=AccountShown)
def give_role(username: str, wanted: changes.NewRole, person: AccountKeeper, ctx: Ctx) -> dict[str, Any]:
    """Another role; sessions end. Who may not stand where he does with it stands nowhere, until he is given a place.

    Refused: 403 AUDITOR; 404 ACCOUNT_UNKNOWN; 409 OWN_ACCOUNT, LAST_SECURITY.
    """
    changes.change_role(ctx, person, username, wanted.role)
    return shown(found(ctx, username))


@router.post("/accounts/{username}/unit", operation_id="placeAccount", response_model=AccountShown)
def give_place(username: str, wanted: changes.NewPlace, person: AccountKeeper, ctx: Ctx) -> dict[str, Any]:
    """Another place; sessions end.

    Refused: 403 AUDITOR; 404 ACCOUNT_UNKNOWN, UNIT_UNKNOWN, COURIER_UNKNOWN; 409 OWN_ACCOUNT, LAST_SECURITY; 422
    UNIT_ROLE, COURIER.
    """
    changes.put_at(ctx, person, username, wanted)
    return shown(found(ctx, username))


@router.get("/accounts/{username}/sessions", operation_id="listSessions", response_model=LoginSessionList)
def list_sessions(username: str, _person: AccountKeeper, ctx: Ctx) -> dict[str, Any]:
    """The sessions of an account that are not over. Refused: 404 ACCOUNT_UNKNOWN."""
    found(ctx, username)
    return {"sessions": sessions_shown(ctx, username, _person.login)}


@router.delete("/accounts/{username}/sessions", operation_id="endSessions", response_model=SessionsEnded)
def end_all(username: str, _person: AccountKeeper, ctx: Ctx) -> dict[str, int]:
    """End all sessions of an account, streams too. Refused: 404 ACCOUNT_UNKNOWN."""
    found(ctx, username)
    with ctx.database.write() as session:
        return {"ended": end_sessions(session, username)}


@router.delete("/accounts/{username}/sessions/{session_id}", operation_id="endSession", status_code=204)
def end_one(username: str, session_id: str, _person: AccountKeeper, ctx: Ctx) -> Response:
    """End one session of an account. Refused: 404 SESSION_UNKNOWN."""
    end(ctx, username, session_id)
    return Response(status_code=204)


def found(ctx: Context, username: str) -> AccountSeen:
    """One account.

    Raises:
        NotFound: there is none (`ACCOUNT_UNKNOWN`).
    """
    with ctx.database.read() as session:
        account = account_of(session, username, ctx.now())
    if account is None:
        raise changes.unknown()
    return account


def shown(seen: AccountSeen) -> dict[str, Any]:
    """One account, for an answer."""
    times = {
        "passwordUntil": seen.password_until,
        "passwordChangedAt": seen.password_changed_at,
        "createdAt": seen.created_at,
        "lastLoginAt": seen.last_login_at,
        "disabledAt": seen.disabled_at,
    }
    return {
        "username": seen.username,
        "role": seen.role,
        "unit": seen.unit_id,
        "courierId": seen.courier_id,
        "active": seen.active,
        "mustChange": seen.must_change,
        **{name: None if at is None else at.isoformat() for name, at in times.items()},
        "disabledBy": seen.disabled_by,
        "sessions": seen.sessions,
    }
