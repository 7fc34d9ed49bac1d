// What is asked about an electronic licence.

export const LICENCES = {
  type: "证照名称",
  number: "证照号码",
  issuer: "发证机关",
  holder: "持证人（不是申请人时填写）",
  consent: "持证人同意核验并用于本次办理",
  noConsent: "请先取得持证人对核验和使用电子证照的同意",
  looked: "已当面查看电子证照（不能联网核验时须查看）",
};
