// @ts-check
/** A player's page: wires between the hand, the room and the panels that stand in the page already. */

import { merged } from "./beats.js";
import { calls } from "./calls.js";
import { Clock, nextPingIn } from "./clock.js";
import { Keep } from "./keep.js";
import { Outbox } from "./outbox.js";
import { all, focusTitle, on, part, sayAll, showFor, Voice, write } from "./page.js";
import { heard, placing } from "./placing.js";
import { ready } from "./ready.js";
import { revealMirror } from "./reveal_mirror.js";
import { msLeft, showRing } from "./ring.js";
import { Sampler } from "./sampler.js";
import { partOf, sampled, sceneOf } from "./scene.js";
import { GameSocket } from "./socket.js";
import { fifth, MIDDLE, Strip } from "./strip.js";
import { telling } from "./telling.js";
import { keepAwake } from "./wake.js";
import { fill, readWords } from "./words.js";

/** @typedef {import("./protocol").PublicRoom} PublicRoom */
/** @typedef {import("./protocol").You} You */
/** @typedef {import("./protocol").BeatPlaced} BeatPlaced */
/** @typedef {import("./protocol").CaptionShown} CaptionShown */
/** @typedef {import("./protocol").RevealShown} RevealShown */
/** @typedef {import("./protocol").ClientMessage} ClientMessage */
/** @typedef {import("./protocol").ServerMessage} ServerMessage */
/** @typedef {import("./protocol").Refused} Refused */
/** @typedef {import("./page.js").Game} Game */
/** @typedef {import("./page.js").Tools} Tools */
/** @typedef {import("./socket.js").Connection} Connection */

const SHAPES = ["circle", "square", "triangle", "diamond", "hexagon", "star"];
const DIAL_MS = 200;
const SLEPT_MS = 1000;

const body = document.body;
const seat = body.dataset.key ?? "";
const SHAPE_OF = (/** @type {number} */ shape) => SHAPES[shape] ?? "circle";
const words = readWords(document);
const voice = new Voice();
const life = () => performance.now();
const newId = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const page = newId();
const clock = new Clock(life);
const outbox = new Outbox({ storage: tabStorage(), seat, newRun: newId });
const kept = new Keep({ storage: tabStorage(), seat });
const sampler = new Sampler({ clock, real: life, record: (id, tick, level) => outbox.add(id, tick, level) });

/** @type {PublicRoom | null} */
let room = null;
/** @type {You | null} */
let you = null;
/** @type {RevealShown | null} */
let shown = null;
/** @type {Connection} */
let connection = "connecting";
/** @type {Map<string, CaptionShown>} */
let captions = new Map();
/** @type {BeatPlaced[]} marked on this page */
let marked = [];
let scene = "";
let veiled = "";
/** The telling the strip was last set for. */
let stripFor = "";
/** The telling that is being sampled. @type {{id: string, startedAt: number, rateHz: number} | null} */
let watched = null;

/** @type {Tools} */
const tools = {
  words,
  now: () => clock.now(),
  keep(key, message) {
    kept.put(key, message, life());
    if (!flush()) voice.read(words.offline ?? "");
  },
  say(message) {
    if (!socket.say(message)) voice.toast(words.offline ?? "");
  },
  toast: (text) => voice.toast(text),
};

/** What a level is called. @param {number} level */
const levelWords = (level) => fill(words[`level.${fifth(level)}`], values());

/** What fills the blanks of the page's sentences. */
function values() {
  const story = room?.telling;
  return {
    teller: story?.teller_name || (words["play.someone"] ?? ""),
    low: story?.low || (words.low ?? ""),
    high: story?.high || (words.high ?? ""),
  };
}

const strip = new Strip(part("[data-strip]", HTMLElement), { oninput: handMoved, words: levelWords });
const panels = [ready(tools), telling(tools, markBeat, newId), placing(tools, levelWords), heard(tools), calls(tools), revealMirror(tools)];

/* ── What the room says ─────────────────────────────────────────────────── */

