// Samples on their way: nothing is lost, nothing is sent twice with other content.
import assert from "node:assert/strict";
import { test } from "node:test";

import { LONGEST_CHUNK, Outbox } from "../../static/js/outbox.js";

/** A tab's storage. */
class Tab {
  /** @type {Map<string, string>} */
  items = new Map();
  get length() {
    return this.items.size;
  }
  key(/** @type {number} */ i) {
    return [...this.items.keys()][i] ?? null;
  }
  getItem(/** @type {string} */ key) {
    return this.items.get(key) ?? null;
  }
  setItem(/** @type {string} */ key, /** @type {string} */ value) {
    this.items.set(key, value);
  }
  removeItem(/** @type {string} */ key) {
    this.items.delete(key);
  }
  /** What the browser's "duplicate tab" makes. */
  copy() {
    const other = new Tab();
    other.items = new Map(this.items);
    return other;
  }
}

/** A storage that is full, and then switched off. */
const broken = new Proxy({}, { get: () => { throw new Error("QuotaExceededError"); } });

let runs = 0;
function page(/** @type {any} */ storage = new Tab()) {
  return new Outbox({ storage, seat: "ben", newRun: () => `run${(runs += 1)}`, random: () => 0.5 });
}

function feel(/** @type {Outbox} */ box, /** @type {number} */ from, /** @type {number} */ to, level = 600) {
  for (let tick = from; tick <= to; tick += 1) box.add("story", tick, level);
}

/** What a chunk says. */
const said = (/** @type {any} */ m) => (m.type === "trace.chunk" ? [m.seq, m.first_tick, m.values.length] : [m.type, m.chunks]);

test("consecutive samples make one chunk, a gap makes another", () => {
  const box = page();
  feel(box, 3, 6);
  feel(box, 9, 10, 200);

  box.cut();
  const [first, second] = box.pending(0);

  assert.deepEqual(
    [first, second].map(({ run: _, ...rest }) => rest),
    [
      { type: "trace.chunk", telling: "story", seq: 0, first_tick: 3, values: [600, 600, 600, 600] },
      { type: "trace.chunk", telling: "story", seq: 1, first_tick: 9, values: [200, 200] },
    ],
  );
});

test("a chunk holds at most 240 samples", () => {
  const box = page();
  feel(box, 0, 2 * LONGEST_CHUNK);

  box.cut();

  assert.deepEqual(box.pending(0).map(said), [[0, 0, 240], [1, 240, 240], [2, 480, 1]]);
});

test("what is not acked goes out again after ten seconds and a little chance", () => {
  const box = page();
  feel(box, 0, 3);
  box.cut();
  box.pending(0);

  const quiet = box.pending(11_000);
  const again = box.pending(11_500);

  assert.deepEqual([quiet.map(said), again.map(said)], [[], [[0, 0, 4]]]);
});

test("after a new connection everything unanswered goes out again, byte for byte", () => {
  const box = page();
  feel(box, 0, 3);
  box.cut();
  const first = box.pending(0);
  feel(box, 4, 5);

  box.reconnected();
  const again = box.pending(100);

  assert.deepEqual(again, first);
});

test("what is acked is forgotten, in memory and in the tab", () => {
  const tab = new Tab();
  const box = page(tab);
  feel(box, 0, 3);
  box.cut();
  const [{ run }] = /** @type {any[]} */ (box.pending(0));

  box.acked(run, [0]);

  assert.deepEqual([box.waiting, box.pending(60_000)], [0, []]);
  assert.deepEqual(JSON.parse(tab.getItem(`outbox:ben:${run}`) ?? "").chunks, []);
});

test("a run is closed with its number of chunks only when all of them are acked, until that is sealed", () => {
  const tab = new Tab();
  const box = page(tab);
  feel(box, 0, 3);
  box.cut();
  feel(box, 4, 5);
  box.finish("story");
  const chunks = /** @type {any[]} */ (box.pending(0));
  const run = chunks[0].run;

  const early = box.pending(1);
  box.acked(run, [0, 1]);
  const closing = box.pending(2);
  const patient = box.pending(3);
  const again = box.pending(20_000);
  box.sealed(run);

  assert.deepEqual([chunks, early, closing, patient, again].map((list) => list.map(said)), [
    [[0, 0, 4], [1, 4, 2]],
    [],
    [["trace.closed", 2]],
    [],
    [["trace.closed", 2]],
  ]);
  assert.deepEqual([tab.length, box.pending(90_000)], [0, []]);
});

