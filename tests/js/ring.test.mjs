import assert from "node:assert/strict";
import { test } from "node:test";

import { dimming, msLeft, shareLeft, spanOf } from "../../static/js/ring.js";

const telling = { phase: "telling", ends_at: 70_000, telling: { started_at: 10_000 } };

test("ring when a story runs counts from its start", () => {
  const shares = [10_000, 40_000, 70_000, 90_000].map((now) => shareLeft(telling, now));

  assert.deepEqual(shares, [1, 0.5, 0, 0]);
});

test("ring when only people move the room on is not there", () => {
  const debrief = { phase: "debrief", since: 5, ends_at: null };

  assert.deepEqual([spanOf(debrief), shareLeft(debrief, 9), msLeft(debrief, 9)], [null, null, null]);
});

test("ring when the room takes a breath stands still", () => {
  const paused = { ...telling, paused: "breath", paused_at: 40_000 };

  assert.deepEqual([msLeft(paused, 41_000), msLeft(paused, 69_000)], [30_000, 30_000]);
});

test("ring when a teller is waited for counts the waiting", () => {
  const waiting = { ...telling, paused: "teller_gone", paused_at: 40_000, ends_at: 160_000 };

  assert.deepEqual([spanOf(waiting), shareLeft(waiting, 100_000)], [{ from: 40_000, to: 160_000 }, 0.5]);
});

test("ring when the clock is behind the start never shows more than all", () => {
  assert.equal(shareLeft(telling, 0), 1);
});

test("house lights when the end comes near go down over ten seconds", () => {
  assert.deepEqual([null, 60_000, 10_000, 5000, 0].map(dimming), [0, 0, 0, 0.5, 1]);
});
