// Every tick takes the level the hand had at that time, and nothing is made up.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Sampler } from "../../static/js/sampler.js";

/** A life in which the server's clock agrees with ours; a story that began at 1000 with 4 ticks a second. */
function life({ rate = 1 } = {}) {
  const now = { ms: 1000 };
  /** @type {[number, number][]} */
  const felt = [];
  const clock = { now: () => now.ms * rate, rate, synced: true };
  const sampler = new Sampler({ clock, real: () => now.ms, record: (_, tick, level) => felt.push([tick, level]) });
  const pass = (/** @type {number} */ ms, step = 100) => {
    for (let left = ms; left > 0; left -= step) {
      now.ms += Math.min(step, left);
      sampler.pump();
    }
  };
  return { now, felt, clock, sampler, pass };
}

const story = { id: "story", startedAt: 1000, rateHz: 4 };

test("the last level is held at every tick", () => {
  const { felt, sampler, pass } = life();
  sampler.watch(story);

  sampler.moved(700);
  pass(600);
  sampler.moved(300);
  pass(500);

  assert.deepEqual(felt, [[1, 700], [2, 700], [3, 300], [4, 300]]);
});

test("a tick takes the level of its own time, not of the time it is asked for", () => {
  const { felt, now, sampler } = life();
  sampler.watch(story);
  sampler.moved(100);
  now.ms = 1240;
  sampler.moved(200);
  now.ms = 1260;
  sampler.moved(300);

  now.ms = 1600;
  sampler.pump();

  assert.deepEqual(felt, [[1, 200], [2, 300]]);
});

test("before the first touch nothing is recorded", () => {
  const { felt, sampler, pass } = life();
  sampler.watch(story);

  pass(600);
  sampler.moved(500);
  pass(400);

  assert.deepEqual(felt, [[3, 500], [4, 500]]);
});

test("a level from before a reload counts from the first tick on", () => {
  const { felt, sampler, pass } = life();
  sampler.held(640);
  sampler.watch(story);

  pass(300);

  assert.deepEqual(felt, [[1, 640]]);
});

test("who comes late begins at the next tick", () => {
  const { felt, now, sampler, pass } = life();
  now.ms = 10_900;
  sampler.held(640);
  sampler.watch(story);

  pass(400);

  assert.deepEqual(felt, [[40, 640], [41, 640]]);
});

test("a page that was frozen leaves a gap", () => {
  const { felt, now, sampler, pass } = life();
  sampler.watch(story);
  sampler.moved(800);
  pass(500);
  now.ms += 60_000;
  pass(500);

  assert.deepEqual(felt, [[1, 800], [2, 800], [243, 800], [244, 800]]);
});

test("a tab that is slowed down to one beat a second loses nothing", () => {
  const { felt, sampler, pass } = life();
  sampler.watch(story);
  sampler.moved(800);

  pass(4000, 1000);

  assert.deepEqual(felt.map(([tick]) => tick), Array.from({ length: 16 }, (_, i) => i + 1));
});

test("nothing is sampled while the room takes a breath, and time goes on under it", () => {
  const { felt, sampler, pass } = life();
  sampler.watch(story);
  sampler.moved(800);
  pass(500);

  sampler.know({ paused: true });
  pass(1000);
  sampler.know({ paused: false });
  pass(500);

  assert.deepEqual(felt.map(([tick]) => tick), [1, 2, 7, 8]);
});

test("nothing is sampled after the end, and an extension brings back what it gave", () => {
  const { felt, sampler, pass } = life();
  sampler.watch(story);
  sampler.moved(800);
  sampler.know({ until: 1600 });
  pass(1000);
  const atTheEnd = felt.length;

  sampler.know({ until: 30_000 });
  sampler.pump();

  assert.deepEqual([atTheEnd, felt.map(([tick]) => tick)], [2, [1, 2, 3, 4]]);
});

test("without a clock that is sure of itself nothing is sampled", () => {
  const { felt, clock, sampler, pass } = life();
  clock.synced = false;
  sampler.moved(800);
  sampler.watch(story);
  pass(500);

  clock.synced = true;
  pass(600);

  assert.deepEqual(felt, [[3, 800], [4, 800]]);
});

test("a server that lives twenty times as fast gets all its ticks", () => {
  const { felt, now, sampler, pass } = life({ rate: 20 });
  now.ms = 1000;
  sampler.watch({ id: "story", startedAt: 20_000, rateHz: 4 });
  sampler.moved(800);

  pass(1000);

  assert.deepEqual(felt.map(([tick]) => tick), Array.from({ length: 80 }, (_, i) => i + 1));
});

test("a clock that leaps ahead after a sleep leaves a gap", () => {
  const now = { ms: 1000, ahead: 0 };
  /** @type {number[]} */
  const felt = [];
  const clock = { now: () => now.ms + now.ahead, rate: 1, synced: true };
  const sampler = new Sampler({ clock, real: () => now.ms, record: (_, tick) => felt.push(tick) });
  sampler.watch(story);
  sampler.moved(800);
  now.ms += 300;
  sampler.pump();

  now.ahead = 60_000;
  now.ms += 100;
  sampler.pump();
  now.ms += 200;
  sampler.pump();

  assert.deepEqual(felt, [1, 242]);
});
