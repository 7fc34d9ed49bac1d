"""Bodies that a route reads itself, byte by byte: what the framework can't know, for the description."""

from typing import Any

from pydantic import BaseModel


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes JSON of this form; the schema itself comes from `web.openapi`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def file_of(*media_types: str) -> dict[str, Any]:
    """`content` of a file, going or coming."""
    return {"content": {media: {"schema": {"type": "string", "format": "binary"}} for media in media_types}}


def file_body_of(*media_types: str) -> dict[str, Any]:
    """`openapi_extra` of a route that takes a file."""
    return {"requestBody": {"required": True, **file_of(*media_types)}}
