// What scripts say to people stands in this folder and nowhere else: here what the parts of all pages say.

export const CONFIRM = { yes: "确定", no: "再想想" };
export const UPDATES = { some: (count) => `${count} 条更新，点这里刷新` };
export const COMBOBOX = { none: "没有找到，请换个说法" };
