// What the page for a new case says to people.

export const ITEM = {
  limit: (item) => (item.kind === "即办件" ? "即办" : `承诺 ${item.promisedDays} 个工作日`),
  source: "来源",
  dates: (scheme, row) => `${scheme}${row.region ?? ""}：${row.validFrom ?? ""} 至 ${row.validTo ?? "今"}，${row.mode}`,
  between: "；",
};

export const SCHEMES = { chuanyu: "川渝通办", southwest: "跨西南五省通办", interprovincial: "跨省通办", quanyu: "全渝通办" };
export const LEGS = { PICKUP: "上门取件", FORWARD: "材料寄往办理地", BACK: "结果寄回大厅", DELIVERY: "送上门" };
export const JOINT = "多地联办";
export const PLACE = {
  between: "、",
  route: (route, legs) => `${SCHEMES[route.scheme]} · ${route.mode}${legs ? ` · ${legs}` : ""}。${route.reason}`,
};

export const CHECK = {
  marks: { ok: "✓", lacks: "▲", wrong: "■", open: "–" },
  states: { ok: "好", lacks: "待填", wrong: "有误", open: "待填" },
  ready: "可以提交。",
  lacks: (count) => `还缺 ${count} 处。`,
  wrong: (count) => `${count} 处有误，请先改正。`,
  away: "暂时核对不了，提交时会再核对。",
};

export const SAME = {
  ended: (day) => `，${day}办完`,
  line: (other) => ` ${other.itemName} · ${other.regionName} · ${other.registeredAt.slice(0, 10)}${other.unitName ? `在${other.unitName}` : ""}登记`,
};

export const DRAFT = {
  saving: "正在存草稿…",
  saved: (time) => `草稿已存 ${time}`,
  away: "草稿还没有存上，正在重试。内容还在这个页面上。",
  taken: (owner) => `${owner} 已接手这份草稿。您在这里再填的内容不会保存。`,
  back: "接回来继续填",
  elsewhere: "这份草稿正在另一个页面上填写。这里再填的内容不会保存。",
  here: "在这里继续",
  drop: "删除后不能恢复，确定删除这份草稿？",
};

export const READER = {
  reading: "正在读卡…",
  read: (name) => `已读 ${name} 的证件`,
};

export const ID_TYPES = { personal: "居民身份证", enterprise: "统一社会信用代码" };

export const KEYS = [
  ["Ctrl+Enter", "提交办件"],
  ["F6", "到下一处待填或有误的地方"],
  ["F7", "读卡"],
  ["F9", "存草稿，开始下一位"],
  ["Enter", "在搜索框里选中第一项；已选好时到下一栏"],
];
