// @ts-check
/** A player's page: wires between the hand, the room and the panels that stand in the page already. */

import { merged } from "./beats.js";
import { calls } from "./calls.js";
import { Clock } from "./clock.js";
import { Hand } from "./hand.js";
import { Keep } from "./keep.js";
import { Link } from "./link.js";
import { Outbox } from "./outbox.js";
import { all, focusTitle, on, part, sayAll, showFor, Voice, write } from "./page.js";
import { heard, placing } from "./placing.js";
import { ready } from "./ready.js";
import { revealMirror } from "./reveal_mirror.js";
import { msLeft, showRing } from "./ring.js";
import { partOf, sceneOf } from "./scene.js";
import { fifth } from "./strip.js";
import { telling } from "./telling.js";
import { keepAwake } from "./wake.js";
import { fill, readWords } from "./words.js";

/** @typedef {import("./protocol").PublicRoom} PublicRoom */
/** @typedef {import("./protocol").You} You */
/** @typedef {import("./protocol").BeatPlaced} BeatPlaced */
/** @typedef {import("./protocol").CaptionShown} CaptionShown */
/** @typedef {import("./protocol").RevealShown} RevealShown */
/** @typedef {import("./protocol").ServerMessage} ServerMessage */
/** @typedef {import("./protocol").Refused} Refused */
/** @typedef {import("./page.js").Game} Game */
/** @typedef {import("./page.js").Tools} Tools */
/** @typedef {import("./socket.js").Connection} Connection */

const SHAPES = ["circle", "square", "triangle", "diamond", "hexagon", "star"];
const ASLEEP = ["lobby", "ended", "replaced", "removed", "gone", "outdated"];

const body = document.body;
const seat = body.dataset.key ?? "";
const storage = tabStorage();
const words = readWords(document);
const voice = new Voice();
const life = () => performance.now();
const newId = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** @type {PublicRoom | null} */
let room = null;
/** @type {You | null} */
let you = null;
/** @type {RevealShown | null} */
let shown = null;
/** @type {Map<string, CaptionShown>} */
let captions = new Map();
/** @type {BeatPlaced[]} marked on this page */
let marked = [];
let scene = "";
let veiled = "";
/** @type {Set<string>} */
const warned = new Set();

const clock = new Clock(life);
const outbox = new Outbox({ storage, seat, newRun: newId });
const kept = new Keep({ storage, seat });
const link = new Link({ seat, page: newId(), clock, outbox, kept, life, hear, onConnection });
const hand = new Hand({ seat, clock, outbox, storage, life, words: levelWords, say: (message) => link.say(message), onEnd: () => link.flush() });

/** @type {Tools} */
const tools = {
  words,
  now: () => clock.now(),
  keep: (key, message) => link.keep(key, message) || voice.read(words.offline ?? ""),
  say: (message) => link.say(message) || voice.toast(words.offline ?? ""),
  toast: (text) => voice.toast(text),
};
const panels = [ready(tools), telling(tools, markBeat, newId), placing(tools, levelWords), heard(tools), calls(tools), revealMirror(tools)];

/* ── What the room says ─────────────────────────────────────────────────── */

/** @param {ServerMessage} message */
function hear(message) {
  switch (message.type) {
    case "welcome":
    case "room.state":
      return know(message.room, message.you);
    case "room.changed":
      return know(message.room, null);
    case "you.changed":
      you = message.you;
      return show();
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
  if (refusal.of === "beat.mark") marked = marked.filter((beat) => beat.id !== refusal.beat);
  voice.toast(words[`refused.${refusal.code}`] ?? "");
  show();
}

/** @param {Connection} next @param {Connection} before */
function onConnection(next, before) {
  body.dataset.connection = next === "connecting" ? "reconnecting" : next;
  if (next === "reconnecting" && before === "live") voice.read(words["news.lost"] ?? "");
  if (next === "live" && before === "reconnecting") voice.read(words["news.back"] ?? "");
  show();
}

/** @param {BeatPlaced & {line?: number}} beat */
function markBeat({ line, ...beat }) {
  if (!room?.telling) return;
  marked = [...marked, beat];
  const said = line === undefined ? { words: beat.words ?? "" } : { line };
  const { id, tick, turn = true } = beat;
  tools.keep(`beat:${id}`, { type: "beat.mark", telling: room.telling.id, beat: id, tick, turn, ...said });
  show();
}

/* ── What the page shows ────────────────────────────────────────────────── */

/** What fills the blanks of the page's sentences. */
function values() {
  const story = room?.telling;
  return {
    teller: story?.teller_name || (words["play.someone"] ?? ""),
    low: story?.low || (words.low ?? ""),
    high: story?.high || (words.high ?? ""),
  };
}

/** What a level is called. @param {number} level */
function levelWords(level) {
  return fill(words[`level.${fifth(level)}`], values());
}

/** @returns {Game | null} */
function game() {
  if (!room || !you) return null;
  const story = room.telling ?? null;
  const role = partOf(room, you);
  const beats = role === "teller" ? merged(onTheWay(), marked, you.beats ?? []) : captioned();
  return { room, you, scene: sceneOf(room, you, link.connection), part: role, telling: story, beats, shown, values: values() };
}

/** Beats kept for the server from before a reload. @returns {BeatPlaced[]} */
function onTheWay() {
  return kept.messages.flatMap(({ message }) => {
    if (message.type !== "beat.mark" || message.telling !== room?.telling?.id) return [];
    return [{ id: message.beat, tick: message.tick, words: message.words, turn: message.turn ?? true }];
  });
}

/** The beats whose words everyone heard. */
function captioned() {
  const own = [...captions.values()].filter((caption) => caption.telling === room?.telling?.id);
  return merged(own.map(({ beat, tick, words: said }) => ({ id: beat, tick, words: said, turn: true })));
}

function show() {
  const now = game();
  const next = now?.scene ?? sceneOf(room, you, link.connection);
  const story = room?.telling;
  body.dataset.phase = room?.phase ?? "lobby";
  body.toggleAttribute("data-paused", Boolean(room?.paused));
  showFor({
    scenes: next,
    sources: story?.source ?? "",
    modes: story?.mode ?? "",
    displays: room?.display ?? "sealed",
    part: now?.part ?? "",
  });
  sayAll(words, values());
  if (now) showYou(now);
  hand.know(room, you);
  for (const panel of panels) if (now) panel.show(now);
  showVeil();
  keepAwake(!ASLEEP.includes(next));
  part(".play__header .pulse", HTMLElement).hidden = link.socket.over;
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
  for (const light of all("[data-own-light]")) light.dataset.shape = SHAPES[shape] ?? "circle";
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

/** A typed story may have no other way to a listener: its words are shown unless they were switched off.
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

/** @returns {Storage | null} */
function tabStorage() {
  try {
    return sessionStorage;
  } catch {
    return null;
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
addEventListener("pagehide", () => {
  hand.sampler.pump();
  link.flush();
  outbox.keep();
});
setInterval(() => {
  link.noticeSleep();
  hand.sampler.pump();
}, 100);
setInterval(tick, 250);
sayAll(words, values());
link.start();
