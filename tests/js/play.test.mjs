// What a room's state means for a seat, what a hand means for a level, what a teller means by a row.
import assert from "node:assert/strict";
import { test } from "node:test";

import { linesIn, merged, textOf, tickAt, timeOf } from "../../static/js/beats.js";
import { ownWords } from "../../static/js/reveal_mirror.js";
import { callOf, sampled, sceneOf } from "../../static/js/scene.js";
import { dragged, fifth, keyed, pointed, ZONES } from "../../static/js/strip.js";

const story = { id: "story", number: 1, teller: "ana", source: "A", mode: "spoken", started_at: 1000, rate_hz: 4 };
const room = (/** @type {string} */ phase, /** @type {any} */ telling = story) => /** @type {any} */ ({ version: 1, phase, telling });
const you = (/** @type {string} */ seat, part = "listener") => /** @type {any} */ ({ light: { seat }, part });

test("every phase has a scene for the teller, a listener and a witness", () => {
  const seen = ["lobby", "warmup", "preparing", "telling", "placing", "settling", "reveal", "debrief", "ended"].map((phase) => {
    const telling = ["lobby", "warmup", "ended"].includes(phase) ? null : story;
    return [you("ana", "teller"), you("ben"), you("eli", "witness")].map((who) => sceneOf(room(phase, telling), who, "live"));
  });

  assert.deepEqual(seen, [
    ["lobby", "lobby", "lobby"],
    ["warmup", "warmup", "warmup"],
    ["getready", "preparing", "preparing"],
    ["telling", "listening", "witnessing"],
    ["placing", "call", "waiting"],
    ["heard", "call", "waiting"],
    ["reveal", "reveal", "reveal"],
    ["debrief", "debrief", "debrief"],
    ["ended", "ended", "ended"],
  ]);
});

test("a page that was replaced says so whatever the room does, and one that is reconnecting plays on", () => {
  const shown = [/** @type {const} */ ("replaced"), /** @type {const} */ ("reconnecting")].map((connection) => sceneOf(room("telling"), you("ben"), connection));

  assert.deepEqual(shown, ["replaced", "listening"]);
});

test("the room's word on who tells counts before the seat's, which may come later", () => {
  assert.equal(sceneOf(room("preparing"), you("ana", "listener"), "live"), "getready");
});

test("listeners are sampled, witnesses are not, a teller only with a live dial", () => {
  const dial = { ...story, source: "C" };

  const who = [sampled(room("telling"), you("ben")), sampled(room("telling"), you("eli", "witness")), sampled(room("telling"), you("ana")), sampled(room("telling", dial), you("ana"))];

  assert.deepEqual(who, [true, false, false, true]);
});

test("the Call asks for the arc, for a worded beat, or for a third of the story", () => {
  const arcs = [{ key: "fall", words: "down" }];
  const beats = [{ id: "b2", tick: 40, words: "the phone" }, { id: "b1", tick: 8, words: "the door" }, { id: "b0", tick: 4 }];
  const placed = room("settling", { ...story, source: "B" });

  const asked = [callOf(room("settling"), "listener", arcs, beats), callOf(placed, "listener", arcs, beats), callOf(placed, "teller", arcs, beats.slice(1))];

  assert.deepEqual(asked, [
    { kind: "arc", choices: [{ key: "fall", words: "down", at: null }] },
    { kind: "beat", choices: [{ key: "b1", words: "the door", at: 2 }, { key: "b2", words: "the phone", at: 10 }] },
    { kind: "third", choices: ["start", "middle", "end"].map((key) => ({ key, words: "", at: null })) },
  ]);
});

test("a thumb moves the level from wherever it lands, and no further than the ends", () => {
  assert.deepEqual([dragged(500, 100, 600), dragged(500, -100, 600), dragged(900, 300, 600)], [700, 300, 1000]);
});

test("a tap puts the band into the middle of its zone", () => {
  assert.deepEqual(ZONES.map((_, i) => pointed(100 * (i + 0.5), 500)), ZONES);
});

test("keys write the same scale, and other keys nothing", () => {
  const keys = ["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", "1", "5", "x", "ArrowLeft"];

  assert.deepEqual(keys.map((key) => keyed(500, key)), [525, 475, 600, 400, 0, 1000, 24, 976, null, null]);
});

test("a level has one of five words", () => {
  assert.deepEqual([0, 199, 250, 500, 700, 850, 1000].map(fifth), [0, 0, 1, 2, 3, 4, 4]);
});

test("a beat's tick is the server's, pauses included", () => {
  assert.deepEqual([tickAt(/** @type {any} */ (story), 1000), tickAt(/** @type {any} */ (story), 11_130), tickAt(/** @type {any} */ (story), 900)], [0, 41, 0]);
});

test("beats from here and from the server are one list, and the server's word is kept", () => {
  const here = [{ id: "b1", tick: 8, words: "the door" }, { id: "b2", tick: 4 }];
  const there = [{ id: "b1", tick: 8, words: "the door", level: 300 }];

  assert.deepEqual(merged(here, there), [{ id: "b2", tick: 4 }, { id: "b1", tick: 8, words: "the door", level: 300 }]);
});

test("a moment is said in minutes and seconds", () => {
  assert.equal(timeOf({ tick: 4 * 83 }, 4), "1:23");
});

test("rows become lines: a star turns, brackets whisper", () => {
  const typed = "  It was dark. [slowly]\n\n* The phone rang.\n*\n* Nobody [wait] spoke. [long pause]\n";

  assert.deepEqual(linesIn(typed), [
    { words: "It was dark.", notes: "slowly", turn: true },
    { words: "The phone rang.", notes: "", turn: true },
    { words: "Nobody [wait] spoke.", notes: "long pause", turn: true },
  ]);
});

test("lines become rows and lines again", () => {
  const lines = [
    { words: "It was dark.", notes: "slowly", turn: true },
    { words: "Very dark.", notes: "", turn: false },
    { words: "The phone rang.", notes: "look up", turn: true },
  ];

  assert.deepEqual(linesIn(textOf(lines)), lines);
});

test("at most forty lines of 280 letters are taken", () => {
  const lines = linesIn(Array.from({ length: 50 }, () => "a".repeat(400)).join("\n"));

  assert.deepEqual([lines.length, lines[0].words.length], [40, 280]);
});

test("a listener's moment is named by its words, or else by its time; no reading has a reason", () => {
  const words = { "moment.turned": "at '{beat}' with {teller}", "moment.level_at": "at {time}, not {teller}", "own.none": "none: {reason}", "own.constant": "still" };
  /** @type {any[]} */
  const own = [
    { line: [], moment: { kind: "turned", at_s: 61, words: "The phone rang" } },
    { line: [], moment: { kind: "level", at_s: 61 } },
    { line: [], reason: "constant" },
    null,
  ];

  assert.deepEqual(own.map((each) => ownWords(each, "Ana", words)), ["at 'The phone rang' with Ana", "at 1:01, not Ana", "none: still", ""]);
});
