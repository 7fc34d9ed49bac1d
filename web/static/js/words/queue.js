export const PICK = {
  none: "空格选中，Shift 连选",
  some: (count) => `已选 ${count} 件`,
  all: (there) => `选中全部 ${there} 件`,
  tooMany: "全部超过 200 件，请先筛选",
  named: (count, first) => (count === 1 ? `选中：${first}` : `选中 ${count} 件：${first} 等`),
  forget: "不选了",
  most: (count) => `一次最多 ${count} 件`,
};
export const BULK = {
  working: (count) => `正在处理 ${count} 件…`,
  said: (done, failed) => (failed === 0 ? `${done} 件都已办好` : `${done} 件已办好，${failed} 件没有办成`),
  ok: "已办好",
  again: (count) => `再试没办成的 ${count} 件`,
  noReason: "请写原因，至少 2 个字",
  failed: "没有提交成功：",
};
export const UNDO = {
  said: (count, to) => `${count} 件已转交给 ${to}`,
  back: "撤销",
  undone: (count) => `已撤销，${count} 件还给原来的经办人`,
  partly: (count) => `${count} 件已被别人再转，没有撤销`,
};
