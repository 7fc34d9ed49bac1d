// What the map says.

export const PLACING = {
  lead: "在图上点出位置，或用方向键移动，+ − 缩放",
  zoomIn: "放大",
  zoomOut: "缩小",
  placed: (lat, lon) => `纬度 ${lat}，经度 ${lon}`,
  outside: "这个点不在本区，不能承诺一小时",
  label: "本区地图：方向键移动十字，加减号缩放",
  away: "地图暂时打不开，请填写经纬度",
};
