"""What each paper says, block by block (文书内容). Sentences follow the rules named beside them."""

from datetime import datetime

from catalog.workdays import SHANGHAI
from papers.facts import CaseFacts, GapNotice, Item, Owed, PaperKind, Party, Round
from papers.sheet import Block, Fields, Grid, Paper, Signatures, SquareCode, Words

_LIMITS = "具体以办理地受理后的告知为准。"
_GRADES = "等级：A电子证照，B窗口已核对原件，C申请人上传，D申请人自制或承诺。"


def receipt(case: CaseFacts, address: str = "") -> Paper:
    """收件凭证: what came in, when, and what that does and does not mean (收件≠受理).

    `address`: where the applicant follows the case, printed as a square code; "" for none.
    """
    rows = [
        *_matter(case),
        ("收件渠道", case.channel),
        ("收件时间", moment(case.taken_at)),
        ("时限起算", f"{case.counts_from}（收件当日不计，遇休息日顺延）"),
        ("办理时限", f"{_limits(case.item)}；{_LIMITS}"),
    ]
    told = ["本凭证证明窗口已收到上列材料；是否受理由办理地决定，办理时限自办理地受理之日起算。"]
    if case.result_code:
        rows.append(("领取码", case.result_code))
        told.append(
            "凭办件编号和领取码，可在进度查询页面查看进度、下载电子结果。二维码和领取码请勿给他人；遗失请到窗口更换。"
        )
    if case.handover_codes:
        rows.append(("交接码", "；".join(f"{what} {code}" for what, code in case.handover_codes)))
        told.append("交接材料时把交接码告诉工作人员，之前请勿告诉他人；上门未成的会更换，以进度查询页面为准。")
    if case.materials:
        told.append(f"可信{_GRADES}")
    if case.deferred:
        told.append(f"以下材料容缺，请在期限前补交，补齐前不发放办理结果：{_listed(case.deferred)}。")
    if case.committed:
        told.append(f"以下材料以告知承诺代替，办结后将核查：{_listed(case.committed)}。")
    followed = (SquareCode(address=address, sentences=("扫码查进度，无需登录。",)),) if address else ()
    paper = _paper(PaperKind.RECEIPT, case, Fields(rows=tuple(rows)), _materials(case), Words(sentences=tuple(told)),
                   *followed, Signatures(who=(f"收件人（{case.clerk}，收件专用章）", "申请人（代办人）")))  # fmt: skip
    return paper.model_copy(update={"one_sheet": True})


def notice(told: CaseFacts | GapNotice) -> Paper:
    """一次性告知书: every gap at once, on the spot or within five days (行政许可法第三十二条).

    Of a case: its supplement rounds; before there is a case: what the form check found.
    """
    return _gaps(told) if isinstance(told, GapNotice) else _supplements(told)


def commitment(case: CaseFacts) -> Paper:
    """容缺受理通知书、告知承诺书: what is owed and until when, what is promised instead, what breaking it costs."""
    blocks: list[Block] = [Fields(rows=tuple(_matter(case)))]
    if case.deferred:
        rows = tuple((str(o.seq), o.name, o.form, moment(o.due_at) if o.due_at else "") for o in case.deferred)
        told = "主要材料齐全有效，先行收件办理。下列容缺材料请按期补交："
        blocks.append(Words(heading="一、容缺受理通知", sentences=(told,)))
        header = ("序号", "材料名称", "形式", "补交期限")
        blocks.append(Grid(header=header, rows=rows, widths=(0.1, 0.45, 0.13, 0.32)))
        blocks.append(Words(sentences=(
            "补交可到窗口、邮寄或网上提交，以材料到达办理机关之日为准。",
            "补齐前不发放办理结果；逾期未补交的，办理机关可依法终止办理或撤销决定，并记入信用记录。",
        )))  # fmt: skip
    if case.committed:
        promises = tuple((str(o.seq), o.name) for o in case.committed)
        heading = "二、告知承诺" if case.deferred else "一、告知承诺"
        blocks.append(Words(heading=heading, sentences=("下列证明以书面承诺代替，不再索要（国办发〔2020〕42号）：",)))
        blocks.append(Grid(header=("序号", "证明名称"), rows=promises, widths=(0.12, 0.88)))
        blocks.append(Words(sentences=(
            "窗口已告知证明义务、证明内容和不实承诺的法律责任。",
            "办结后将进行核查；承诺不实的，依法撤销决定，并记入信用记录。",
        )))  # fmt: skip
    promise = "本人（单位）已知晓以上内容，承诺所述真实，符合办理条件，并愿承担不实承诺的法律责任。"
    copies = "本通知及承诺书一式两份，窗口和申请人各执一份。"
    blocks.append(Words(heading="申请人承诺", sentences=(promise, copies)))
    blocks.append(Signatures(who=("申请人（签名或盖章）", f"告知人（{case.clerk}）")))
    paper = _paper(PaperKind.COMMITMENT, case, *blocks)
    return paper if case.deferred else paper.model_copy(update={"title": "告知承诺书"})