test("samples past the end of the telling are not sent", () => {
  const box = page();
  feel(box, 0, 9);

  box.finish("story", 6);

  assert.deepEqual(box.pending(0).map(said), [[0, 0, 7]]);
});

test("a page that felt nothing has nothing to close", () => {
  const box = page();

  box.finish("story");

  assert.deepEqual(box.pending(0), []);
});

test("the next page load sends what the last could not, and closes it", () => {
  const tab = new Tab();
  const before = page(tab);
  feel(before, 0, 3);
  before.cut();
  feel(before, 4, 6);
  before.keep();

  const after = page(tab);
  feel(after, 20, 21);
  after.cut();
  const sent = /** @type {any[]} */ (after.pending(0));
  after.acked(sent[0].run, [0]);
  const closing = /** @type {any[]} */ (after.pending(1));

  assert.deepEqual(sent.map(said), [[0, 0, 4], [0, 4, 3], [0, 20, 2]]);
  assert.equal(new Set(sent.map((m) => m.run)).size, 3);
  assert.deepEqual(closing.map((m) => [m.run, ...said(m)]), [[sent[0].run, "trace.closed", 1]]);
});

test("a page load that had cut nothing leaves its samples to a run of their own, and nothing to close", () => {
  const tab = new Tab();
  const before = page(tab);
  feel(before, 0, 3);
  before.keep();

  const after = page(tab);
  const [chunk, ...others] = /** @type {any[]} */ (after.pending(0));
  after.acked(chunk.run, [0]);
  const closing = after.pending(1);

  assert.deepEqual([said(chunk), others, closing.map(said)], [[0, 0, 4], [], [["trace.closed", 1]]]);
  assert.equal(tab.length, 1);
});

test("a duplicated tab and its first one number nothing alike that is not the same", () => {
  const tab = new Tab();
  const first = page(tab);
  feel(first, 0, 3);
  first.cut();
  feel(first, 4, 5);
  first.keep();

  const copy = page(tab.copy());
  feel(first, 6, 7);
  first.cut();
  const [ours, theirs] = [first, copy].map((box) => new Map(/** @type {any[]} */ (box.pending(0)).map((m) => [`${m.run}/${m.seq}`, m])));

  const both = [...ours.keys()].filter((key) => theirs.has(key));
  assert.deepEqual(both.map((key) => [ours.get(key), theirs.get(key)].map(said)), [[[0, 0, 4], [0, 0, 4]]]);
  assert.deepEqual([...theirs.values()].map(said), [[0, 0, 4], [0, 4, 2]]);
  assert.deepEqual([...ours.values()].map(said), [[0, 0, 4], [1, 4, 4]]);
});

test("another seat's leftovers in the same tab are left alone", () => {
  const tab = new Tab();
  const before = page(tab);
  feel(before, 0, 3);
  before.cut();

  const eli = new Outbox({ storage: /** @type {any} */ (tab), seat: "eli", newRun: () => "x" });

  assert.deepEqual([eli.pending(0), tab.length], [[], 1]);
});

test("a tab that stores nothing loses nothing while the page lives", () => {
  const box = page(broken);
  feel(box, 0, 3);

  box.cut();
  box.keep();
  box.finish("story");

  assert.deepEqual(box.pending(0).map(said), [[0, 0, 4]]);
});

test("rubbish in the tab is passed over", () => {
  const tab = new Tab();
  tab.setItem("outbox:ben:old", "{not json");
  tab.setItem("outbox:ben:older", "{}");

  const box = page(tab);

  assert.deepEqual(box.pending(0), []);
});

for (const code of ["trace.conflict", "trace.too_late", "trace.not_sampled", "trace.range", "trace.poisonous"]) {
  test(`a chunk refused as ${code} is dropped, the others are not`, () => {
    const box = page();
    feel(box, 0, 1);
    feel(box, 5, 6);
    box.cut();
    const [{ run }] = /** @type {any[]} */ (box.pending(0));

    const ours = box.refused({ code, of: "trace.chunk", run, seq: 0 });
    box.reconnected();

    assert.deepEqual([ours, box.pending(1).map(said)], [true, [[1, 5, 2]]]);
  });
}

