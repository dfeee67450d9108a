// Messages that want an answer: sent until they have it, and no longer.
import assert from "node:assert/strict";
import { test } from "node:test";

import { answers, Keep } from "../../static/js/keep.js";

class Tab {
  /** @type {Record<string, string>} */
  items = {};
  getItem(/** @type {string} */ key) {
    return this.items[key] ?? null;
  }
  setItem(/** @type {string} */ key, /** @type {string} */ value) {
    this.items[key] = value;
  }
  removeItem(/** @type {string} */ key) {
    delete this.items[key];
  }
}

const keeper = (/** @type {any} */ storage = new Tab()) => new Keep({ storage, seat: "ana", random: () => 0 });
/** @type {any} */
const beat = { type: "beat.mark", telling: "story", beat: "b1", tick: 12, turn: true };
/** @type {any} */
const place = { type: "beat.place", telling: "story", beat: "b1", level: 300 };
/** @type {any} */
const finish = { type: "telling.finish", telling: "story" };
const room = (/** @type {any} */ more) => ({ type: "room.changed", because: "x", room: { version: 3, phase: "telling", telling: { id: "story", source: "B", mode: "spoken" }, ...more } });

test("a message is sent at once, and again after ten seconds without an answer", () => {
  const kept = keeper();
  kept.put("beat:b1", beat, 0);

  const sent = [kept.pending(0), kept.pending(9_999), kept.pending(10_000)];

  assert.deepEqual(sent, [[beat], [], [beat]]);
});

test("an answered message is not sent again", () => {
  const kept = keeper();
  kept.put("beat:b1", beat, 0);
  kept.pending(0);

  kept.heard({ type: "beat.marked", beat: "b1", level: null });
  kept.reconnected();

  assert.deepEqual(kept.pending(60_000), []);
});

test("a slider's newest place takes the older one's, and only the newest is answered", () => {
  const kept = keeper();
  kept.put("place:b1", place, 0);
  kept.pending(0);
  kept.put("place:b1", { ...place, level: 800 }, 5);

  kept.heard({ type: "beat.marked", beat: "b1", level: 300 });

  assert.deepEqual(kept.pending(6), [{ ...place, level: 800 }]);
});

test("the room itself answers a wish", () => {
  assert.deepEqual(
    [
      answers(finish, /** @type {any} */ (room({}))),
      answers(finish, /** @type {any} */ (room({ phase: "placing" }))),
      answers(finish, /** @type {any} */ (room({ phase: "lobby", telling: null }))),
      answers({ type: "telling.pause" }, /** @type {any} */ (room({}))),
      answers({ type: "telling.pause" }, /** @type {any} */ (room({ paused: "breath" }))),
      answers({ type: "telling.resume" }, /** @type {any} */ (room({ paused: "breath" }))),
      answers({ type: "telling.resume" }, /** @type {any} */ (room({}))),
    ],
    [false, true, true, false, true, false, true],
  );
});

test("the teller's wish to tell is answered by the seat, not by the room", () => {
  /** @type {any} */
  const offer = { type: "teller.offer", willing: false };
  const light = { seat: "ana", number: 1, name: "Ana", colour: 0, shape: 0 };

  const answered = [room({}), { type: "you.changed", you: { light, willing: true } }, { type: "you.changed", you: { light } }].map((said) =>
    answers(offer, /** @type {any} */ (said)),
  );

  assert.deepEqual(answered, [false, false, true]);
});

test("what nobody could say again survives a reload, a wish of the moment does not", () => {
  const tab = new Tab();
  const before = keeper(tab);
  before.put("beat:b1", beat, 0);
  before.put("finish", finish, 0);

  const after = keeper(tab);

  assert.deepEqual(after.pending(0), [beat]);
});

test("a wish that nobody answered is given up after half a minute, a beat never", () => {
  const kept = keeper();
  kept.put("beat:b1", beat, 0);
  kept.put("finish", finish, 0);

  assert.deepEqual(kept.pending(31_000), [beat]);
});

test("what is refused is dropped, and only that", () => {
  const kept = keeper();
  kept.put("beat:b1", beat, 0);
  kept.put("beat:b2", { ...beat, beat: "b2" }, 0);
  kept.pending(0);

  kept.heard({ type: "refused", code: "beat.range", of: "beat.mark", beat: "b1" });
  kept.reconnected();

  assert.deepEqual(kept.pending(1), [{ ...beat, beat: "b2" }]);
});

test("what came too fast comes again", () => {
  const kept = keeper();
  kept.put("beat:b1", beat, 0);
  kept.pending(0);

  kept.heard({ type: "refused", code: "rate.slow_down", of: "beat.mark" });

  assert.deepEqual(kept.pending(10_000), [beat]);
});

test("a tab that stores nothing keeps what the page keeps", () => {
  const broken = new Proxy({}, { get: () => { throw new Error("QuotaExceededError"); } });
  const kept = keeper(broken);

  kept.put("beat:b1", beat, 0);

  assert.deepEqual(kept.pending(0), [beat]);
});