/** @param {ServerMessage} message */
function hear(message) {
  kept.heard(message);
  switch (message.type) {
    case "welcome":
      clock.welcome(message.at, message.clock_rate);
      clock.ask();
      outbox.reconnected();
      kept.reconnected();
      know(message.room, message.you);
      ping(0);
      flush();
      return;
    case "room.changed":
      return know(message.room, null);
    case "room.state":
      return know(message.room, message.you);
    case "you.changed":
      you = message.you;
      return show();
    case "clock.pong":
      return clock.pong(message.sent, message.at);
    case "trace.acked":
      outbox.acked(message.run, message.seqs);
      return;
    case "trace.sealed":
      return outbox.sealed(message.run);
    case "caption.shown":
      captions.set(message.beat, message);
      return show();
    case "reveal.shown":
      shown = message;
      return show();
    case "refused":
      return refused(message);
  }
}

/** @param {PublicRoom} next @param {You | null | undefined} mine */
function know(next, mine) {
  if (mine) you = mine;
  if (room && next.version < room.version) return;
  if (next.telling?.id !== room?.telling?.id) {
    captions = new Map();
    marked = [];
    if (shown?.picture.telling !== next.telling?.id) shown = null;
  }
  room = next;
  show();
}

/** @param {Refused} refusal */
function refused(refusal) {
  if (outbox.refused(refusal)) return;
  if (refusal.of === "beat.mark") marked = marked.filter((beat) => beat.id !== refusal.beat);
  voice.toast(words[`refused.${refusal.code}`] ?? "");
  show();
}

/* ── What the page shows ────────────────────────────────────────────────── */

/** @returns {Game | null} */
function game() {
  if (!room || !you) return null;
  const story = room.telling ?? null;
  const spoken = [...captions.values()]
    .filter((caption) => caption.telling === story?.id)
    .map(({ beat, tick, words: said }) => ({ id: beat, tick, words: said, turn: true }));
  const role = partOf(room, you);
  const beats = role === "teller" ? merged(onTheWay(), marked, you.beats ?? []) : merged(spoken);
  return { room, you, scene: sceneOf(room, you, connection), part: role, telling: story, beats, shown, values: values() };
}

/** Beats kept for the server from before a reload. @returns {BeatPlaced[]} */
function onTheWay() {
  return kept.messages.flatMap(({ message }) => {
    if (message.type !== "beat.mark" || message.telling !== room?.telling?.id) return [];
    return [{ id: message.beat, tick: message.tick, words: message.words, turn: message.turn ?? true }];
  });
}

function show() {
  const now = game();
  const next = now?.scene ?? sceneOf(room, you, connection);
  const story = room?.telling;
  body.dataset.phase = room?.phase ?? "lobby";
  body.toggleAttribute("data-paused", Boolean(room?.paused));
  showFor({ scenes: next, sources: story?.source ?? "", modes: story?.mode ?? "", displays: room?.display ?? "sealed", part: now?.part ?? "" });
  sayAll(words, values());
  if (now) showYou(now);
  watch();
  for (const panel of panels) if (now) panel.show(now);
  showVeil();
  keepAwake(!["lobby", "ended", "replaced", "removed", "gone", "outdated"].includes(next));
  part(".play__header .pulse", HTMLElement).hidden = socket?.over ?? false;
  if (next === scene) return;
  scene = next;
  voice.clear();
  focusTitle();
  voice.read(all("[data-title]").find((title) => title.offsetParent !== null)?.innerText ?? "");
  tick();
}

/** @param {Game} now */
function showYou({ you: me, telling: story, scene: at, beats }) {
  const { name, colour, shape } = me.light;
  body.dataset.hue = String(colour);
  for (const element of all("[data-own-name]")) write(element, name);
  for (const light of all("[data-own-light]")) light.dataset.shape = SHAPE_OF(shape);
  for (const plate of all(".play__header .nameplate")) plate.dataset.hue = String(colour);
  const asked = kept.find("offer");
  const willing = asked?.type === "teller.offer" ? asked.willing : (me.willing ?? false);
  for (const box of all("[data-offer]")) /** @type {HTMLInputElement} */ (box).checked = willing;
  part("[data-late]", HTMLElement).hidden = !(me.late && at === "listening");
  const last = beats.filter((beat) => beat.words).at(-1)?.words ?? "";
  const caption = part("[data-caption]", HTMLElement);
  caption.hidden = at !== "listening" || !last || !captionsWanted(story?.mode === "typed");
  write(caption, last);
}

