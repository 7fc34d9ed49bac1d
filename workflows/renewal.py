"""When a workflow goes on in a new run, so that no history grows without bound (continue-as-new)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import policies


def renewal_due() -> bool:
    """Whether the history is long enough for a new run: `policies.RENEW_AT_EVENTS`, or the server suggests it.

    Those that had grown long before there was a bound wait for the server.
    """
    info = workflow.info()
    if info.is_continue_as_new_suggested():
        return True
    long = info.get_current_history_length() >= policies.RENEW_AT_EVENTS
    return long and workflow.patched("renewed-before-the-server-asks")


async def moment_of_rest() -> None:
    """A place where a new run may begin, if one is due: who takes one event after the other leaves no other gap."""
    if renewal_due():
        await workflow.wait_condition(lambda: True)  # looked at after what waits for a renewal
