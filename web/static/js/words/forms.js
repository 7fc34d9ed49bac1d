// What every form says, and what comes of a call that failed.

export const FORMS = {
  busy: "提交中…",
  taken: "已提交，正在处理。",
  check: "请检查下面的内容",
  refused: "没有提交成功",
};
export const FAULTS = {
  mark: "错误：",
  empty: (label) => `请填写${label}`,
  misformed: (label) => `${label}的格式不对`,
};
export const CALLS = {
  silent: "系统暂时没有回应，请稍后再试",
  offline: "网络不通，内容还在，请稍后再提交",
  expired: "登录已过期，请在新窗口登录后再提交",
};