/** Typed stories may have no other way to a listener: their words are shown unless they were switched off.
 * @param {boolean} usual */
function captionsWanted(usual) {
  const box = part("[data-show-captions]", HTMLInputElement);
  if (box.dataset.chosen === undefined) box.checked = usual;
  return box.checked;
}

function showVeil() {
  const pause = room?.paused ?? "";
  part("[data-pause]", HTMLElement).hidden ||= pause !== "";
  for (const veil of all("[data-veil]")) veil.hidden = veil.dataset.veil !== pause;
  for (const panel of all("main > section")) panel.inert = pause !== "";
  if (pause === veiled) return;
  voice.read((pause ? words["news.paused"] : room?.phase === "telling" ? words["news.on"] : "") ?? "");
  veiled = pause;
  focusTitle();
}

/* ── The hand ───────────────────────────────────────────────────────────── */

/** Set the strip for the telling at hand, and sample it while it runs. */
function watch() {
  const story = room?.telling;
  if (story && story.id !== stripFor) {
    stripFor = story.id;
    const before = rememberedLevel();
    strip.set(before ?? MIDDLE, before !== null);
    if (before === null) sampler.lift();
    else sampler.held(before);
  }
  const own = scenesOwnStrip();
  if (own !== (strip.root.closest("[data-teller-panel]") !== null)) {
    part(own ? "[data-strip-guest]" : "[data-strip-home]", HTMLElement).append(strip.root);
    strip.range.setAttribute("aria-labelledby", own ? "own-question" : "question");
  }
  part("[data-teller-panel]", HTMLElement).classList.toggle("panel--strip", own);
  const running = room && you && story?.started_at && room.phase === "telling" && sampled(room, you);
  if (watched && (!running || watched.id !== story?.id)) stopWatching();
  if (!running || !room) return;
  watched = { id: story.id, startedAt: story.started_at ?? 0, rateHz: story.rate_hz ?? 4 };
  sampler.watch(watched);
  sampler.know({ until: room.paused ? null : room.ends_at, paused: Boolean(room.paused) });
}

function stopWatching() {
  if (!watched) return;
  const { id, startedAt, rateHz } = watched;
  const ended = room?.telling?.id === id ? room.telling.ended_at : null;
  if (ended) sampler.know({ until: ended });
  sampler.pump();
  sampler.watch(null);
  outbox.finish(id, ended ? Math.floor(((ended - startedAt) * rateHz) / 1000) - 1 : undefined);
  watched = null;
  flush();
}

/** Whether the strip is the teller's own dial now. */
function scenesOwnStrip() {
  return Boolean(room && you && room.phase === "telling" && room.telling?.source === "C" && partOf(room, you) === "teller");
}

let dialledAt = -Infinity;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let dialling;

/** @param {number} level */
function handMoved(level) {
  sampler.moved(level);
  rememberLevel(level);
  if (room?.phase === "telling") return;
  clearTimeout(dialling);
  dialling = setTimeout(
    () => {
      dialledAt = life();
      socket.say({ type: "dial.moved", level: strip.level });
    },
    Math.max(0, dialledAt + DIAL_MS - life()),
  );
}

/** @param {number} level */
function rememberLevel(level) {
  try {
    tabStorage()?.setItem(`strip:${seat}`, JSON.stringify({ telling: stripFor, level }));
  } catch {
    // A reload will ask for a new first touch.
  }
}

/** Where the hand was in this telling before a reload. @returns {number | null} */
function rememberedLevel() {
  try {
    const { telling: id, level } = JSON.parse(tabStorage()?.getItem(`strip:${seat}`) ?? "{}");
    return id === stripFor && typeof level === "number" ? level : null;
  } catch {
    return null;
  }
}

