// What the interface's own documentation says.

export const DOCS = { filter: "筛选接口", schema: "看哪一部分", media: "内容类型", scheme: "协议" };
