"""Every page's routes, in the order in which an address is looked for: `/window/new` before `/window/{caseNo}`."""

from web.pages import (
    apidocs,
    case,
    entrance,
    item_form,
    new_case,
    officer,
    partner,
    parts,
    scan,
    search,
    status,
    supervisor,
    track,
    verification,
    window,
)

PAGES = (
    entrance.router,
    window.router,
    search.router,
    new_case.router,
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
