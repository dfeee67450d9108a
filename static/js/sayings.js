// @ts-check
// What is said about a picture: which sentence fits, and the numbers in it. Never a number without its interval.

import { counted, fill } from "./words.js";

/** @typedef {import("./protocol").Picture} Picture */
/** @typedef {import("./protocol").Score} Score */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {{headline: string, verdict: string, small: string, call: string, heard: string, empty: string, note: string}} Said */

/**
 * A reason in words; nothing for a reason this page does not know.
 * @param {string | null | undefined} reason
 * @param {Words} words
 */
const because = (reason, words) => (reason ? (words[`reason.${reason}`] ?? "") : "");

/**
 * The verdict's sentence and its small print.
 * @param {Score} score
 * @param {string} teller
 * @param {Words} words
 * @param {string} language
 * @param {Picture["progress"]} [progress] how far the comparison with chance is
 */
export function scoreWords(score, teller, words, language, progress) {
  const two = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const number = (/** @type {number | null | undefined} */ value) => (value === null || value === undefined ? null : two.format(value));
  const [r, a, b, c] = [number(score.r), number(score.low), number(score.high), number(score.chance)];
  const known = a !== null && b !== null;
  const small = r === null || !known ? "" : fill(words[c === null ? "score.interval" : "score.small"], { r, a, b, c: c ?? "" });
  if (score.verdict) {
    const notes = score.exploratory ? [small, words["score.exploratory"]] : [small];
    return { verdict: fill(words[`verdict.${score.verdict}`], { teller }), small: notes.filter(Boolean).join(" ") };
  }
  if (score.pending) return { verdict: words[progress === "stuck" ? "score.stuck" : "score.pending"] ?? "", small };
  const reason = because(score.reason, words);
  return { verdict: reason ? fill(words["score.none"], { reason }) : (words["score.none_plain"] ?? ""), small: "" };
}

/**
 * The Call against guessing.
 * @param {Picture} picture
 * @param {Words} words
 * @param {string} language
 */
export function callWords(picture, words, language) {
  const call = picture.call;
  if (!call || call.of === 0) return { found: "", answer: "" };
  const expected = new Intl.NumberFormat(language, { maximumFractionDigits: call.expected < 10 ? 1 : 0 }).format(call.expected);
  const beat = picture.beats?.find(({ id }) => id === call.answer);
  const answer = call.kind === "arc" ? call.answer : (beat?.words ?? words[`third.${call.answer}`]);
  return {
    found: fill(words[`call.${call.kind}`], { right: call.right, of: call.of, expected }),
    answer: answer ? fill(words["call.answer"], { answer }) : "",
  };
}

/**
 * Everything that is said beside the picture at a step of the reveal.
 * @param {Picture} picture
 * @param {number} step
 * @param {Words} words
 * @param {string} language
 * @returns {Said}
 */
export function revealWords(picture, step, words, language) {
  const teller = picture.teller_name;
  const say = (/** @type {string} */ name) => fill(words[name], { teller });
  const { found, answer } = callWords(picture, words, language);
  const said = { headline: "", verdict: "", small: "", call: "", heard: "", empty: "", note: picture.progress === "updated" ? say("reveal.updated") : "" };
  // An empty picture: its teller took the story back.
  if (!teller) return { ...said, headline: say("reveal.withdrawn"), note: "" };
  if (!picture.teller && picture.teller_reason) said.empty = because(picture.teller_reason, words) || say("reveal.no_teller");
  if (step <= 1) {
    const line = say(picture.teller ? "reveal.teller" : "reveal.no_teller");
    return found && picture.call?.kind === "arc" ? { ...said, headline: found, small: line, call: answer } : { ...said, headline: line };
  }
  if (step === 2) {
    const headline = say(picture.room || picture.table?.length ? "reveal.room" : "reveal.no_room");
    return { ...said, headline, small: picture.room ? "" : because(picture.room_reason, words), call: picture.call?.kind === "arc" ? found : "" };
  }
  if (step === 3) {
    const call = picture.call?.kind === "beat" ? [found, answer].filter(Boolean).join(" ") : "";
    return { ...said, headline: say(markName(picture)), call };
  }
  const score = scoreWords(picture.score ?? { listeners: 0, exploratory: false, pending: false }, teller, words, language, picture.progress);
  const heard = picture.heard === null || picture.heard === undefined ? "" : fill(words.heard, { teller, level: picture.heard });
  const practice = picture.open_play ? say("practice") : "";
  return { ...said, headline: score.verdict, small: [score.small, practice].filter(Boolean).join(" "), heard };
}

/** @param {Picture} picture */
function markName(picture) {
  if (picture.marks === "pending") return picture.progress === "stuck" ? "reveal.marks_stuck" : "reveal.marks_pending";
  if (picture.together && picture.apart) return "reveal.marks";
  if (picture.together) return "reveal.together";
  return picture.apart ? "reveal.apart" : "reveal.none";
}

/**
 * "3 412 moments sealed" and the like, in the page's language.
 * @param {Words} words
 * @param {string} language
 */
export const counter = (words, language) => (/** @type {string} */ name, /** @type {number} */ count) => counted(words, name, count, language);
