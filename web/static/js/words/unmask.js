// What the case's page says of values in clear.

export const UNMASK = {
  left: (seconds) => `${seconds} 秒后隐藏`,
  nothing: "这个办件没有要看的内容",
};
