// What the interface's own documentation says.

export const DOCS = { schema: "看哪一部分", media: "内容类型", scheme: "协议", untagged: "回调", found: (count) => `找到 ${count} 个接口` };
