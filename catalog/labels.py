"""Chinese headers and values of the workbook, for people who edit lists in a spreadsheet (表头与取值)."""

from catalog.tables import Table
from domain.terms import Scheme

SHEETS = {
    "items": "事项",
    "materials": "材料",
    "aliases": "别名",
    "memberships": "入网",
    "roles": "联办角色",
    "joint_steps": "联办步骤",
    "eligibility": "办理条件",
    "synonyms": "口语词",
}
FORMS = "表单"
"""The sheet of the forms, one definition per cell; `FORM_HEADER`: its columns."""
FORM_HEADER = ("事项编码", "表单定义")
AGREEMENTS = "agreements"
"""The one list that is not part of the catalogue."""

_HEADERS: dict[str, dict[str, str]] = {
    "items": {
        "code": "事项编码",
        "name_zh": "事项名称",
        "department_zh": "主管部门",
        "service_type": "事项类型",
        "applicant": "申请对象",
        "schemes": "通办网络",
        "mode": "办理模式",
        "kind": "办件类型",
        "statutory_days": "法定时限（工作日）",
        "promised_days": "承诺时限（工作日）",
        "inbound_courier": "原件须寄送",
        "outbound_courier": "结果可寄回",
        "result_zh": "办理结果",
        "result_form": "结果形式",
        "fee_yuan": "收费（元）",
        "listed": "来源可信度",
        "source": "来源",
    },
    "materials": {
        "item_code": "事项编码",
        "seq": "序号",
        "name_zh": "材料名称",
        "form": "材料形式",
        "copies": "份数",
        "required": "是否必需",
        "e_licence": "可替代的电子证照",
        "commitment": "可告知承诺",
    },
    "aliases": {
        "source_name": "其他名称",
        "item_code": "事项编码",
        "item_name": "事项名称",
        "relation": "关系",
    },
    "memberships": {
        "item_code": "事项编码",
        "scheme": "通办网络",
        "region": "地区（代码，*为全部）",
        "mode": "办理模式（*为主要模式）",
        "valid_from": "开通日期",
        "valid_to": "停止日期",
        "source": "来源",
    },
    "roles": {"item_code": "事项编码", "roles": "联办角色"},
    "joint_steps": {
        "item_code": "事项编码",
        "step": "步骤",
        "role": "角色",
        "after": "在哪些步骤之后",
        "gives": "交给下一步的结果",
        "compensation": "办不成时怎样恢复",
    },
    "eligibility": {
        "item_code": "事项编码",
        "item_name": "事项名称",
        "id_types": "可用证件",
        "excluded_households": "除外的户籍地（省级代码）",
        "reason": "除外原因",
        "instead": "可以怎么办",
    },
    "synonyms": {"word_kind": "类别", "said": "口语说法", "meant": "事项用词或编码"},
    AGREEMENTS: {
        "scheme": "通办网络",
        "region": "地区（代码）",
        "scope": "事项范围（*为全部）",
        "modes": "办理模式（*为全部）",
        "contact": "联系方式",
        "postal_address": "邮寄地址",
        "valid_from": "开始日期",
        "valid_to": "停止日期",
        "delegated": "授权事项",
        "confirmed": "已确认",
    },
}
_YES_NO = {"yes": "是", "no": "否"}
_SCHEMES = {scheme.value: scheme.label for scheme in Scheme}
_VALUES: dict[str, dict[str, str]] = {
    "applicant": {"personal": "个人", "enterprise": "企业", "both": "个人和企业"},
    "schemes": _SCHEMES,
    "scheme": _SCHEMES,
    "inbound_courier": _YES_NO,
    "outbound_courier": _YES_NO,
    "commitment": _YES_NO,
    "confirmed": _YES_NO,
    "required": {**_YES_NO, "deferrable": "可容缺"},
    "form": {"original": "原件", "copy": "复印件", "electronic": "电子件", "form": "表格"},
    "result_form": {"paper": "纸质", "electronic": "电子", "both": "纸质和电子"},
    "listed": {"listed": "见于公开清单", "reported": "据报道列入", "unlisted": "待区里确认"},
    "word_kind": {"thing": "事物", "action": "动作", "context": "人和地方", "filler": "虚词"},
}


def header_label(part: str, column: str) -> str:
    """The Chinese header of a column of the list `part`; the column's name where there is none."""
    return _HEADERS[part].get(column, column)


def to_words(part: str, table: Table) -> Table:
    """A list with Chinese headers and values, for a workbook. Several values in a cell are parted by `;`."""
    columns = table.header
    rows = tuple(tuple(map(_translate, columns, row, [False] * len(row))) for row in table.rows)
    return Table(file=SHEETS.get(part, table.file), header=tuple(header_label(part, c) for c in columns), rows=rows)


def to_codes(part: str, table: Table) -> Table:
    """A list with the headers and values that the parser reads.

    What is already a code stays; what is unknown stays too, and the parser names it as a fault.
    """
    known = {label: column for column, label in _HEADERS[part].items()}
    columns = tuple(known.get(cell, cell) for cell in table.header)
    width = len(columns)
    rows = tuple((*map(_translate, columns, row[:width], [True] * width), *row[width:]) for row in table.rows)
    return Table(file=table.file, header=columns, rows=rows)


def _translate(column: str, cell: str, back: bool) -> str:
    words = _VALUES.get(column)
    if words is None:
        return cell
    table = {label: code for code, label in words.items()} if back else words
    return ";".join(table.get(part.strip(), part.strip()) for part in cell.replace("；", ";").split(";"))
