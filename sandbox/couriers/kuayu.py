"""Kuayu as a courier's device sees it: the public HTTP interface and nothing else."""

import logging
import threading
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Literal

import requests

from sandbox.couriers.geo import Place
from sandbox.couriers.journeys import Job

log = logging.getLogger(__name__)
Role = Literal["courier", "clerk"]
TIMEOUT_S = (3, 30)
WAIT_S = 15


class Refused(Exception):
    """Kuayu has said no to the whole request; `status` is its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status}: {text[:200]}")
        self.status = status


class Kuayu:
    """Logs in per role when needed. Thread-safe. Raises Refused, requests.RequestException."""

    def __init__(self, base_url: str, password: str = "demo") -> None:  # noqa: S107 – public demo users
        self._base_url = base_url.rstrip("/")
        self._password = password
        self._tokens: dict[str, str] = {}
        self._local = threading.local()

    def outlets(self) -> dict[str, Place]:
        """Every outlet's place."""
        answer = self._json("GET", "/api/v1/outlets")
        listed = answer if isinstance(answer, list) else answer.get("outlets", answer.get("items", []))
        places = {}
        for outlet in listed:
            point = outlet.get("point") or outlet
            places[str(outlet["id"])] = Place(float(point["lat"]), float(point["lon"]))
        return places

    def worklist(self, outlet_id: str) -> list[Job]:
        """The jobs of one outlet that have a courier and a point on the map."""
        scale, jobs = self.raw_worklist(outlet_id, "courier")
        return [_job(outlet_id, entry, scale) for entry in jobs if _ready(entry)]

    def raw_worklist(self, outlet_id: str, role: Role) -> tuple[float, list[dict[str, Any]]]:
        """(time scale, jobs as they are on the wire), of all pages."""
        path = f"/api/v1/outlets/{outlet_id}/worklist"
        answer = self._json("GET", path, role=role)
        scale, jobs = float(answer.get("timeScale") or 1), answer["jobs"]
        while answer.get("next"):
            answer = self._json("GET", path, role=role, params={"after": answer["next"]})
            jobs += answer["jobs"]
        return scale, jobs

    def await_change(self, known: str) -> str:
        """The version of the work lists: at once where it is not the one that is `known`, else after `WAIT_S`."""
        asked = {"known": known, "wait": WAIT_S}
        return str(self._json("GET", "/api/v1/worklists/changes", params=asked)["version"])

    def post_scans(self, device_id: str, events: list[dict[str, Any]], role: Role) -> dict[str, Any]:
        """One batch, as interfaces.md has it."""
        body = {"deviceId": device_id, "events": events}
        answer: dict[str, Any] = self._json("POST", "/api/v1/scans:batch", role=role, json=body)
        return answer

    def put_document(self, sha256: str, data: bytes) -> None:
        """The photo or signature of a proof; content-addressed, so repeating it is harmless."""
        headers = {"Content-Type": "image/png"}
        self._send("PUT", f"/api/v1/documents/{sha256}", "courier", data=data, headers=headers)

    def _json(self, method: str, path: str, *, role: Role = "courier", **more: Any) -> Any:
        return self._send(method, path, role, **more).json()

    def _send(self, method: str, path: str, role: Role, **more: Any) -> requests.Response:
        headers = dict(more.pop("headers", {}))
        for _ in range(2):
            headers["Authorization"] = f"Bearer {self._tokens.get(role) or self._login(role)}"
            answer = self._session().request(
                method, self._base_url + path, timeout=TIMEOUT_S, headers=headers, allow_redirects=False, **more
            )
            if answer.status_code != 401:
                break
            self._tokens.pop(role, None)  # the web process was started anew, or the session is over
        if not answer.ok:
            raise Refused(answer.status_code, answer.text)
        return answer

    def _login(self, role: Role) -> str:
        body = {"username": role, "password": self._password}
        answer = self._session().post(f"{self._base_url}/api/v1/login", json=body, timeout=TIMEOUT_S)
        if not answer.ok:
            raise Refused(answer.status_code, answer.text)
        self._tokens[role] = str(answer.json()["token"])
        return self._tokens[role]

    def _session(self) -> requests.Session:
        """One per thread: a session is not made for several."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            # The login also sets a session cookie; a device uses its token only.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._local.session = session
        return session


def _ready(entry: dict[str, Any]) -> bool:
    """Whether somebody is to go, with a waybill, to a point on the map."""
    address = entry.get("address") or {}
    return bool(entry.get("courierId") and entry.get("trackingNo") and address.get("lat") is not None)


def _job(outlet_id: str, entry: dict[str, Any], scale: float) -> Job:
    address = entry["address"]
    return Job(
        outlet_id=outlet_id,
        leg_id=entry["legId"],
        leg=entry["leg"],
        tracking_no=entry["trackingNo"],
        epoch=int(entry["epoch"]),
        stage=entry["stage"],
        courier_id=str(entry["courierId"]),
        planned_at=entry.get("plannedArrivalAt") or entry.get("orderedAt") or "",
        door=Place(float(address["lat"]), float(address["lon"])),
        datum=address.get("datum") or "WGS-84",
        phone_tail=(entry.get("contact") or {}).get("phoneTail") or "",
        papers=tuple(entry.get("papers") or ()),
        seal_no=entry.get("sealNo"),
        time_scale=scale,
    )
