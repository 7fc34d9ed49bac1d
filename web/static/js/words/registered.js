// What the page after a registration says to people.

export const PRINT = {
  started: "收件凭证已送去打印；没有出来请按 F8。",
};
