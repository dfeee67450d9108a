// @ts-check
// The stage's keys and buttons: full screen, QR, explain. They change this screen only, never the room.

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => undefined);
}

function toggleQr() {
  const large = element("qr-large");
  large.hidden = !large.hidden;
  element("toggle-qr").setAttribute("aria-pressed", String(!large.hidden));
}

function toggleExplain() {
  element("explain").toggleAttribute("open");
}

/** Wires them, and lets the buttons rest while the pointer does. */
export function stageKeys() {
  element("toggle-full").addEventListener("click", toggleFull);
  element("toggle-qr").addEventListener("click", toggleQr);
  element("qr-large").addEventListener("click", toggleQr);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    if (key === "f") toggleFull();
    else if (key === "q") toggleQr();
    else if (key === "e") toggleExplain();
    else if (key === "escape" && !element("qr-large").hidden) toggleQr();
  });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;
  document.body.setAttribute("data-resting", "");
  document.addEventListener("pointermove", () => {
    document.body.removeAttribute("data-resting");
    clearTimeout(resting);
    resting = setTimeout(() => document.body.setAttribute("data-resting", ""), 3000);
  });
}
