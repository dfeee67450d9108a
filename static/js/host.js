// @ts-check
// The console: listens to the room, fetches its own parts again, and lends the keyboard to its buttons.

import { Clock, nextPingIn } from "./clock.js";
import { drawPicture } from "./picture.js";
import { showRing } from "./ring.js";
import { revealWords } from "./sayings.js";
import { GameSocket } from "./socket.js";
import { readWords } from "./words.js";

/** @typedef {import("./protocol").ServerMessage} ServerMessage */
/** @typedef {import("./protocol").PublicRoom} PublicRoom */
/** @typedef {import("./protocol").RevealShown} RevealShown */

const LAZY_MS = 250;
const body = document.body;
const console_ = body.dataset.console ?? "";
const language = document.documentElement.lang || "en";
const words = readWords(document);
const clock = new Clock();
/** @type {PublicRoom | null} */
let room = null;
/** @type {RevealShown | null} */
let shown = null;
let pings = 0;
/** @type {Set<string>} what the host has chosen by hand: the rest follows what the room suggests */
const touched = new Set();
/** @type {Map<string, ReturnType<typeof setTimeout>>} */
const planned = new Map();

/** htmx comes as a plain script beside us. @returns {any} */
const htmx = () => /** @type {any} */ (window).htmx;
/** @param {string} id */
const byId = (id) => document.getElementById(id);

/** Fetch a part of this page again, soon and once. @param {"console" | "people"} part */
function refresh(part) {
  if (planned.has(part)) return;
  planned.set(
    part,
    setTimeout(() => {
      planned.delete(part);
      htmx()
        ?.ajax("GET", `${console_}?part=${part}`, { target: `#${part}`, swap: "outerMorph" })
        ?.catch(() => {});
    }, LAZY_MS),
  );
}

/** What a host had chosen, opened or focused but not yet sent must survive a fresh part. */
function choices() {
  /** @type {Record<string, string>} */
  const values = {};
  for (const input of document.querySelectorAll("#choose input:checked, #choose select")) {
    const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (input);
    if (touched.has(field.name)) values[field.name] = field.value;
  }
  const open = [...document.querySelectorAll("details[id][open]")].map((details) => details.id);
  const inside = Boolean(document.activeElement?.closest("#console"));
  return { values, open, inside };
}

/** @param {ReturnType<typeof choices>} kept */
function restore({ values, open, inside }) {
  if (!byId("choose")) touched.clear();
  for (const radio of document.querySelectorAll('#choose input[type="radio"]')) {
    if (radio instanceof HTMLInputElement && radio.defaultChecked) radio.checked = true;
  }
  for (const [name, value] of Object.entries(values)) {
    const field = document.querySelector(`#choose select[name="${CSS.escape(name)}"]`);
    if (field instanceof HTMLSelectElement) field.value = value;
    const radio = document.querySelector(`#choose input[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`);
    if (radio instanceof HTMLInputElement) radio.checked = true;
  }
  for (const id of open) byId(id)?.setAttribute("open", "");
  // The button that was pressed is gone: the keyboard goes on at the heading, never at another button.
  if (inside && !document.activeElement?.closest("#console")) byId("now")?.focus();
}

/** The picture, small, for who has one screen for everything. */
function showPicture() {
  const stage = byId("small-stage");
  const svg = document.querySelector("svg#small-picture");
  if (!stage || !(svg instanceof SVGSVGElement)) return;
  const open = shown !== null && room !== null && ["reveal", "debrief"].includes(room.phase);
  stage.hidden = !open || shown?.picture.telling !== room?.telling?.id;
  if (!shown || stage.hidden) return;
  drawPicture(svg, shown.picture, shown.step, words);
  const said = revealWords(shown.picture, shown.step, words, language);
  const small = [said.verdict, said.small, said.call, said.heard, said.empty, said.note].filter(Boolean).join(" ");
  for (const [id, text] of [["small-headline", said.headline], ["small-print", small]]) {
    const element = byId(id ?? "");
    if (element) element.textContent = text ?? "";
  }
}

