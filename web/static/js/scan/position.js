// Where the device is, if it says so soon; a scan waits for no satellite.

const PATIENCE_MS = 3000;
const FRESH_MS = 30_000;

/** {lat, lon, accuracyM, datum} of now, or null. */
export function here() {
  if (!navigator.geolocation) {
    return Promise.resolve(null);
  }
  return new Promise((done) => {
    const late = setTimeout(() => done(null), PATIENCE_MS);
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      clearTimeout(late);
      done({ lat: coords.latitude, lon: coords.longitude, accuracyM: Math.ceil(coords.accuracy), datum: "WGS-84" });
    }, () => {
      clearTimeout(late);
      done(null);
    }, { maximumAge: FRESH_MS, timeout: PATIENCE_MS, enableHighAccuracy: true });
  });
}
