// What is said about papers that are counted one by one.

export const COUNTING = {
  other: (code) => `刚才清点的是 ${code}，请先扫描它，或清空份数`,
  open: (paper) => `请把“${paper}”的份数填完整，没有的填0`,
};
