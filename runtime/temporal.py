"""The one place where a Temporal client is made, and where a namespace gets what Kuayu needs in it."""

import asyncio
import atexit
import dataclasses
import functools
import time
from collections.abc import Sequence
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    RegisterNamespaceRequest,
)
from temporalio.client import Client, Interceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.service import RPCError, RPCStatusCode

from domain.naming import SEARCH_ATTRIBUTES
from runtime.codec import SealingCodec
from runtime.keys import KeyRing
from runtime.settings import Settings
from runtime.tls_settings import temporal_tls

RETENTION = timedelta(days=30)
_RETRY_S = 0.1
_SETTLE_S = 0.1


def data_converter(keys: KeyRing) -> DataConverter:
    """Pydantic JSON, encrypted, with failure messages encrypted too: for every client, worker and Replayer."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=SealingCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


@functools.cache
def settle_at_exit() -> None:
    """Give the SDK's threads a moment before the interpreter ends; whoever opens a connection calls this.

    A thread that hands over its last answer while Python ends aborts the process (temporalio/sdk-python#300): every
    second short command did, with the right answer printed and exit code 134. The SDK offers nothing to wait for.
    """
    atexit.register(time.sleep, _SETTLE_S)


async def connect(settings: Settings, *, interceptors: Sequence[Interceptor] = (), lazy: bool = False) -> Client:
    """A client of the settings' server and namespace. `lazy` connects at the first call instead of now.

    Raises:
        RuntimeError: of the SDK, when the server can't be reached and `lazy` is off.
    """
    settle_at_exit()
    return await Client.connect(
        settings.temporal_target,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(settings.codec_keys),
        interceptors=list(interceptors),
        lazy=lazy,
        tls=(None if settings.embedded else temporal_tls(settings.tls)) or False,
    )


async def is_serving(settings: Settings) -> bool:
    """Whether the server answers and the namespace is there."""
    try:
        client = await connect(settings)
        await _describe(client)
    except (RuntimeError, RPCError):  # the SDK raises RuntimeError where nothing listens
        return False
    return True


async def has_worker(settings: Settings, task_queue: str) -> bool:
    """Whether some worker polls the queue for workflow tasks right now."""
    try:
        client = await connect(settings)
        answer = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=task_queue),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
            )
        )
    except (RuntimeError, RPCError):
        return False
    return bool(answer.pollers)


async def prepare_namespace(settings: Settings, *, within_s: float = 30) -> None:
    """Make the namespace (30 days of retention) and its search attributes where they are missing; safe to repeat.

    Waits until they can be used.

    Raises:
        TimeoutError: they can't after `within_s` seconds.
        RuntimeError: of the SDK, when the server can't be reached.
    """
    client = await connect(settings)
    async with asyncio.timeout(within_s):
        await _ensure_namespace(client)
        await _ensure_search_attributes(client)


async def _describe(client: Client) -> None:
    await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))


async def _ensure_namespace(client: Client) -> None:
    asked = False
    while True:
        try:
            return await _describe(client)
        except RPCError as fault:
            if fault.status is not RPCStatusCode.NOT_FOUND:
                raise
        if not asked:
            asked = True
            await _register_namespace(client)
        await asyncio.sleep(_RETRY_S)  # the server's namespace cache learns of it a little later


async def _register_namespace(client: Client) -> None:
    retention = Duration()
    retention.FromTimedelta(RETENTION)
    request = RegisterNamespaceRequest(namespace=client.namespace, workflow_execution_retention_period=retention)
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as fault:
        if fault.status is not RPCStatusCode.ALREADY_EXISTS:  # another process was first
            raise


async def _ensure_search_attributes(client: Client) -> None:
    """A new namespace is NOT_FOUND here for some seconds more: a server's parts learn of it one after the other."""
    wanted = {name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind}") for name, kind in SEARCH_ATTRIBUTES.items()}
    while True:
        try:
            if not (missing := wanted.keys() - await _registered(client)):
                return
            request = AddSearchAttributesRequest(
                namespace=client.namespace, search_attributes={name: wanted[name] for name in missing}
            )
            await client.operator_service.add_search_attributes(request)
        except RPCError as fault:
            if fault.status not in (RPCStatusCode.ALREADY_EXISTS, RPCStatusCode.NOT_FOUND):
                raise
        await asyncio.sleep(_RETRY_S)


async def _registered(client: Client) -> set[str]:
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return set(answer.custom_attributes)