def decision(case: CaseFacts) -> Paper:
    """不予受理决定书、不予许可决定书: the reason, the legal basis and the way to appeal.

    行政许可法第三十二条、第三十八条; limits: sixty days (行政复议法第二十条), six months (行政诉讼法第四十六条).
    """
    blocks: list[Block] = [Fields(rows=tuple(_matter(case)))]
    for refused in case.refusals:
        rows = (
            ("办理编号", refused.handling_no),
            ("决定机关", refused.authority or refused.place),
            ("决定时间", moment(refused.decided_at)),
            ("决定", refused.title.removesuffix("书")),
            ("理由", refused.reason or "以办理机关送达的文书为准"),
            ("法律依据", refused.legal_basis or "以办理机关送达的文书为准"),
        )
        blocks.append(Fields(rows=rows))
        blocks += _checked_at(refused.check_at)
    blocks.append(Words(heading="救济途径", sentences=(
        "不服本决定的，可以自知道本决定之日起六十日内依法申请行政复议，",
        "也可以自知道本决定之日起六个月内依法直接向人民法院提起行政诉讼。",
    )))  # fmt: skip
    blocks.append(Words(sentences=("本文书由收件窗口按办理机关通过网络送达的决定打印，用于告知申请人。",)))
    blocks.append(Signatures(who=(f"告知人（{case.clerk}，收件专用章）", "申请人（代办人）")))
    titles = {refused.title for refused in case.refusals}
    paper = _paper(PaperKind.DECISION, case, *blocks)
    return paper.model_copy(update={"title": titles.pop()}) if len(titles) == 1 else paper


def electronic_result(case: CaseFacts) -> Paper:
    """电子结果验证单: printed with an electronic result, so that whoever is given both can check them (核验)."""
    blocks: list[Block] = [Fields(rows=tuple(_matter(case)))]
    for proof in case.proofs:
        rows = (
            ("办理编号", proof.handling_no),
            ("结果名称", proof.name),
            ("文号", proof.document_no or "—"),
            ("作出机关", proof.authority or proof.place),
            ("作出时间", moment(proof.decided_at)),
            ("文件校验码", f"SHA-256　{proof.sha256[:16]}…"),
        )
        blocks.append(Fields(rows=rows))
        blocks += _checked_at(proof.check_at)
    blocks.append(Words(sentences=("本单不代替电子结果本身，请与电子结果的打印件一并使用。",)))
    return _paper(PaperKind.RESULT, case, *blocks)


def _checked_at(address: str) -> list[Block]:
    if not address:
        return []
    told = (
        "扫描左侧二维码，可核验本文书是否有效。",
        "请确认打开的网址与下面一致，并核对机关、日期和校验码；显示已变更或撤销的，请勿采信。",
        address,
    )
    return [SquareCode(address=address, sentences=told)]


