import assert from "node:assert/strict";
import { test } from "node:test";

import { gapFor } from "../../static/js/canvas.js";
import { leadLevel, nearRuns, places, restLevel } from "../../static/js/lights.js";
import { beatsSeen, heightOf, strands, told, weave } from "../../static/js/reel.js";
import { brightness } from "../../static/js/weave.js";

const room = { ends_at: 70_000, telling: { started_at: 10_000 } };

test("ribbon when time passes grows from nothing to all", () => {
  const shares = [0, 10_000, 40_000, 70_000, 99_000].map((now) => told(room, now));

  assert.deepEqual(shares, [0, 0, 0.5, 1, 1]);
});

test("ribbon when paused or not begun stands still", () => {
  assert.equal(told({ ...room, paused_at: 25_000 }, 60_000), 0.25);
  assert.equal(told({ ends_at: 5, telling: null }, 60_000), 0);
});

const ben = { number: 2, hue: 1, shape: 1 };
const eli = { number: 3, hue: 2, shape: 2 };

test("threads when hands are on are lit, and only those", () => {
  const found = strands([ben, eli], { threads: [3], hands: 1, listeners: 2 });

  assert.deepEqual(found, [
    { ...ben, lit: false },
    { ...eli, lit: true },
  ]);
});

test("threads when the room is too large to name stand for shares of it", () => {
  const found = strands([], { hands: 500, listeners: 2000 });

  assert.deepEqual([found.length, found.filter(({ lit }) => lit).length], [60, 15]);
});

test("threads when one more hand is on keep those that were lit", () => {
  const lit = (/** @type {number} */ hands) =>
    strands([], { hands, listeners: 50 }).filter((strand) => strand.lit).map(({ number }) => number);

  const [few, more] = [lit(20), lit(21)];

  assert.deepEqual(few.filter((number) => !more.includes(number)), []);
  assert.equal(more.length, 21);
});

test("threads when nobody listens", () => {
  assert.deepEqual(strands([], { hands: 0, listeners: 0 }), []);
});

test("beats when their count grows lie where the story was", () => {
  const seen = beatsSeen(beatsSeen([], 1, 4000), 3, 9000);

  assert.deepEqual(seen, [4000, 9000, 9000]);
  assert.deepEqual(beatsSeen(seen, 3, 12_000), seen);
});

test("strands when alone and many fill the height", () => {
  assert.deepEqual([heightOf(0, 1), heightOf(0, 3), heightOf(1, 3), heightOf(2, 3)], [0, -1, 0, 1]);
});

test("weave when anybody looks is the same wave for all and stays inside", () => {
  const values = Array.from({ length: 2000 }, (_, x) => Math.abs(weave(x, x % 12, 12)));

  assert.ok(Math.max(...values) <= 1);
});

test("neighbours when near each other are joined", () => {
  assert.deepEqual(nearRuns([500, 540, 900, 100, 120, 130], 70), [[0, 1], [3, 5]]);
  assert.deepEqual(nearRuns([500], 70), []);
  assert.deepEqual(nearRuns([], 70), []);
});

test("places when more people come than columns fit take more rows", () => {
  assert.deepEqual([0, 1, 11, 12, 30, 60].map((count) => places(count, 1000)), [
    { rows: 1, across: 1 },
    { rows: 1, across: 1 },
    { rows: 1, across: 11 },
    { rows: 2, across: 6 },
    { rows: 3, across: 10 },
    { rows: 4, across: 15 },
  ]);
});

test("leading light when it moves begins in the middle, stays on the strip and never jumps", () => {
  const path = Array.from({ length: 400 }, (_, tick) => leadLevel(tick * 50));
  const jumps = path.slice(1).map((level, index) => Math.abs(level - path[index]));

  assert.equal(path[0], 500);
  assert.ok(Math.min(...path) >= 0 && Math.max(...path) <= 1000);
  assert.ok(Math.max(...path) - Math.min(...path) > 500);
  assert.ok(Math.max(...jumps) < 40);
});

test("resting lights when nobody moves stay on the sky", () => {
  const levels = Array.from({ length: 60 }, (_, number) => restLevel(number, number * 977));

  assert.ok(Math.min(...levels) > 150 && Math.max(...levels) < 850);
});

test("garland when the reveal begins comes and goes", () => {
  assert.deepEqual([-1, 0, 3000, 8000, 20_000].map(brightness), [0, 0, 1, 0.5, 0]);
});

test("pictures when the machine is short of breath or motion unwelcome come less often", () => {
  assert.deepEqual([gapFor(16, false), gapFor(30, false), gapFor(80, false), gapFor(16, true)], [30, 60, 95, 500]);
});
