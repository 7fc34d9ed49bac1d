"""告知信: what an applicant must know and no phone could be told, in an envelope of the hall."""

from datetime import datetime

from papers.content import day
from papers.sheet import Fields, Paper, Signatures, Words

_GREETING = "您好！您的办件有以下事项，请您知悉："
_CLOSING = "扫收件凭证上的二维码，或凭办件编号和领取码，可在进度查询页面查看办理情况；也可到大厅或来电询问。"


def letter(*, case_no: str, applicant: str, item: str, told: tuple[str, ...], at: datetime, clerk: str) -> Paper:
    """The letter to an applicant. `told`: a sentence each. The envelope is closed, so names stand in full."""
    rows = (("收信人", applicant), ("事项", item), ("办件编号", case_no))
    sentences = tuple(f"{number}. {sentence}" for number, sentence in enumerate(told, 1))
    return Paper(
        title="办理事项告知信",
        number=case_no,
        issued=day(at),
        blocks=(
            Fields(rows=rows),
            Words(sentences=(_GREETING, *sentences)),
            Words(sentences=(_CLOSING,)),
            Signatures(who=(f"经办人（{clerk}）",)),
        ),
    )