def extension(case: CaseFacts) -> Paper:
    """延长办理期限告知书: by how many days, until when, and the reason, which is owed to the applicant (§42)."""
    blocks: list[Block] = [Fields(rows=tuple(_matter(case)))]
    for longer in case.extensions:
        rows = (
            ("办理编号", longer.handling_no),
            ("办理机关", longer.authority),
            ("告知时间", moment(longer.told_at)),
            ("延长期限", f"{longer.workdays}个工作日"),
            ("延长理由", longer.reason),
            ("承诺办理期限至", day(longer.promised_until) if longer.promised_until else "以办理地告知为准"),
            ("法定办理期限至", day(longer.statutory_until) if longer.statutory_until else "以办理地告知为准"),
        )
        blocks.append(Fields(rows=rows))
    blocks.append(Words(sentences=(
        "行政机关在期限内不能作出决定的，经负责人批准可以延长，并应当将延长的理由告知申请人（行政许可法第四十二条）。",
        "听证、检验、检测、鉴定和专家评审等特别程序所需时间不计入上列期限（行政许可法第四十五条）。",
        "本文书由收件窗口按办理机关通过网络送达的告知打印，用于告知申请人。",
    )))  # fmt: skip
    blocks.append(Signatures(who=(f"告知人（{case.clerk}，收件专用章）", "申请人（代办人）")))
    return _paper(PaperKind.EXTENSION, case, *blocks)


def delivery(case: CaseFacts) -> Paper:
    """送达回证: what was served, how, when, and who signed (行政许可法第四十四条)."""
    rows = tuple((r.handling_no, r.decision, r.name, r.form, r.document_no) for r in case.results)
    papers = Grid(
        header=("办理编号", "结论", "结果名称", "形式", "文号"), rows=rows, widths=(0.27, 0.13, 0.26, 0.12, 0.22)
    )
    served = case.service
    how = [("送达方式", served.way if served else "　")]
    if served is not None and served.tracking_no:
        how.append(("邮件号码", served.tracking_no))
    how.append(("送达时间", moment(served.served_at) if served and served.served_at else "　"))
    how.append(("签收人", served.signer if served and served.signer else "　"))
    told = Words(sentences=("受送达人签名即表示已收到上列结果；代收的，请注明与受送达人的关系。",))
    signed = Signatures(who=("受送达人（代收人）", "送达人"))
    return _paper(PaperKind.DELIVERY, case, Fields(rows=tuple(_matter(case))), papers, Fields(rows=tuple(how)),
                  told, signed)  # fmt: skip


def dossier_list(case: CaseFacts) -> Paper:
    """卷宗目录: everything in the dossier, in order, with the first digits of each scan's SHA-256."""
    rows = [
        (str(n), m.name, m.form, m.provided, str(m.pages), m.grade, m.source, m.sha256[:12] if m.sha256 else "—")
        for n, m in enumerate(case.materials, start=1)
    ]
    start = len(rows)
    rows += [
        (str(n), r.name or r.decision, r.form, "办理结果", "—", "—", r.handling_no[-7:], r.document_no or "—")
        for n, r in enumerate(case.results, start=start + 1)
    ]
    grid = Grid(
        header=("序号", "名称", "形式", "提供方式", "页数", "等级", "来源", "扫描件校验码/文号"),
        rows=tuple(rows),
        widths=(0.08, 0.26, 0.1, 0.12, 0.08, 0.08, 0.12, 0.16),
    )
    told = Words(sentences=(
        f"共{len(rows)}项。{_GRADES}",
        "原件由办理地归档，收件地留存扫描件和办理记录。",
    ))  # fmt: skip
    return _paper(PaperKind.DOSSIER, case, Fields(rows=tuple(_matter(case))), grid, told,
                  Signatures(who=("立卷人", "检查人")))  # fmt: skip