for (const code of ["trace.busy", "rate.slow_down", "trace.future"]) {
  test(`a chunk refused as ${code} comes again`, () => {
    const box = page();
    feel(box, 0, 1);
    box.cut();
    const [{ run }] = /** @type {any[]} */ (box.pending(0));

    box.refused({ code, of: "trace.chunk", run, seq: 0 });

    assert.deepEqual(box.pending(20_000).map(said), [[0, 0, 2]]);
  });
}

test("a long outage comes back in portions, oldest first", () => {
  const box = page();
  for (let i = 0; i < 50; i += 1) feel(box, 10 * i, 10 * i + 1);
  box.cut();

  const portions = [box.pending(0), box.pending(1), box.pending(2)].map((list) => list.map((m) => said(m)[0]));

  assert.deepEqual(portions.map((list) => [list.length, list[0]]), [[20, 0], [20, 20], [10, 40]]);
});

test("for any course of cuts, drops, reloads, duplicates and reconnects, what is stored is what was felt", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    let state = seed * 7919;
    const chance = () => ((state = (state * 48271) % 2147483647) / 2147483647);
    const pages = [{ tab: new Tab(), box: page() }];
    pages[0].box = page(pages[0].tab);
    /** @type {Map<string, string>} */
    const rows = new Map();
    const felt = new Set();
    /** @type {Map<string, number>} */
    const closed = new Map();
    let at = 0;
    const deliver = (/** @type {Outbox} */ box) => {
      for (const message of /** @type {any[]} */ (box.pending(at))) {
        if (message.type === "trace.closed") {
          closed.set(message.run, Math.max(message.chunks, closed.get(message.run) ?? 0));
          if (chance() < 0.7) box.sealed(message.run);
          continue;
        }
        if (chance() < 0.3) continue;
        const key = `${message.run}/${message.seq}`;
        const content = JSON.stringify([message.first_tick, message.values]);
        assert.ok(!rows.has(key) || rows.get(key) === content, `conflict under ${key}, seed ${seed}`);
        rows.set(key, content);
        if (chance() < 0.7) box.acked(message.run, [message.seq]);
      }
    };
    for (let tick = 0; tick < 60; tick += 1) {
      at += 250;
      for (const one of [...pages]) {
        if (chance() < 0.9) {
          const level = Math.floor(chance() * 1001);
          felt.add(`${tick}: ${level}`);
          one.box.add("story", tick, level);
        }
        const what = chance();
        if (what < 0.3) { one.box.cut(); deliver(one.box); }
        else if (what < 0.36) one.box.reconnected();
        else if (what < 0.42) { one.box.keep(); one.box = page(one.tab); }
        else if (what < 0.45 && pages.length < 4) {
          // Between the last time it was written down and now: what is loose is not in the copy.
          if (chance() < 0.5) one.box.keep();
          const tab = one.tab.copy();
          pages.push({ tab, box: page(tab) });
        }
      }
    }
    for (const { box } of pages) box.finish("story");
    for (let i = 0; i < 60 && pages.some(({ box, tab }) => box.waiting > 0 || tab.length > 0); i += 1) {
      at += 14_000;
      for (const { box } of pages) deliver(box);
    }

    const stored = new Set();
    for (const content of rows.values()) {
      const [first, values] = JSON.parse(content);
      values.forEach((/** @type {number} */ value, /** @type {number} */ i) => stored.add(`${first + i}: ${value}`));
    }
    assert.deepEqual([...stored].sort(), [...felt].sort(), `seed ${seed}`);
    assert.deepEqual(pages.map(({ box, tab }) => [box.waiting, tab.length]), pages.map(() => [0, 0]), `seed ${seed}`);
    const counted = new Map();
    for (const key of rows.keys()) counted.set(key.split("/")[0], (counted.get(key.split("/")[0]) ?? 0) + 1);
    assert.deepEqual([...closed].sort(), [...counted].sort(), `seed ${seed}`);
  }
});
