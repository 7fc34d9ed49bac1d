"""A hall where only enrolled devices may scan, its outlets' people, and devices of theirs."""

import json
from dataclasses import replace

from domain.terms import Role
from tests.soft_device import SoftDevice

OUTLET, OTHER = "shiyoulu", "datongjie"
NUMBER = "1200000000001"


def only_enrolled(hall, devices="enrolled"):
    settings = hall.context.settings.model_copy(update={"devices": devices})
    hall.context = hall.app.state.context = replace(hall.context, settings=settings)


def keeper(hall, outlet=OUTLET):
    return named(hall, outlet, Role.OUTLET)


def courier(hall, name=f"{OUTLET}-1"):
    return named(hall, name, Role.COURIER)


def named(hall, name, role):
    """Somebody of the outlet that his name begins with; a courier is the one of this name."""
    return hall.as_user(name, role, name.partition("-")[0], name if role is Role.COURIER else None)


def code_for(hall, client=None, **more):
    said = {"name": "1号手持机", "outletId": OUTLET} | more
    answer = (client or keeper(hall)).post("/api/v1/devices:invite", json=said)
    assert answer.status_code == 201, answer.text
    return answer.json()["code"]


def enrolled(hall, client=None, device_id="web-0123456789abcdef", **more):
    """A device that is enrolled, by a courier of the outlet unless another is given."""
    device = SoftDevice(device_id, lambda: hall.now)
    answer = device.enrol(client or courier(hall), code_for(hall, **more))
    assert answer.status_code == 201, answer.text
    return device


def scan(hall, seq=1, **more):
    plain = {"eventId": f"event-{seq:04d}", "deviceSeq": seq, "occurredAt": hall.now.isoformat(), "kind": "EN_ROUTE"}
    return {**plain, "code": NUMBER, "epoch": 1, **more}


def batch(device_id, *events):
    return json.dumps({"deviceId": device_id, "events": list(events)}).encode()
