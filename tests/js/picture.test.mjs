import assert from "node:assert/strict";
import { test } from "node:test";

import {
  levelAt,
  linePath,
  minutes,
  outline,
  overlap,
  placeWords,
  ribbonPath,
  secondsAt,
  secondsOf,
  spread,
  stretches,
  thin,
  ticks,
  wrap,
  xOf,
  yOf,
} from "../../static/js/geometry.js";
import { describe, openParts } from "../../static/js/picture.js";

const frame = { width: 120, height: 140, left: 10, right: 10, top: 20, bottom: 20, seconds: 10 };

test("scales when time and level run over the frame", () => {
  const corners = [xOf(frame, 0), xOf(frame, 10), yOf(frame, 0), yOf(frame, 1000), yOf(frame, 1200)];

  assert.deepEqual(corners, [10, 110, 120, 20, 20]);
});

test("seconds at a place when pointed inside and outside the lines", () => {
  const found = [secondsAt(frame, 60), secondsAt(frame, -50), secondsAt(frame, 500)];

  assert.deepEqual(found, [5, 0, 10]);
});

test("length when the picture does not say it", () => {
  const spoken = secondsOf({ rate_hz: 4, teller: [1, 2, 3, 4], room: { line: [1, 2, 3, 4, 5, 6, 7, 8] } });

  assert.deepEqual([spoken, secondsOf({ seconds: 9, teller: [1] }), secondsOf({})], [2, 9, 0]);
});

test("stretches when there are gaps", () => {
  const found = stretches([null, 1, 2, null, null, 0, null]);

  assert.deepEqual(found, [
    { from: 1, values: [1, 2] },
    { from: 5, values: [0] },
  ]);
});

test("line when silent in the middle never bridges the gap", () => {
  const path = linePath([0, 1000, null, 500], 1, frame);

  assert.equal(path, "M10 120L20 20M40 70h0");
});

test("line when nobody spoke", () => {
  assert.equal(linePath([null, null], 4, frame), "");
});

test("ribbon when one edge is silent", () => {
  const path = ribbonPath([0, 0, 0, 100], [1000, 1000, null, 200], 1, frame);

  assert.equal(path, "M10 20L20 20L20 120L10 120ZM40 100L40 110Z");
});

test("thin when there are too many points keeps every peak", () => {
  const points = Array.from({ length: 1000 }, (_, x) => ({ x, y: x === 377 ? 900 : x === 801 ? -900 : x % 7 }));

  const kept = thin(points, 100);

  assert.ok(kept.length <= 100);
  assert.deepEqual([Math.max(...kept.map((p) => p.y)), Math.min(...kept.map((p) => p.y))], [900, -900]);
  assert.deepEqual([kept[0].x, kept[kept.length - 1].x], [0, 999]);
  assert.ok(kept.every((point, index) => index === 0 || point.x > kept[index - 1].x));
});

test("thin when there are few points changes nothing", () => {
  const points = [{ x: 0, y: 0 }, { x: 1, y: 5 }];

  assert.equal(thin(points, 4), points);
});

test("level at a moment when the sample itself is missing", () => {
  const values = [100, null, null, null, null, null, null, 700];

  const found = [levelAt(values, 4, 0.25), levelAt(values, 4, 1.5), levelAt(values, 4, 40), levelAt(null, 4, 0)];

  assert.deepEqual(found, [100, 700, null, null]);
});

test("ticks when stories are short and long", () => {
  assert.deepEqual(ticks(30, 600), [0, 5, 10, 15, 20, 25, 30]);
  assert.deepEqual(ticks(300, 300), [0, 120, 240]);
  assert.deepEqual(ticks(0, 600), [0]);
});

test("minutes when read", () => {
  assert.deepEqual([minutes(0), minutes(65.9), minutes(600), minutes(-3)], ["0:00", "1:05", "10:00", "0:00"]);
});

test("wrap when words are long, many and none", () => {
  assert.deepEqual(wrap("and then the phone rang", 12, 2), ["and then the", "phone rang"]);
  assert.deepEqual(wrap("one two three four five six", 9, 2), ["one two", "three…"]);
  assert.deepEqual(wrap("Donaudampfschifffahrt", 8, 2), ["Donaudam…"]);
  assert.deepEqual(wrap("", 8, 2), []);
});

test("words when beats are close together never lie on each other", () => {
  const wide = { width: 800, height: 400, left: 40, right: 100, top: 30, bottom: 40, seconds: 60 };
  const beats = [100, 130, 160, 400].map((x, index) => ({ x, y: 200, words: `the phone rang ${index}` }));

  const boxes = placeWords(beats, [], wide, 16).flatMap((place) => (place ? [place.box] : []));

  assert.equal(boxes.length, 4);
  const pairs = boxes.flatMap((a, i) => boxes.slice(i + 1).map((b) => overlap(a, b)));
  assert.deepEqual(new Set(pairs), new Set([false]));
  assert.ok(boxes.every((box) => box.x >= wide.left && box.x + box.width <= wide.width - wide.right));
});

test("words when a line runs above the beat go below it", () => {
  const wide = { width: 800, height: 400, left: 40, right: 100, top: 30, bottom: 40, seconds: 60 };
  const above = Array.from({ length: 100 }, (_, index) => ({ x: 350 + index, y: 165 }));

  const [place] = placeWords([{ x: 400, y: 200, words: "the phone rang" }], above, wide, 16);

  assert.ok(place && place.box.y > 200);
});

test("words when there are none", () => {
  assert.deepEqual(placeWords([{ x: 50, y: 50, words: "" }], [], frame, 10), [null]);
});

test("names at the ends when lines end at the same height", () => {
  assert.deepEqual(spread([100, 100], 20), [90, 110]);
  assert.deepEqual(spread([10, 200], 20), [10, 200]);
});

test("outline when a line is spoken and when it is not", () => {
  assert.deepEqual(outline([null, 500, 900, 100, 200], 1), { start: 50, end: 20, highest: 2, lowest: 3 });
  assert.equal(outline([null], 1), null);
});

const words = {
  "picture.teller_goes": "{teller}: {start} to {end}, {highest}, {lowest}.",
  "picture.room_goes": "Room: {start} to {end}.",
  "picture.apart_from": "Apart {from} to {to}.",
};
const picture = /** @type {any} */ ({
  telling: "t",
  number: 1,
  teller_name: "Ana",
  rate_hz: 1,
  teller: [0, 1000],
  room: { line: [100, 900] },
  apart: { from_s: 5, to_s: 15 },
  score: { verdict: "in_step" },
});

test("parts when the reveal goes on open one by one", () => {
  const shown = [1, 2, 3, 4].map((step) => Object.values(openParts(picture, step)));

  assert.deepEqual(shown, [
    [true, false, false, false, false],
    [true, true, false, false, false],
    [true, true, false, true, false],
    [true, true, false, true, true],
  ]);
});

test("description when a step is closed keeps silent about it", () => {
  assert.equal(describe(picture, 1, words), "Ana: 0 to 100, 0:01, 0:00.");
  assert.equal(describe(picture, 3, words), "Ana: 0 to 100, 0:01, 0:00. Room: 10 to 90. Apart 0:05 to 0:15.");
});
