"""Chinese headers and values of the workbook, for people who edit lists in a spreadsheet (表头与取值)."""

from catalog.parsing import ALIAS_COLUMNS, ITEM_COLUMNS, MATERIAL_COLUMNS
from catalog.tables import Table

SHEETS = {"items": "事项", "materials": "材料", "aliases": "别名"}
COLUMNS = {"items": ITEM_COLUMNS, "materials": MATERIAL_COLUMNS, "aliases": ALIAS_COLUMNS}

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
}
_YES_NO = {"yes": "是", "no": "否"}
_VALUES: dict[str, dict[str, str]] = {
    "applicant": {"personal": "个人", "enterprise": "企业", "both": "个人和企业"},
    "schemes": {
        "chuanyu": "川渝通办",
        "southwest": "跨西南五省通办",
        "interprovincial": "跨省通办",
        "quanyu": "全渝通办",
    },
    "inbound_courier": _YES_NO,
    "outbound_courier": _YES_NO,
    "commitment": _YES_NO,
    "required": {**_YES_NO, "deferrable": "可容缺"},
    "form": {"original": "原件", "copy": "复印件", "electronic": "电子件", "form": "表格"},
    "result_form": {"paper": "纸质", "electronic": "电子", "both": "纸质和电子"},
    "listed": {"listed": "见于公开清单", "reported": "据报道列入", "unlisted": "待区里确认"},
}


def header_label(part: str, column: str) -> str:
    """The workbook's header of a column; the name itself where there is none."""
    return _HEADERS[part].get(column, column)


def to_words(part: str, table: Table) -> Table:
    """Headers and values as people read them."""
    columns = table.header
    rows = tuple(tuple(map(_translate, columns, row, [False] * len(row))) for row in table.rows)
    return Table(file=SHEETS[part], header=tuple(header_label(part, c) for c in columns), rows=rows)


def to_codes(part: str, table: Table) -> Table:
    """Headers and values as the parser reads them; what is already a code stays, also what is unknown."""
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
