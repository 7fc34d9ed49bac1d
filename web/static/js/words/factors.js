// What the pages of second factors say to people.

export const FACTORS = {
  waiting: "请按提示碰一下密钥，或者用指纹、人脸……",
  noKey: "没有完成。请插好密钥再试；换一台电脑或浏览器的，也请再试一次。",
  known: "这把密钥已经绑定过了。",
  removeSure: "解除后，登录时不能再用它验证。确定解除吗？",
  renewSure: "以前的恢复码都会作废。确定重新生成吗？",
  codesTitle: "请记下恢复码",
  codesHint: "每个用一次，只显示这一次。请打印或抄下来，不要和电脑放在一起。",
  codesDone: "记好了，继续",
};
