// @ts-check
// The projector's page: wires from the room's state to what hangs there already. It only listens.

import { Clock, nextPingIn } from "./clock.js";
import { LightField, leadLevel } from "./lights.js";
import { drawPicture } from "./picture.js";
import { Reel, beatsSeen, told } from "./reel.js";
import { dimming, msLeft, showRing } from "./ring.js";
import { counter, revealWords } from "./sayings.js";
import { GameSocket } from "./socket.js";
import { stageKeys } from "./stage_keys.js";
import { keepAwake } from "./wake.js";
import { CLOSENESS, Weave } from "./weave.js";
import { fill, readWords } from "./words.js";

/** @typedef {import("./protocol").PublicRoom} PublicRoom */
/** @typedef {import("./protocol").Person} Person */
/** @typedef {import("./protocol").ServerMessage} ServerMessage */
/** @typedef {import("./protocol").ReelGrew} ReelGrew */
/** @typedef {import("./protocol").RevealShown} RevealShown */
/** @typedef {import("./protocol").CaptionShown} CaptionShown */
/** @typedef {import("./protocol").CouplingUpdated} CouplingUpdated */

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function part(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} called ${id}`);
  return element;
}

const body = document.body;
const language = document.documentElement.lang || "en";
const words = readWords(document);
const count = counter(words, language);
const clock = new Clock();
const rings = ["pause", "warmup", "telling", "placing", "settling"].map((name) => ({ name, box: part(`${name}-ring`, HTMLElement) }));
const chart = part("picture", SVGSVGElement);
const smallChart = part("small-picture", SVGSVGElement);

/** @type {PublicRoom | null} */
let room = null;
/** @type {{count: number, people: Person[] | null}} */
let roster = { count: 0, people: [] };
/** @type {ReelGrew | null} */
let grew = null;
/** @type {number[]} */
let beats = [];
let reached = 0;
/** @type {Map<string, CaptionShown>} */
let captions = new Map();
/** @type {RevealShown | null} */
let shown = null;

const field = new LightField(part("sky-lights", HTMLElement), part("sky-threads", HTMLCanvasElement));
field.lead = () => (room?.phase === "warmup" && room.since ? leadLevel((room.paused_at ?? clock.now()) - room.since) : null);
const reel = new Reel(part("reel", HTMLCanvasElement), shareTold);
const weave = new Weave(part("backdrop", HTMLCanvasElement));

/** @param {string} id @param {string} text */
function say(id, text) {
  const element = part(id, HTMLElement);
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}

/** While a lost teller is waited for, the room's deadline is the waiting's, and the reel stands still. */
function shareTold() {
  if (room && room.paused !== "teller_gone") reached = told(room, clock.now());
  return reached;
}

/** What everyone knows has changed: show the scene it belongs to. @param {PublicRoom} next */
function showRoom(next) {
  if (room && next.version < room.version) return;
  const before = room;
  room = next;
  if (before?.telling?.id !== next.telling?.id) {
    captions = new Map();
    grew = null;
    beats = rememberedBeats();
    if (shown?.picture.telling !== next.telling?.id) shown = null;
  }
  body.dataset.phase = next.phase;
  body.dataset.mode = next.telling?.mode ?? "";
  body.toggleAttribute("data-paused", Boolean(next.paused));
  for (const scene of document.querySelectorAll("[data-scene]")) {
    const phases = (scene.getAttribute("data-scene") ?? "").split(" ");
    /** @type {HTMLElement} */ (scene).hidden = !phases.includes(next.phase);
  }
  for (const only of document.querySelectorAll("[data-only]")) {
    /** @type {HTMLElement} */ (only).hidden = only.getAttribute("data-only") !== next.phase;
  }
  fillWords(next);
  showPause(next);
  field.run(["lobby", "warmup"].includes(next.phase));
  reel.held = Boolean(next.paused);
  reel.run(next.phase === "telling");
  if (next.phase === "telling") showReel();
  if (["reveal", "debrief"].includes(next.phase)) showReveal();
  else weave.end();
  if (next.phase === "debrief") showDebrief(next);
  keepAwake(next.phase !== "ended");
  if (before?.phase !== next.phase) announce();
  tick();
}

/** @param {PublicRoom} next */
function fillWords(next) {
  const telling = next.telling;
  const values = {
    teller: telling?.teller_name || (words.someone ?? ""),
    title: telling?.title ?? "",
    low: telling?.low ?? "",
    high: telling?.high ?? "",
    number: telling?.number ?? "",
  };
  for (const element of document.querySelectorAll("[data-say]")) {
    const name = element.getAttribute("data-say") ?? "";
    if (name === "low" || name === "high") element.textContent = values[name];
    else element.textContent = fill(words[name === "story" && values.title ? "story.title" : name], values);
  }
  part("rehearsal", HTMLElement).hidden = !(values.low && values.high);
  say("story-number", telling ? fill(words.number, values) : "");
  part("locked", HTMLElement).hidden = !next.locked;
  part("practice", HTMLElement).hidden = next.display !== "open";
  part("sealed-why", HTMLElement).hidden = next.display === "open";
  part("live-score", HTMLElement).hidden = next.display !== "open";
  if (next.display === "open" && next.phase !== "telling") say("live-score", words["live.early"] ?? "");
  say("stories-told", next.told ? count("told", next.told) : "");
}

/** @param {PublicRoom} next */
function showPause(next) {
  part("pause", HTMLElement).hidden = !next.paused;
  if (!next.paused) return;
  const teller = next.telling?.teller_name || (words.someone ?? "");
  say("pause-words", next.paused === "teller_gone" ? fill(words.teller_gone, { teller }) : (words.breath ?? ""));
}

/** @param {number} number @param {Person[] | null} people */
function showRoster(number, people) {
  roster = { count: number, people };
  field.roster(people, number);
  say("people-count", number > 0 ? count("people", number) : "");
  say("sky-count", people ? "" : new Intl.NumberFormat(language).format(number));
  if (room?.phase === "telling") showReel();
}

function showReel() {
  const teller = room?.telling?.teller;
  const people = (roster.people ?? [])
    .filter((person) => person.light.seat !== teller)
    .map(({ light }) => ({ number: light.number, hue: light.colour, shape: light.shape }))
    .sort((a, b) => a.number - b.number);
  const news = grew ?? { hands: 0, listeners: people.length, threads: roster.people ? [] : null, sealed: 0, glow: null };
  const span = (room?.ends_at ?? 0) - (room?.telling?.started_at ?? 0);
  if (room?.paused !== "teller_gone") reel.show(people, news, beats.map((ms) => ms / span));
  say("sealed", count("sealed", news.sealed));
  say("hands", count("hands", news.hands));
  const glow = room?.display === "glow" ? news.glow : null;
  const percent = new Intl.NumberFormat(language, { style: "percent" }).format(glow ?? 0);
  say("glow", glow === null || glow === undefined ? "" : fill(words.glow, { percent }));
  part("reel", HTMLElement).toggleAttribute("data-glow", typeof glow === "number");
  part("reel", HTMLElement).style.setProperty("--glow-share", String(glow ?? 0));
}

/** When each beat passed, in ms since the story began, kept over a reload of this page. */
function rememberedBeats() {
  try {
    return /** @type {number[]} */ (JSON.parse(sessionStorage.getItem(`reel.${room?.telling?.id}`) ?? "[]"));
  } catch {
    return [];
  }
}

/** @param {ReelGrew} news */
function grow(news) {
  grew = news;
  const passed = beatsSeen(beats, news.beats, clock.now() - (room?.telling?.started_at ?? clock.now()));
  if (passed.length !== beats.length && room?.telling) {
    sessionStorage.setItem(`reel.${room.telling.id}`, JSON.stringify(passed));
  }
  beats = passed;
  if (room?.phase === "telling") showReel();
}

/** @param {CaptionShown} caption */
function showCaption(caption) {
  if (caption.telling !== room?.telling?.id) return;
  captions.set(caption.beat, caption);
  const spoken = [...captions.values()].filter(({ words: text }) => text).sort((a, b) => a.tick - b.tick);
  const [before, now] = [spoken[spoken.length - 2], spoken[spoken.length - 1]];
  const line = part("caption", HTMLElement);
  const earlier = document.createElement("span");
  earlier.className = "caption__before";
  earlier.textContent = before?.words ?? "";
  line.replaceChildren(...(before ? [earlier] : []), now?.words ?? "");
  line.toggleAttribute("data-long", (now?.words ?? "").length > 110);
}

/** @param {CouplingUpdated} news */
function showLive({ score }) {
  if (room?.display !== "open") return;
  say("live-score", score === null ? (words["live.early"] ?? "") : fill(words.live, { score }));
}

function showReveal() {
  if (!shown || !room) return;
  const { step, picture } = shown;
  const said = revealWords(picture, step, words, language);
  say("reveal-headline", said.headline);
  say("reveal-verdict", said.verdict);
  say("reveal-small", said.small);
  say("reveal-call", said.call);
  say("reveal-heard", said.heard);
  say("reveal-note", said.note);
  say("picture-empty", said.empty);
  [...part("reveal-steps", HTMLElement).children].forEach((dot, index) => dot.toggleAttribute("data-done", index < step));
  body.dataset.step = String(step);
  drawShown();
}

/** Draws what is open, in whichever picture is to be seen. */
function drawShown() {
  if (!shown) return;
  for (const svg of [chart, smallChart]) svg.toggleAttribute("hidden", !shown.picture.teller_name);
  if (room?.phase === "reveal") drawPicture(chart, shown.picture, shown.step, words);
  if (room?.phase === "debrief") drawPicture(smallChart, shown.picture, 4, words, { still: true });
}

/** @param {RevealShown} news */
function reveal(news) {
  const before = shown;
  const same = before?.picture.telling === news.picture.telling;
  shown = news;
  showReveal();
  if (room?.phase === "debrief") showDebrief(room);
  if (room?.phase !== "reveal") return;
  const verdict = news.picture.score?.verdict;
  if (news.step === 1 && !(same && before?.step === 1)) weave.begin(0.4);
  else if (news.step >= 4 && verdict && !(same && before?.picture.score?.verdict)) weave.begin(CLOSENESS[verdict] ?? 0.4);
  announce();
}

/** @param {PublicRoom} next */
function showDebrief(next) {
  const questions = [...part("questions", HTMLElement).children].map((item) => item.textContent?.trim() ?? "");
  const number = next.telling?.number ?? 1;
  say("question", questions.length > 0 ? questions[(number - 1) % questions.length] : "");
  const replay = shown?.picture.replay;
  const image = part("replay-qr", HTMLImageElement);
  part("take-home", HTMLElement).hidden = !replay;
  if (replay) {
    const path = `/r/${replay}.svg`;
    if (!image.src.endsWith(path)) image.src = path;
  }
}

/** Tells a screen reader what a glance would tell. */
function announce() {
  const scene = [...document.querySelectorAll("[data-scene]")].find((each) => !(/** @type {HTMLElement} */ (each).hidden));
  const heading = scene?.querySelector("h1:not([hidden])");
  part("announcer", HTMLElement).textContent = heading?.textContent ?? "";
}

/** Four times a second: rings and house lights. */
function tick() {
  if (!room) return;
  const now = clock.now();
  for (const { name, box } of rings) {
    const wanted = name === "pause" ? room.paused === "teller_gone" : name === room.phase && room.paused !== "teller_gone";
    if (wanted) showRing(box, room, now);
    else box.hidden = true;
  }
  const dim = room.phase === "telling" && !room.paused ? dimming(msLeft(room, now)) : 0;
  body.toggleAttribute("data-dim", dim > 0);
  body.style.setProperty("--dim", dim.toFixed(2));
}

/** @param {ServerMessage} message */
function hear(message) {
  switch (message.type) {
    case "welcome":
      clock.welcome(message.at, message.clock_rate);
      clock.ask();
      ping(0);
      return showRoom(message.room);
    case "room.changed":
    case "room.state":
      return showRoom(message.room);
    case "clock.pong":
      return clock.pong(message.sent, message.at);
    case "roster.updated":
      return showRoster(message.count, message.people ?? null);
    case "lights.moved":
      return field.move(message.lights);
    case "reel.grew":
      return grow(message);
    case "caption.shown":
      return showCaption(message);
    case "coupling.updated":
      return showLive(message);
    case "reveal.shown":
      return reveal(message);
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let pinging;
/** @param {number} sent */
function ping(sent) {
  clearTimeout(pinging);
  if (!socket.say({ type: "clock.ping", sent: performance.now() })) return;
  pinging = setTimeout(() => ping(sent + 1), nextPingIn(sent + 1));
}

const socket = new GameSocket({
  open: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, "mirror.v1"),
  hello: () => ({ type: "hello", protocol: 1, role: "stage", key: body.dataset.key ?? "" }),
  onMessage: hear,
  onConnection: (connection) => {
    const lost = ["replaced", "removed", "gone", "outdated"].includes(connection);
    if (connection === "gone" && room) showRoom({ ...room, phase: "ended", paused: null });
    body.dataset.connection = lost ? "lost" : connection === "live" ? "live" : "reconnecting";
  },
});

let redraw = 0;
const watcher = new ResizeObserver(() => {
  cancelAnimationFrame(redraw);
  redraw = requestAnimationFrame(drawShown);
});
watcher.observe(chart);
watcher.observe(smallChart);
stageKeys();
addEventListener("online", () => socket.nudge());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && socket.nudge());
setInterval(tick, 250);
socket.start();
