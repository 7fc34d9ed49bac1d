// What the officer's pages say by their scripts.

export const DECIDE = { check: "请检查下面的内容", letter: "文书预览没有成功" };

export const VIEWER = {
  loading: "正在打开…",
  page: (number, of) => `第 ${number} 页，共 ${of} 页`,
  label: (name, number, of) => `${name} 第 ${number} 页，共 ${of} 页`,
  broken: "这一页打不开，请下载原件查看",
  before: "上一页",
  after: "下一页",
  rotate: "旋转",
  larger: "放大",
  smaller: "缩小",
  close: "关闭",
};
