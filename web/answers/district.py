"""The district as a map draws it."""

from domain.terms import Datum
from web.answers.base import Answer


class OutletPlace(Answer):
    """An outlet's place in degrees; `radiusM`: of its circle, metres."""

    id: str
    name: str
    lat: float
    lon: float
    radius_m: int


class DistrictShown(Answer):
    """`outline`: corners (latitude, longitude) of a simple polygon, the last joins the first; good to `accuracyM`."""

    name: str
    code: str
    datum: Datum
    accuracy_m: int
    outline: list[tuple[float, float]]
    outlets: list[OutletPlace]
