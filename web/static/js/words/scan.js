// What the scanning tool says.

import { at } from "./times.js";

export const ANSWER = {
  signs: { good: "✓", again: "!", bad: "✕" },
  seen: "知道了",
};

export const HEAD = {
  none: "已全部上传",
  waiting: (count, oldest) => `待上传 ${count} · 最早 ${at(oldest)}`,
  never: "还没有同步过",
  synced: (when) => `同步 ${at(when)}`,
  offline: "离线",
};

export const SCAN = {
  title: "扫描",
};