/** @param {ServerMessage} message */
function hear(message) {
  if (message.type === "clock.pong") clock.pong(message.sent, message.at);
  if (message.type === "coupling.updated") {
    const peek = byId("peek");
    if (peek) peek.textContent = message.score === null ? "–" : String(message.score);
  }
  if (message.type === "roster.updated") {
    refresh("people");
    // Who may tell and whether there are listeners stands in the console only between stories.
    if (byId("choose")) refresh("console");
  }
  if (message.type === "welcome") {
    clock.welcome(message.at, message.clock_rate);
    pings = 0;
  }
  if (message.type === "reveal.shown") {
    shown = message;
    showPicture();
  }
  if (message.type === "welcome" || message.type === "room.changed" || message.type === "room.state") {
    const old = room;
    room = message.room;
    body.dataset.phase = room.paused ? "paused" : room.phase;
    showPicture();
    if (room.phase === "ended" && old && old.phase !== "ended") location.reload();
    else if (message.type === "room.changed" || (old && old.version !== room.version)) refresh("console");
  }
}

const socket = new GameSocket({
  open: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, "mirror.v1"),
  hello: () => ({ type: "hello", protocol: 1, role: "host", key: body.dataset.key ?? "" }),
  onMessage: hear,
  onConnection: (connection) => {
    body.dataset.connection = connection === "live" ? "live" : socket.over ? "lost" : "reconnecting";
    // What was missed while away is on the page the server would send now.
    if (connection === "live") {
      refresh("console");
      refresh("people");
    }
  },
});

function ping() {
  socket.say({ type: "clock.ping", sent: clock.real() });
  pings += 1;
  setTimeout(ping, nextPingIn(pings));
}

function tick() {
  const ring = byId("ring");
  if (ring && room) showRing(ring, room, clock.now());
}

/** Press a button of the page, if it is there. @param {string} selector */
function press(selector) {
  const button = document.querySelector(selector);
  if (button instanceof HTMLElement) button.click();
}

/** @param {string} id */
function toggle(id) {
  const dialog = byId(id);
  if (!(dialog instanceof HTMLDialogElement)) return;
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

/** @type {Record<string, () => void>} nothing here ends, removes or deletes anything */
const KEYS = {
  " ": () => press("[data-next]"),
  r: () => press("[data-reveal]"),
  p: () => press('[data-key="p"], [data-resume]'),
  l: () => press('[data-key="l"]'),
  q: () => toggle("qr-large"),
  f: fullScreen,
  "?": () => toggle("keys"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const target = event.target instanceof Element ? event.target : body;
  // A field takes its own letters, and a focused button its own Space.
  if (target.closest("input, select, textarea, [contenteditable]")) return;
  if (event.key === " " && target.closest("button, a, summary, dialog")) return;
  const open = document.querySelector("dialog[open]");
  const key = event.key.toLowerCase();
  if (open && !(key === "q" && open.id === "qr-large") && !(key === "?" && open.id === "keys")) return;
  const act = KEYS[key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("change", ({ target }) => {
  const field = target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target : null;
  if (field?.closest("#choose")) touched.add(field.name);
});

/** @type {ReturnType<typeof choices> | null} */
let kept = null;
document.addEventListener("htmx:before:swap", () => {
  kept ??= choices();
});
document.addEventListener("htmx:after:swap", () => {
  if (kept) restore(kept);
  kept = null;
});

byId("show-qr")?.addEventListener("click", () => toggle("qr-large"));
byId("show-keys")?.addEventListener("click", () => toggle("keys"));
window.addEventListener("online", () => socket.nudge());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) socket.nudge();
});

socket.start();
setTimeout(ping, nextPingIn(0));
setInterval(tick, 250);
