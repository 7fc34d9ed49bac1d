// What the case's page says while it follows.

export const LIVE = {
  open: "正在实时更新",
  away: "连接中断，正在重试…",
  closed: "全部办完，不再更新",
  over: "登录已结束，请重新登录",
  crowded: "打开的办件太多，本页不自动更新",
  ended: "全部办完",
};
