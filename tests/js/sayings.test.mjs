import assert from "node:assert/strict";
import { test } from "node:test";

import { callWords, revealWords, scoreWords } from "../../static/js/sayings.js";
import { counted, fill } from "../../static/js/words.js";

const words = {
  "verdict.in_step": "In step with {teller}.",
  "score.small": "{r}, {a} to {b}, chance {c}.",
  "score.interval": "{r}, {a} to {b}.",
  "score.pending": "Working.",
  "score.stuck": "Not this time.",
  "score.exploratory": "Exploratory.",
  "score.none": "No reading. {reason} Still here.",
  "score.none_plain": "No reading.",
  "reason.too_short": "Too short.",
  "reason.few_listeners": "Too few.",
  "call.arc": "{right} of {of}; about {expected}.",
  "call.beat": "{right} of {of} saw the split.",
  "call.answer": "It was {answer}.",
  "third.middle": "the middle",
  "reveal.teller": "{teller}'s line.",
  "reveal.no_teller": "No line.",
  "reveal.room": "The room.",
  "reveal.no_room": "No room line.",
  "reveal.none": "Nothing stood out.",
  "reveal.marks_pending": "Looking.",
  "reveal.marks_stuck": "Not found.",
  "reveal.updated": "Updated, {teller}.",
  "reveal.together": "Together.",
  heard: "Heard {level}.",
  "people.one": "{count} person",
  "people.other": "{count} people",
};
const ana = /** @type {any} */ ({ telling: "t", number: 1, teller_name: "Ana", teller: [500], room: { line: [400] } });
const none = { headline: "", verdict: "", small: "", call: "", heard: "", empty: "", note: "" };

test("score when beyond chance says its interval and its chance", () => {
  const said = scoreWords(
    /** @type {any} */ ({ verdict: "in_step", r: 0.62, low: 0.41, high: 0.77, chance: 0.3, exploratory: true }),
    "Ana", words, "en",
  );

  assert.deepEqual(said, { verdict: "In step with Ana.", small: "0.62, 0.41 to 0.77, chance 0.30. Exploratory." });
});

test("score when the chance is not known yet gives no verdict", () => {
  const said = scoreWords(/** @type {any} */ ({ pending: true, r: 0.5, low: 0.1, high: 0.7 }), "Ana", words, "en");

  assert.deepEqual(said, { verdict: "Working.", small: "0.50, 0.10 to 0.70." });
});

test("score when there is no interval shows no number", () => {
  const said = scoreWords(/** @type {any} */ ({ verdict: "in_step", r: 0.5 }), "Ana", words, "en");

  assert.deepEqual(said, { verdict: "In step with Ana.", small: "" });
});

test("score when there is no reading says why", () => {
  const said = [{ reason: "too_short" }, { reason: "unheard_of" }, {}].map(
    (score) => scoreWords(/** @type {any} */ (score), "Ana", words, "en").verdict,
  );

  assert.deepEqual(said, ["No reading. Too short. Still here.", "No reading.", "No reading."]);
});

test("call when an arc was found is the first headline", () => {
  const call = { kind: "arc", right: 9, of: 12, expected: 3, answer: "The long way down" };

  const said = revealWords({ ...ana, call }, 1, words, "en");

  assert.deepEqual(said, { ...none, headline: "9 of 12; about 3.", small: "Ana's line.", call: "It was The long way down." });
});

test("call when a beat was called names the beat or the third", () => {
  const beats = [{ id: "b7", at_s: 4, words: "the phone rang" }];
  const call = { kind: "beat", right: 1, of: 2, expected: 0.5 };

  const answers = ["b7", "middle", "gone"].map((answer) => callWords(/** @type {any} */ ({ ...ana, beats, call: { ...call, answer } }), words, "en").answer);

  assert.deepEqual(answers, ["It was the phone rang.", "It was the middle.", ""]);
});

test("call when nobody called is not spoken of", () => {
  const call = { kind: "arc", right: 0, of: 0, expected: 0 };

  assert.deepEqual(callWords(/** @type {any} */ ({ ...ana, call }), words, "en"), { found: "", answer: "" });
});

test("reveal when it goes on says one thing at a time", () => {
  const picture = { ...ana, marks: "none", score: { verdict: "in_step", r: 0.5, low: 0.4, high: 0.6, chance: 0.2 }, heard: 4 };

  const said = [1, 2, 3, 4].map((step) => revealWords(picture, step, words, "en"));

  assert.deepEqual(said, [
    { ...none, headline: "Ana's line." },
    { ...none, headline: "The room." },
    { ...none, headline: "Nothing stood out." },
    { ...none, headline: "In step with Ana.", small: "0.50, 0.40 to 0.60, chance 0.20.", heard: "Heard 4." },
  ]);
});

test("reveal while the comparison runs says so, and so it does when it was given up", () => {
  const pending = { ...ana, marks: "pending", score: { pending: true, r: 0.5, low: 0.1, high: 0.7 } };

  const said = ["comparing", "stuck"].map((progress) => [3, 4].map((step) => revealWords({ ...pending, progress }, step, words, "en")));

  const small = "0.50, 0.10 to 0.70.";
  assert.deepEqual(said, [
    [{ ...none, headline: "Looking." }, { ...none, headline: "Working.", small }],
    [{ ...none, headline: "Not found." }, { ...none, headline: "Not this time.", small }],
  ]);
});

test("reveal when it was computed anew says so beside the score, and nowhere once it was withdrawn", () => {
  const picture = { ...ana, progress: "updated", score: { verdict: "in_step" } };

  const said = [picture, { ...picture, teller_name: "" }].map((one) => revealWords(one, 4, words, "en").note);

  assert.deepEqual(said, ["Updated, Ana.", ""]);
});

test("reveal when too few listened says so instead of a line", () => {
  const said = revealWords({ ...ana, room: undefined, room_reason: "few_listeners" }, 2, words, "en");

  assert.deepEqual(said, { ...none, headline: "No room line.", small: "Too few." });
});

test("blanks when a value is missing stay", () => {
  assert.equal(fill("{a} and {b}", { a: 1 }), "1 and {b}");
  assert.equal(fill(undefined, {}), "");
});

test("counts when one and many", () => {
  assert.deepEqual([counted(words, "people", 1, "en"), counted(words, "people", 3412, "en")], ["1 person", "3,412 people"]);
});
