// @ts-check
/** Keeps the screen awake while it matters. Where that is not allowed (no HTTPS, low battery) nothing happens. */

let wanted = false;
/** @type {WakeLockSentinel | null} */
let lock = null;

/** @param {boolean} on */
export function keepAwake(on) {
  wanted = on;
  if (on) take();
  else lock?.release().catch(() => {});
}

async function take() {
  if (!wanted || lock || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
  try {
    const taken = await navigator.wakeLock.request("screen");
    // The browser lets go whenever the page is hidden, and takes it again only if it is asked.
    taken.addEventListener("release", () => {
      if (lock === taken) lock = null;
    });
    lock = taken;
    if (!wanted) keepAwake(false);
  } catch {
    // The screen may dim; the story goes on.
  }
}

if (typeof document !== "undefined") document.addEventListener("visibilitychange", take);
