// What the scanning tool says.

import { at } from "./times.js";

export const ANSWER = {
  signs: { good: "✓", again: "!", bad: "✕" },
  seen: "知道了",
  anyway: "仍要记录",
};

export const HEAD = {
  hall: "政务大厅",
  none: "已全部上传",
  waiting: (count, oldest) => `待上传 ${count} · 最早 ${at(oldest)}`,
  synced: (when) => (when ? `同步 ${at(when)}` : ""),
  online: "已联网",
  offline: "离线",
};

export const NOTICE = {
  first: { text: "第一次使用，请先连上网络", act: "再试" },
  login: { text: "登录已过期，扫描都留在本机", act: "登录" },
  role: { text: "这个页面由其他岗位使用", act: "回到我的页面" },
  clock: { text: "本机时间不准，请在系统设置里校准", act: "" },
  revoked: { text: "这台设备已停用，扫描都留在本机", act: "怎么办" },
  enrol: { text: "这台设备还没有登记，扫描都留在本机", act: "登记" },
  other: { text: "这台设备登记给了别人，扫描都留在本机", act: "怎么办" },
  signature: { text: "这台设备的签名不对，扫描都留在本机", act: "怎么办" },
  old: { text: "有扫描超过 24 小时没有上传，请连上网络", act: "查看" },
  update: { text: "有新版本", act: "更新" },
  storage: { text: "本机存储写不进去，请导出扫描文件", act: "导出" },
};

export const JUDGED = {
  eaten: { title: "没读到条码", lines: ["中文输入法开着，请切到英文再扫"] },
  unknown: { title: "没有这个邮件", lines: ["清单里和全区在途邮件里都没有"] },
  elsewhere: (place) => ({ title: "不是本站邮件", lines: [`应在 ${place}`] }),
  cancelled: { title: "这件已取消", lines: ["不要再取送，请交回网点"] },
  ended: (stage) => ({ title: "这件已经结束", lines: [`现在是 ${stage}`] }),
  first: { title: "先确认上一件" },
  unsaved: { title: "没有存下", lines: ["本机存储写不进去，请导出扫描文件，换一台设备"] },
  again: (when, who) => ({ title: `${at(when)} 已扫过`, lines: [who] }),
  here: "本机",
};

/** Why the server wants somebody to look, by the code of its answer; a form that is wrong by its own. */
export const TROUBLES = {
  UNKNOWN_PARCEL: "还没有这个邮件号的订单，已留存",
  OUT_OF_PLACE: "与已知环节不符，只留存",
  SIGNER_SHORT: "还需有权签收的人签收",
  CODE_WRONG: "交接码不对，已留存，窗口会向申请人核实",
  LABEL_WRONG: "标签不是大厅印的，已留存；请核对邮件号，换贴新标签",
  CHANGED: "与先前上传的内容不同",
  SEQUENCE_USED: "序号已被占用，已留存",
  SAME_PERSON: "交接双方是同一账号，已记下，请另一人核对扫描",
  JUMPED: "位置跳得太快，已留存，不作证明",
  VOID_PENDING: "更正要等另一人和主管都确认",
  FAULT: "系统没能记录，留在本机，稍后自动再试",
  ROLE: "这个环节由其他岗位扫描",
  other: (code) => `没有记录${code ? `（${code}）` : ""}`,
};

export const TROUBLE = {
  one: "上传后发现问题",
  several: (count) => `上传后发现 ${count} 件有问题`,
  line: (number, stage, why) => `${number} ${stage}：${why}`,
  more: (count) => `还有 ${count} 件，见“上传”`,
};

export const PLACE = {
  title: "在哪儿扫",
  lead: "您今天在哪个网点？",
};

export const SCAN = {
  title: "扫描",
  empty: "对准条码扫一下",
  hint: "扫描枪、摄像头都可以；要手输请打开键盘",
  run: (stage, count) => `连续扫描：${stage} · ${count} 件`,
  runHint: "同一环节扫一件记一件",
  stop: "换环节",
  confirm: (stage) => `确认 ${stage}`,
  more: "其他环节",
  less: "收起",
  other: (stage) => `清单说下一步是 ${stage}`,
  drop: "不记这件",
  due: (when) => `${at(when)} 前`,
  tail: (tail) => `尾号 ${tail}`,
  papers: (count) => `${count} 份材料`,
  list: (count) => `清单 ${count} 件`,
  listAt: (when) => `${at(when)} 更新`,
  noList: "没有清单，联网后由系统核对",
  lately: "刚才扫的",
  ask: "还要说明",
  signer: { label: "谁签收", options: { self: "本人", agent: "代收人", hall: "政务大厅", locker: "快递柜" } },
  failed: {
    label: "原因",
    options: {
      NOBODY_HOME: "联系不上申请人",
      WRONG_ADDRESS: "地址不对",
      REFUSED: "申请人拒绝",
      ID_MISMATCH: "身份或材料不一致",
      COURIER_UNAVAILABLE: "投递员不能上门",
      OUTLET_CLOSED: "网点停业",
    },
  },
  paused: {
    label: "为什么暂停",
    options: {
      applicant_wait: "申请人请稍等",
      applicant_unreachable: "到了门口，联系不上申请人",
      door_mismatch: "身份或材料与清单不一致",
    },
  },
  count: "逐份清点",
  countHint: "数一份填一份，没有的填 0",
  expected: (name, form, count) => `${name}（${form}，应有 ${count} 份）`,
};

export const STATE = {
  waiting: "待上传",
  sent: "已记录",
  duplicate: "早已记录",
  repeat: "刚扫过，不重复计",
  renumbered: "序号已被占用，正换号重新上传",
  warned: "已留存",
  clock: "已记录，本机时间不准",
};

export const QUEUE = {
  title: "上传",
  none: "这台设备还没有扫描",
  send: "现在上传",
  sending: "上传中…",
  export: "导出文件",
  others: (count) => `另有 ${count} 条是别人在这台设备上扫的，等他登录后上传`,
  tries: (count) => `试过 ${count} 次`,
  away: "网络不通",
};

export const MORE = {
  title: "更多",
  place: "换网点",
  sound: "测试声音",
  hand: { right: "右手操作", left: "左手操作" },
  keyboard: { on: "打开键盘", off: "收起键盘" },
  tasks: "待办事项",
  office: "回到窗口",
  install: "安装到桌面",
  device: "这台设备",
  devices: "管理设备",
  refresh: "更新清单",
  logout: "退出登录",
  version: (build) => `版本 ${build}`,
  unsent: (count) => `还有 ${count} 条没有上传，退出后要用同一账号登录才能上传。仍要退出？`,
};

export const CAMERA = {
  open: "摄像头",
  close: "关闭摄像头",
  torch: "手电",
  refused: { title: "打不开摄像头", lines: ["请在浏览器里允许使用摄像头，或用扫描枪、键盘"] },
};
