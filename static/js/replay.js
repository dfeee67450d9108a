// @ts-check
// The replay's page: the whole picture, its steps again, and a finger on any moment of it.

import { levelAt, minutes, secondsAt, secondsOf } from "./geometry.js";
import { drawPicture, pointAt } from "./picture.js";
import { callWords, revealWords, scoreWords } from "./sayings.js";
import { fill, readWords } from "./words.js";

/** @typedef {import("./protocol").Picture} Picture */

const words = readWords(document);
const language = document.documentElement.lang || "en";
let picture = /** @type {Picture} */ (JSON.parse(document.getElementById("picture-json")?.textContent ?? "{}"));
const chart = /** @type {SVGSVGElement | null} */ (document.querySelector("svg#picture"));
const time = /** @type {HTMLInputElement | null} */ (document.getElementById("time"));
const seconds = secondsOf(picture);
const PATIENCE_MS = 3000;
const MOST_LOOKS = 60;
let step = 4;
/** @type {number | null} */
let moment = null;
/** @type {ReturnType<typeof drawPicture> | null} */
let frame = null;

/** @param {string} id @param {string} text */
function say(id, text) {
  const element = document.getElementById(id);
  if (!element) return;
  element.textContent = text;
  element.hidden = !text;
}

/** @param {boolean} still */
function draw(still) {
  if (!chart) return;
  frame = drawPicture(chart, picture, step, words, { still });
  pointAt(chart, picture, frame, moment);
}

/** @param {number} wanted */
function show(wanted) {
  step = wanted;
  for (const button of document.querySelectorAll("#steps [data-step]")) {
    button.setAttribute("aria-pressed", String(Number(button.getAttribute("data-step")) === step));
  }
  draw(false);
}

/** @param {number} at seconds */
function point(at) {
  moment = at;
  if (time && Number(time.value) !== at) time.value = String(at);
  const rate = picture.rate_hz ?? 4;
  const said = [fill(words.moment, { time: minutes(at) })];
  const teller = levelAt(picture.teller, rate, at);
  const room = step >= 2 ? levelAt(picture.room?.line, rate, at) : null;
  if (teller !== null) said.push(fill(words["moment.teller"], { teller: picture.teller_name, level: Math.round(teller / 10) }));
  if (room !== null) said.push(fill(words["moment.room"], { level: Math.round(room / 10) }));
  const text = said.join(" · ");
  const output = document.getElementById("moment");
  if (output) output.textContent = text;
  time?.setAttribute("aria-valuetext", text);
  if (chart && frame) pointAt(chart, picture, frame, at);
}

function saySo() {
  const score = scoreWords(picture.score ?? { listeners: 0, exploratory: false, pending: false }, picture.teller_name, words, language, picture.progress);
  const all = revealWords(picture, 4, words, language);
  say("summary", score.verdict);
  say("score-words", all.small);
  say("marks-words", picture.marks ? revealWords(picture, 3, words, language).headline : "");
  say("call-words", Object.values(callWords(picture, words, language)).filter(Boolean).join(" "));
  say("heard-words", all.heard);
  say("picture-empty", all.empty);
  say("note-words", all.note);
}

/**
 * While the comparison runs, look again now and then: the page completes itself.
 * @param {number} left
 */
function lookAgain(left) {
  if (picture.progress !== "comparing" || left === 0) return;
  setTimeout(async () => {
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      picture = await answer.json();
      saySo();
      draw(true);
    } catch {
      // The network is away: the next look may find it.
    }
    lookAgain(left - 1);
  }, PATIENCE_MS);
}

function begin() {
  if (!chart) return;
  saySo();
  for (const name of ["steps", "scrub", "print"]) document.getElementById(name)?.removeAttribute("hidden");
  for (const button of document.querySelectorAll("#steps [data-step]")) {
    button.addEventListener("click", () => show(Number(button.getAttribute("data-step"))));
  }
  if (time) {
    time.max = String(Math.floor(seconds));
    time.addEventListener("input", () => point(Number(time.value)));
  }
  chart.addEventListener("pointermove", (event) => {
    if (!frame) return;
    const box = chart.getBoundingClientRect();
    point(Math.round(secondsAt(frame, ((event.clientX - box.left) / box.width) * frame.width)));
  });
  document.getElementById("print")?.addEventListener("click", () => print());
  draw(true);
  new ResizeObserver(() => requestAnimationFrame(() => draw(true))).observe(chart);
  lookAgain(MOST_LOOKS);
}

begin();
