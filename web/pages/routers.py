"""Every page's routes, in the order in which an address is looked for: `/window/new` before `/window/{caseNo}`."""

from web.pages import (
    apidocs,
    case,
    entrance,
    item_form,
    new_case,
    new_case_sent,
    officer,
    partner,
    parts,
    registered,
    scan,
    status,
    supervisor,
    track,
    verification,
    window,
)

PAGES = (
    entrance.router,
    window.router,
    new_case.router,
    new_case_sent.router,
    registered.router,
    item_form.router,
    case.router,
    officer.router,
    scan.router,
    supervisor.router,
    partner.router,
    status.router,
    track.router,
    verification.router,
    apidocs.router,
    parts.router,
)
