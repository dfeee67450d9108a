// @ts-check
// For who runs the network: does a websocket get through?

import { readWords } from "./words.js";

const PATIENCE_MS = 8_000;
const words = readWords(document);

/** @param {string} check @param {"yes" | "no" | "trying"} result */
function show(check, result) {
  const chip = document.querySelector(`[data-check="${check}"] [data-result]`);
  if (!chip) return;
  chip.textContent = words[result] ?? result;
  chip.classList.toggle("chip--good", result === "yes");
  chip.classList.toggle("chip--danger", result === "no");
}

/** @returns {Promise<boolean>} whether a socket opened in time */
function opens() {
  return new Promise((done) => {
    const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
    const socket = new WebSocket(url, "mirror.v1");
    const timer = setTimeout(() => done(false), PATIENCE_MS);
    const end = (/** @type {boolean} */ open) => {
      clearTimeout(timer);
      socket.onclose = null;
      socket.close();
      done(open);
    };
    socket.onopen = () => end(true);
    socket.onclose = () => end(false);
  });
}

show("script", "yes");
show("secure", window.isSecureContext ? "yes" : "no");
show("socket", "trying");
opens().then((open) => {
  show("socket", open ? "yes" : "no");
  const blocked = document.getElementById("blocked");
  if (blocked) blocked.hidden = open;
});
