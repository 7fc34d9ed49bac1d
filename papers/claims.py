"""Papers of a claim (理赔文书): the request to the carrier, and the proof of loss with which a paper is reissued.

Each says only what its reader needs: the carrier no item and nobody's number, an issuer one paper and its holder.
"""

from datetime import datetime

from domain.model import Frozen
from papers.content import day, moment
from papers.facts import Party
from papers.sheet import OFFICE, Block, Fields, Grid, Paper, Signatures, Words


class LostPaper(Frozen):
    """A paper that a claim names; `form` and `bearer` in Chinese, `count`: pieces."""

    name: str
    form: str
    count: int
    issuer: str
    how: str
    bearer: str


class ClaimFacts(Frozen):
    """What the papers of a claim are written from; words in Chinese, sums as people read them, "" where not known.

    `what`: 丢失, 损毁 …; `leg`: which way the parcel went; `person`: who sent or was to get it, masked, "" between
    halls. `most`: the law's own sentence about the sum. `inquiry_no`: the carrier's, "" before it was asked.
    """

    claim_id: str
    case_no: str
    what: str
    leg: str
    tracking_no: str
    service: str
    behalf: str
    person: str
    posted_at: datetime
    opened_at: datetime
    insured: str
    postage: str
    asked: str
    most: str
    facts: tuple[str, ...]
    papers: tuple[LostPaper, ...]
    documents: int
    inquiry_no: str
    clerk: str
    phone: str


def inquiry(claim: ClaimFacts) -> Paper:
    """邮件查询赔偿申请书: asks where the parcel is, and for what the law gives (邮政法第四十七条、第四十九条)."""
    rows = [
        ("申请单位", f"{OFFICE}（{claim.behalf}）"),
        ("联系电话", claim.phone),
        ("邮件号", claim.tracking_no or "—"),
        ("邮件种类", claim.service),
        ("寄递区段", claim.leg),
        ("交寄时间", moment(claim.posted_at)),
        ("查询事由", claim.what),
    ]
    told = (("收寄件人", claim.person), ("保价额", claim.insured), ("资费", claim.postage))
    rows += [(label, value) for label, value in told if value]
    blocks: list[Block] = [Fields(rows=tuple(rows))]
    if claim.papers:
        lines = tuple((paper.name, paper.form, str(paper.count)) for paper in claim.papers)
        blocks.append(Words(heading="涉及的内件", sentences=()))
        blocks.append(Grid(header=("名称", "形式", "份数"), rows=lines, widths=(0.64, 0.2, 0.16)))
    if claim.facts:
        numbered = tuple(f"{number}. {fact}" for number, fact in enumerate(claim.facts, 1))
        blocks.append(Words(heading="已知情况", sentences=numbered))
    asked = f"赔偿{claim.asked}。" if claim.asked else "承担有关材料的补办费用。"
    blocks.append(Words(heading="请求", sentences=(
        "一、请查明邮件下落和责任，在法定期限内书面告知查询结果：一般为三十日，边远地区为六十日（邮政法第四十九条）。",
        f"二、查复期满未查到，或者查明确有丢失、损毁、内件短少的，请依法{asked}",
        f"赔偿依据：{claim.most}。",
        f"附证明文件{claim.documents}份。" if claim.documents else "证明文件另附。",
    )))  # fmt: skip
    blocks.append(Signatures(who=(f"申请单位经办人（{claim.clerk}）", "邮政受理人（查询编号）")))
    return Paper(title="邮件查询赔偿申请书", number=claim.case_no, issued=day(claim.opened_at), blocks=tuple(blocks))


def loss_proof(claim: ClaimFacts, paper: LostPaper, holder: Party) -> Paper:
    """丢失证明: with it one paper is reissued. `holder`: its number masked; he shows his own document there."""
    rows = (
        ("材料名称", f"{paper.name}（{paper.form}）{paper.count}份"),
        ("持有人", holder.name),
        ("证件", f"{holder.id_type} {holder.number}"),
        ("邮件号", claim.tracking_no or "—"),
        ("交寄时间", moment(claim.posted_at)),
        ("情况", f"上列材料经由政务服务寄递途中{claim.what}"),
        *((("邮政查询编号", claim.inquiry_no),) if claim.inquiry_no else ()),
    )
    told = (
        f"特此证明，供持有人向{paper.issuer}申请补发使用。补办方式：{paper.how}。",
        f"材料非因持有人的原因{claim.what}，补办所需费用由{paper.bearer}承担，请勿向持有人收取。",
        f"需要核实或者结算费用的，请与本中心联系，电话{claim.phone}。",
        "原件以后找到的，由本中心收回并交原签发机关处理。",
    )
    return Paper(
        title="材料丢失证明" if claim.what != "损毁" else "材料损毁证明",
        number=claim.case_no,
        issued=day(claim.opened_at),
        blocks=(Fields(rows=rows), Words(sentences=told), Signatures(who=(f"{OFFICE}（{claim.clerk}，盖章）",))),
    )
