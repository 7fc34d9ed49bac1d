"""What cannot be shown."""

from domain.errors import BadInput, NotFound


def unreadable() -> BadInput:
    """The error for a document that nothing of ours can show; code `DOCUMENT_UNREADABLE`."""
    return BadInput("这份文件在这里打不开，请下载原件查看", code="DOCUMENT_UNREADABLE")


def no_such_page() -> NotFound:
    """The error for a page behind the last one; code `PAGE_UNKNOWN`."""
    return NotFound("没有这一页", code="PAGE_UNKNOWN")
