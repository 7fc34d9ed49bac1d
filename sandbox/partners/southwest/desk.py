"""What a province does with each row of ours: checks, effects, and the code for the receipt (contracts.md B "Row")."""

import hashlib
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from sandbox import forms
from sandbox.engine import Engine
from sandbox.partners.southwest.crypto import instant
from sandbox.partners.southwest.schema import DATA, Apply, Delivered, Row, Supplement
from sandbox.partners.southwest.strict import NotJson, id_number_is_right, is_case_number, strict_json

OK = "000000000000"
_NAME: Literal["southwest"] = "southwest"


class Read(NamedTuple):
    """A row that has its form. `kind` is None for a type or state that nobody knows."""

    row: Row
    kind: str | None
    data: Any


class Refused(Exception):
    """The row's code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Desk:
    """Judges rows and tells the engine. Call under the engine's lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store = engine.store

    def take(self, line: bytes, number: int, province: str) -> tuple[str, str]:
        """(row_guid, code) for the receipt."""
        guid = f"#{number}"
        try:
            content = strict_json(line)
            if isinstance(content, dict) and isinstance(content.get("row_guid"), str):
                guid = content["row_guid"][:64] or guid
            return guid, self._judge(_read(content), line, province)
        except (NotJson, ValidationError):
            return guid, "SW200101"
        except Refused as refused:
            return guid, refused.code

    def _judge(self, read: Read, line: bytes, province: str) -> str:
        row = read.row
        if row.cd_operation == "D" or read.kind is None:
            return OK
        key = f"{row.row_guid}:{row.cd_time}"
        self._engine.effects.attempt(_NAME, key, read.kind, row.project_no)
        _check_ids(read.data)
        case = self._engine.case(row.project_no)
        region = read.data.handlingRegion if isinstance(read.data, Apply) else case.region if case else None
        if region is not None and region[:2] != province[:2]:
            return "SW200401"
        if case is None and not isinstance(read.data, Apply):
            return "SW200201"  # the caller parks it if it is to come
        self._check_files(read.data)
        if self._known(key, line):
            return OK
        self._check_time(row)
        if not self._act(read, province):
            return "SW200202"
        self._store.put("sw_row", key, hashlib.sha256(line).hexdigest())
        self._store.put("sw_time", row.project_no, row.cd_time)
        self._engine.effects.effect(_NAME, key, read.kind, row.project_no)
        return OK

    def _known(self, key: str, line: bytes) -> bool:
        before = self._store.get("sw_row", key)
        if before is not None and before != hashlib.sha256(line).hexdigest():
            raise Refused("SW100402")
        return before is not None

    def _check_time(self, row: Row) -> None:
        before = self._store.get("sw_time", row.project_no)
        if before is not None and _moment(row.cd_time) <= _moment(before):
            raise Refused("SW200301")

    def _check_files(self, data: Any) -> None:
        named = [material.sha256 for material in getattr(data, "materials", [])]
        named += [data.proofSha256] if isinstance(data, Delivered) else []
        if any(sha256 and self._store.get_bytes("sw_file", sha256) is None for sha256 in named):
            raise Refused("SW200101")

    def _act(self, read: Read, province: str) -> bool:
        row, data, engine = read.row, read.data, self._engine
        match read.kind:
            case "submit":
                return self._submit(row, data, province)
            case "supplement":
                assert isinstance(data, Supplement)  # noqa: S101 – by the table of shapes
                return engine.supplement(row.project_no, data.round, data.parcel is not None)
            case "withdraw":
                return engine.withdraw(row.project_no)
            case _:
                said = data.model_dump(mode="json")
                told = {"notice": read.kind, "occurredAt": said.pop("occurredAt"), "payload": said}
                engine.notice(row.project_no, told)
                return True

    def _submit(self, row: Row, data: Apply, province: str) -> bool:
        if not is_case_number(row.project_no):
            raise Refused("SW200101")
        if self._engine.case(row.project_no) is not None:
            return False
        self._engine.submit(
            _NAME,
            row.project_no,
            phone=data.applicant.phone,
            item_code=row.task_code,
            item_name=data.itemName,
            mode=data.mode,
            region=data.handlingRegion,
            partner_no=f"{province[:2]}-{row.project_no[6:20]}",
            has_parcel=data.parcel is not None,
            extra={"province": province},
        )
        forms.keep(self._store, row.project_no, data.form.model_dump() if data.form else None)
        return True


def _read(content: Any) -> Read:
    row = Row.model_validate(content)
    kind, shape = DATA.get((row.type, row.state), (None, None))
    if shape is None or row.cd_operation == "D":
        return Read(row, kind if shape else None, None)
    return Read(row, kind, shape.model_validate(row.data))


def _check_ids(data: Any) -> None:
    people = [data.applicant, data.agent] if isinstance(data, Apply) else []
    if any(person and not id_number_is_right(person.idType, person.idNumber) for person in people):
        raise Refused("SW200102")


def _moment(text: str) -> datetime:
    return instant(text)