def _gaps(told: GapNotice) -> Paper:
    rows = (*_item(told.item), ("申请人", told.applicant or "　"), ("告知时间", moment(told.told_at)))
    return Paper(
        title=PaperKind.NOTICE.heading,
        number=None,
        issued=day(told.told_at),
        blocks=(
            Fields(rows=rows),
            Words(heading="经形式审查，请补齐或更正以下全部内容：", sentences=told.sentences),
            Words(sentences=("补齐后即可收件，不会再要求其他材料。（行政许可法第三十二条：一次告知全部内容）",)),
            Signatures(who=("告知人（窗口）", "申请人（代办人）")),
        ),
    )


def _supplements(case: CaseFacts) -> Paper:
    blocks: list[Block] = [Fields(rows=tuple(_matter(case)))]
    for asked in case.rounds:
        blocks += _round(asked)
    blocks.append(Words(sentences=("补正材料可到窗口提交，也可预约上门取件；补齐前暂不计算办理时限。",)))
    blocks.append(Signatures(who=(f"告知人（{case.clerk}）", "申请人（代办人）")))
    return _paper(PaperKind.NOTICE, case, *blocks)


def _round(asked: Round) -> list[Block]:
    due = moment(asked.due_at) if asked.due_at else "以办理地告知为准"
    rows = (("办理编号", asked.handling_no), ("告知机关", asked.authority),
            ("告知时间", moment(asked.told_at)), ("补正期限", due), ("补正原因", asked.reason))  # fmt: skip
    wanted = tuple(f"{n}. {name}" for n, name in enumerate(asked.materials, start=1))
    blocks: list[Block] = [
        Fields(rows=rows),
        Words(heading=f"第{asked.number}次补正，需要以下全部材料：", sentences=wanted),
    ]
    if asked.papers:
        lines = tuple((paper.name, paper.form, str(paper.count)) for paper in asked.papers)
        blocks.append(Grid(header=("材料名称", "形式", "份数"), rows=lines, widths=(0.64, 0.2, 0.16)))
    return blocks


def _materials(case: CaseFacts) -> Grid:
    return Grid(
        header=("序号", "材料名称", "形式", "提供方式", "页数", "可信等级"),
        rows=tuple((str(m.seq), m.name, m.form, m.provided, str(m.pages), m.grade) for m in case.materials),
        widths=(0.09, 0.41, 0.13, 0.15, 0.09, 0.13),
    )


def _matter(case: CaseFacts) -> list[tuple[str, str]]:
    """The lines that every paper of a case begins with."""
    rows = [("办件编号", case.case_no), *_item(case.item), ("申请人", _party(case.applicant))]
    if case.agent is not None:
        rows.append(("代办人", _party(case.agent)))
    for place in case.places:
        role = f"（{place.role}）" if place.role else ""
        rows.append(("办理地", f"{place.region}{role}　{place.scheme}　{place.mode}　{place.handling_no}"))
    return rows


def _item(item: Item) -> tuple[tuple[str, str], ...]:
    return (("事项名称", item.name), ("事项编码", item.code), ("主管部门", item.department))


def _limits(item: Item) -> str:
    """承诺 and 法定时限; an item that is decided at once (即办件) has none to count, or only the law's."""
    promised = f"承诺{item.promised_days}个工作日" if item.promised_days else "即办件，材料齐全的当场办结"
    return f"{promised}，法定{item.statutory_days}个工作日" if item.statutory_days else promised


def _party(party: Party) -> str:
    return f"{party.name}　{party.id_type} {party.number}　电话 {party.phone}"


def _listed(owed: tuple[Owed, ...]) -> str:
    parts = (f"《{o.name}》（{moment(o.due_at)}前）" if o.due_at else f"《{o.name}》" for o in owed)
    return "、".join(parts)


def _paper(kind: PaperKind, case: CaseFacts, *blocks: Block) -> Paper:
    return Paper(title=kind.heading, number=case.case_no, issued=day(case.taken_at), blocks=blocks)


def moment(at: datetime) -> str:
    """2026年11月23日 10:05, by the hall's clock; `at` is aware."""
    local = at.astimezone(SHANGHAI)
    return f"{day(local)} {local:%H:%M}"


def day(at: datetime) -> str:
    """2026年11月23日, by the hall's clock; `at` is aware."""
    local = at.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日"