/** @returns {Storage | null} */
function tabStorage() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

/** @param {BeatPlaced & {line?: number}} beat */
function markBeat(beat) {
  if (!room?.telling) return;
  const { line, ...shownBeat } = beat;
  marked = [...marked, shownBeat];
  const said = line === undefined ? { words: beat.words ?? "" } : { line };
  tools.keep(`beat:${beat.id}`, {
    type: "beat.mark",
    telling: room.telling.id,
    beat: beat.id,
    tick: beat.tick,
    turn: beat.turn ?? true,
    ...said,
  });
  show();
}

/* ── The wire ───────────────────────────────────────────────────────────── */

const socket = new GameSocket({
  open: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, "mirror.v1"),
  hello: () => ({ type: "hello", protocol: 1, role: "player", key: seat, run: page }),
  onMessage: hear,
  onConnection(next) {
    const before = connection;
    connection = next;
    body.dataset.connection = next === "connecting" ? "reconnecting" : next;
    if (next === "reconnecting" && before === "live") voice.read(words["news.lost"] ?? "");
    if (next === "live" && before === "reconnecting") voice.read(words["news.back"] ?? "");
    show();
  },
});

/** Send what is due; false while nobody hears it. */
function flush() {
  if (socket.connection !== "live") return false;
  outbox.cut();
  for (const message of [...kept.pending(life()), ...outbox.pending(life())]) socket.say(message);
  return true;
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let pinging;
/** @param {number} sent */
function ping(sent) {
  clearTimeout(pinging);
  if (!socket.say({ type: "clock.ping", sent: life() })) return;
  pinging = setTimeout(() => ping(sent + 1), nextPingIn(sent + 1));
}

let drift = Date.now() - life();

/** Ten times a second: the hand is sampled. A device that slept must ask for the time before it goes on. */
function pump() {
  const drifted = Date.now() - life();
  if (Math.abs(drifted - drift) > SLEPT_MS) {
    clock.forget();
    ping(0);
    socket.nudge();
  }
  drift = drifted;
  sampler.pump();
}

/** @type {Set<string>} */
const warned = new Set();

/** Four times a second: what is left of the time. */
function tick() {
  if (!room) return;
  const now = clock.now();
  for (const box of all(".ring-box")) if (box.parentElement?.offsetParent) showRing(box, room, now);
  const left = msLeft(room, now);
  if (scene !== "telling" || room.paused || left === null) return;
  for (const seconds of [10, 30]) {
    const warning = `${room.telling?.id} ${room.ends_at} ${seconds}`;
    if (left > seconds * 1000 || left < seconds * 1000 - 3000 || warned.has(warning)) continue;
    warned.add(warning);
    voice.toast(words[`news.left${seconds}`] ?? "");
    navigator.vibrate?.(seconds === 10 ? [40, 60, 40] : 40);
  }
}

on("[data-pause]", "click", () => tools.keep("pause", { type: "telling.pause" }));
on("[data-resume]", "click", () => tools.keep("pause", { type: "telling.resume" }));
on("[data-another-name]", "click", () => tools.say({ type: "name.another" }));
on("[data-offer]", "change", (event) => {
  const { checked } = /** @type {HTMLInputElement} */ (event.target);
  tools.keep("offer", { type: "teller.offer", willing: checked });
});
on("[data-show-captions]", "change", (event) => {
  /** @type {HTMLInputElement} */ (event.target).dataset.chosen = "";
  show();
});
for (const tool of all("[data-pointer-only]")) tool.hidden = !matchMedia("(hover: hover) and (pointer: fine)").matches;

addEventListener("online", () => socket.nudge());
addEventListener("pageshow", (event) => event.persisted && socket.nudge());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  socket.nudge();
  ping(0);
});
addEventListener("pagehide", () => {
  sampler.pump();
  flush();
  outbox.keep();
});
setInterval(pump, 100);
setInterval(tick, 250);
setInterval(() => {
  if (!flush()) outbox.keep();
}, 1000);
sayAll(words, values());
socket.start();
