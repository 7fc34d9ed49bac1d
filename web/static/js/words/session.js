// What is said before a session ends.

export const SESSION = {
  soon: (minutes, seconds) => `登录将在 ${minutes} 分 ${seconds} 秒后到期。输入密码可以接着办，填的内容都在。`,
  idle: (minutes, seconds) => `有一阵没有操作了，登录将在 ${minutes} 分 ${seconds} 秒后结束。还在的话按“我还在”，填的内容都在。`,
  finish: "先办完",
  here: "我还在",
  further: "密码对了，还差一步：在新标签页里完成，这里会自己接着办，填的内容都在。",
  over: "登录已经到期。输入密码接着办，填的内容都在。",
};
