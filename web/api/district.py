"""The district as a map needs it: its outline and its outlets, in one datum."""

from typing import Any

from fastapi import APIRouter

from domain.terms import Datum
from logistics.geo import Point
from logistics.outlets import load_district
from parcels.outlets import outlets_now
from web.answers.district import DistrictShown
from web.foundation.context import Ctx
from web.security.session import Anybody

router = APIRouter(prefix="/api/v1", tags=["寄递"])

_DIGITS = 6  # a tenth of a metre


@router.get("/district", operation_id="getDistrict", response_model=DistrictShown)
def district(_anybody: Anybody, ctx: Ctx) -> dict[str, Any]:
    """Outline and outlets of the district in WGS-84, to draw a map without a map service."""
    area = load_district()
    corners = [Point(lat=lat, lon=lon, datum=area.datum).to(Datum.WGS84) for lat, lon in area.outline]
    with ctx.database.read() as session:
        outlets = outlets_now(session)
    return {
        "name": area.name,
        "code": area.code,
        "datum": Datum.WGS84,
        "accuracyM": area.accuracy_m,
        "outline": [(round(point.lat, _DIGITS), round(point.lon, _DIGITS)) for point in corners],
        "outlets": [
            {
                "id": outlet.id,
                "name": outlet.name,
                "lat": round(outlet.point.to(Datum.WGS84).lat, _DIGITS),
                "lon": round(outlet.point.to(Datum.WGS84).lon, _DIGITS),
                "radiusM": outlet.radius_m,
            }
            for outlet in outlets
        ],
    }
