// What the part that takes files says.

export const UPLOADS = {
  held: "已上传的文件",
  camera: "用手机拍照",
  choose: "选择文件",
  of: (what) => `${what}的电子件，可拖到这里`,
  hint: "PDF、OFD、JPEG 或 PNG，每个不超过 20 MB；多张图片合成一个 PDF",
  large: (name) => `“${name}”超过 20 MB`,
  going: (name) => `正在上传 ${name}…`,
  failed: (name, why) => `“${name}”没有上传：${why}`,
  one: "一项材料只能是一个 PDF 或 OFD，或多张图片，请移去多余的文件",
  joining: "正在合成一个 PDF…",
  joined: (pages) => `已合成一个 PDF，共 ${pages} 页`,
  away: "移去",
  awayOf: (name) => `移去 ${name}`,
  whole: "查看合成的 PDF",
  wait: (what) => `“${what}”还在上传，请稍候`,
  missing: (what) => `请上传“${what}”的电子件，或改选原件、复印件`,
};
