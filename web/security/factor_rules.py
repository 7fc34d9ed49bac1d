"""Who needs more than a password: whoever has a second factor, and whoever's role must have one."""

from sqlalchemy.orm import Session

from domain.terms import Role
from runtime.login_settings import need_second_factor
from runtime.settings import Settings
from storage.people.factors import factors_of


def must_have(settings: Settings, role: Role) -> bool:
    """Whether this role does not come in with one factor alone (SECOND_FACTOR_ROLES)."""
    return role in need_second_factor(settings.second_factor_roles, played=settings.sandbox)


def is_asked_for_more(settings: Settings, session: Session, username: str, role: Role) -> bool:
    """Whether a login goes on to the second factor, to be shown or, where there is none yet, to be enrolled."""
    return must_have(settings, role) or factors_of(session, username).any
