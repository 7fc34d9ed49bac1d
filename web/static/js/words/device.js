// What the scanning tool says about the device that it is on.

export const DEVICE = {
  title: "这台设备",
  is: (name) => `已登记：${name}`,
  of: (place, username) => `归${place ?? "网点"}管，只限 ${username} 使用`,
  ofAll: (place) => `归${place ?? "网点"}管，这里的账号都能用`,
  since: (when) => `${when} 得知`,
  waits: (count) => `还有 ${count} 条扫描没有上传，都在这台设备里。`,
  save: "导出文件",
  lead: "请向网点负责人要登记码（10分钟内有效），在这里输入。",
  code: "登记码",
  enrol: "登记这台设备",
  done: "设备已登记",
  needsHttps: "这个网址不是 https，浏览器不给密钥，不能登记设备。请用正式网址打开。",
  lacks: {
    revoked: {
      title: "这台设备已停用",
      lines: ["清单已清除，扫描不再上传，但都留在本机，没有丢失。", "请把设备交给所属网点：重新登记后自动上传，也可以先导出文件。"],
    },
    enrol: { title: "这台设备还没有登记", lines: ["扫描都留在本机，登记后自动上传。"] },
    other: {
      title: "这台设备登记给了别的网点或别的账号",
      lines: ["扫描都留在本机。请换用自己的账号登录，或换用本网点的设备。"],
    },
    signature: { title: "系统没有认出这台设备的签名", lines: ["扫描都留在本机。请网点停用它，再重新登记。"] },
  },
};
