export const SEARCH = {
  searching: "正在找…",
  failed: "没有找成：网络不通，请再试",
};
