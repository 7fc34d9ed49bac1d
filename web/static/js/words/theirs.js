export const THEIRS = {
  title: "别人刚改过，您的没有保存",
  theirs: (who, when) => `${who}${when ? `，${when}` : ""}`,
  mine: "您刚才填的",
  none: "（未填）",
  renew: "看最新的情况",
};
