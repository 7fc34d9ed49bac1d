"""What a parcel's labels say (面单、封签), from its leg; logistics.labels masks people before anything is printed."""

from datetime import datetime

from catalog import regions
from domain.dossier import Contact
from domain.terms import INTERREGIONAL_LEGS, Leg
from logistics.labels import DossierSeal, LabelParty, Waybill
from logistics.tracking import is_seal
from storage.parcels.legs import LegRow
from web.foundation.problems import Unprocessable

HALL = LabelParty(name="渝中区政务服务大厅", phone="", address="重庆市渝中区", is_person=False)


def waybill_of(leg: LegRow, contact: Contact | None, outlet: str | None, now: datetime) -> Waybill:
    """The waybill of a leg. `outlet`: the name of the outlet that serves the door.

    Raises:
        Unprocessable: there is no number yet (`NO_NUMBER`), or no address to go to (`NO_ADDRESS`).
    """
    if leg.tracking_no is None:
        raise Unprocessable("还没有邮件号，稍后再打印面单", code="NO_NUMBER")
    other = _authority(leg) if Leg(leg.leg) in INTERREGIONAL_LEGS else _person(contact)
    outward = leg.leg in (Leg.FORWARD, Leg.DELIVERY)
    sender, receiver = (HALL, other) if outward else (other, HALL)
    near = f"渝中 · {outlet}网点" if outlet else "渝中"
    route = receiver.name if Leg(leg.leg) in INTERREGIONAL_LEGS else near
    return Waybill(
        number=leg.tracking_no,
        leg=Leg(leg.leg),
        sender=sender,
        receiver=receiver,
        route=route[:24],
        papers=_pieces(leg),
        seal_no=leg.seal_no,
        printed_at=now,
    )


def seal_of(leg: LegRow, now: datetime) -> DossierSeal:
    """The seal label of a leg's dossier.

    Raises:
        Unprocessable: it is not sealed yet, or by somebody else's seal (`NO_SEAL`).
    """
    if leg.tracking_no is None or leg.seal_no is None or not is_seal(leg.seal_no):
        raise Unprocessable("这件邮件还没有本厅的封签号", code="NO_SEAL")
    return DossierSeal(
        seal_no=leg.seal_no, number=leg.tracking_no, leg=Leg(leg.leg), papers=_pieces(leg), sealed_at=now
    )


def _person(contact: Contact | None) -> LabelParty:
    if contact is None:
        raise Unprocessable("这件邮件没有上门地址", code="NO_ADDRESS")
    return LabelParty(name=contact.contact_name, phone=contact.contact_phone, address=contact.address)


def _authority(leg: LegRow) -> LabelParty:
    region = regions.find(leg.region)
    place = region.full_name if region else leg.region
    return LabelParty(name=f"{place}政务服务大厅", phone="", address=place, is_person=False)


def _pieces(leg: LegRow) -> int:
    return sum(int(line["count"]) for line in leg.manifest)
