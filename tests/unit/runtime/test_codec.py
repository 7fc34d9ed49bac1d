import base64

import pytest
from cryptography.exceptions import InvalidTag
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from domain.errors import Misconfigured
from runtime.codec import SealingCodec
from runtime.keys import KeyRing
from runtime.temporal import data_converter

OLD, NEW = (f"{name}:{base64.b64encode(name[0].encode() * 32).decode()}" for name in ("old", "new"))
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data='"渝中区"'.encode())


def ring(*keys: str) -> KeyRing:
    return KeyRing.model_validate(",".join(keys))


async def _roundtrip(writer: SealingCodec, reader: SealingCodec) -> Payload:
    return (await reader.decode(await writer.encode([PLAIN])))[0]


async def test_nothing_readable_is_left():
    [sealed] = await SealingCodec(ring(OLD)).encode([PLAIN])
    assert "渝中区".encode() not in sealed.SerializeToString()
    assert b"json/plain" not in sealed.SerializeToString()
    assert sealed.metadata["kid"] == b"old"
    assert await _roundtrip(SealingCodec(ring(OLD)), SealingCodec(ring(OLD))) == PLAIN


async def test_equal_payloads_never_look_equal():
    first, second = await SealingCodec(ring(OLD)).encode([PLAIN, PLAIN])
    assert first.data != second.data


async def test_a_new_key_takes_over_and_the_old_one_still_reads():
    assert await _roundtrip(SealingCodec(ring(OLD)), SealingCodec(ring(NEW, OLD))) == PLAIN
    [sealed] = await SealingCodec(ring(NEW, OLD)).encode([PLAIN])
    assert sealed.metadata["kid"] == b"new"


async def test_a_lost_key_is_named():
    with pytest.raises(Misconfigured, match="'old'"):
        await _roundtrip(SealingCodec(ring(OLD)), SealingCodec(ring(NEW)))


async def test_a_changed_payload_is_not_believed():
    [sealed] = await SealingCodec(ring(OLD)).encode([PLAIN])
    sealed.data = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])
    with pytest.raises(InvalidTag):
        await SealingCodec(ring(OLD)).decode([sealed])


async def test_another_keys_id_is_not_believed():
    same_secret = OLD.replace("old:", "other:")
    [sealed] = await SealingCodec(ring(OLD)).encode([PLAIN])
    sealed.metadata["kid"] = b"other"
    with pytest.raises(InvalidTag):
        await SealingCodec(ring(OLD, same_secret)).decode([sealed])


async def test_payloads_from_before_the_codec_pass_through():
    assert await SealingCodec(ring(OLD)).decode([PLAIN]) == [PLAIN]


async def test_failures_are_encrypted_too():
    converter = data_converter(ring(OLD))
    failure = Failure()
    await converter.encode_failure(ApplicationError("张三 has no phone", "detail of 张三"), failure)
    assert "张三".encode() not in failure.SerializeToString()
    assert "张三 has no phone" in str(await converter.decode_failure(failure))
