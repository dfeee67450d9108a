// The clock of a page: server time from pings, slewed and never stepped back.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Clock, nextPingIn } from "../../static/js/clock.js";

/** A page's time under our thumb, and a server that lives `ahead` of it. */
function world({ ahead = 1_000_000, rate = 1 } = {}) {
  const life = { ms: 500 };
  const clock = new Clock(() => life.ms);
  const serverTime = () => life.ms * rate + ahead;
  return {
    clock,
    life,
    serverTime,
    shift: (/** @type {number} */ ms) => (ahead += ms),
    ping(/** @type {number} */ there, /** @type {number} */ back) {
      const sent = life.ms;
      life.ms += there;
      const at = serverTime();
      life.ms += back;
      clock.pong(sent, at);
    },
  };
}

test("the clock is exact when a ping's two ways take equally long", () => {
  const { clock, ping, serverTime } = world();

  ping(20, 20);

  assert.equal(clock.now(), serverTime());
  assert.equal(clock.synced, true);
});

test("the quickest of eight pings decides", () => {
  const { clock, ping, serverTime } = world();

  for (const slow of [300, 80, 200, 4, 150, 90, 400, 60]) ping(slow, slow / 4);

  assert.ok(Math.abs(clock.now() - serverTime()) <= 1.5, `off by ${clock.now() - serverTime()}`);
});

test("a later correction is slewed by at most 5 ms a second", () => {
  const { clock, life, ping, serverTime, shift } = world();
  for (let i = 0; i < 8; i += 1) ping(10, 10);
  shift(60);
  clock.ask();

  ping(10, 10);
  life.ms += 2000;
  const afterTwoSeconds = serverTime() - clock.now();
  life.ms += 20_000;

  assert.ok(Math.abs(afterTwoSeconds - 50) < 0.5, `${afterTwoSeconds} ms were left`);
  assert.equal(Math.round(clock.now()), Math.round(serverTime()));
});

test("time never runs backwards, even when the server's does", () => {
  const { clock, life, ping, shift } = world();
  for (let i = 0; i < 8; i += 1) ping(10, 10);
  const before = clock.now();
  shift(-5000);
  clock.ask();

  ping(10, 10);
  const heard = [clock.now(), (life.ms += 1000, clock.now()), (life.ms += 10_000, clock.now())];

  assert.deepEqual(heard.slice(0, 2), [before, before]);
  assert.ok(heard[2] > before);
});

test("a server that lives twenty times as fast is followed", () => {
  const { clock, life, ping, serverTime } = world({ rate: 20 });
  clock.welcome(serverTime() - 3, 20);

  for (let i = 0; i < 8; i += 1) ping(5, 5);
  life.ms += 1000;

  assert.ok(Math.abs(clock.now() - serverTime()) < 1);
});

test("before the first answer the welcome's own time stands, and the clock says that it is not sure", () => {
  const { clock, life, serverTime } = world();
  clock.welcome(serverTime(), 1);

  life.ms += 250;

  assert.deepEqual([clock.synced, clock.now()], [false, serverTime()]);
});

test("after a sleep nothing is known until a new ping is answered", () => {
  const { clock, life, ping, serverTime, shift } = world();
  for (let i = 0; i < 8; i += 1) ping(10, 10);
  const asked = life.ms;
  life.ms += 5;
  shift(60_000);

  clock.forget();
  clock.pong(asked, 1);
  const unsure = clock.synced;
  ping(10, 10);

  assert.deepEqual([unsure, clock.synced, clock.now()], [false, true, serverTime()]);
});

test("eight pings go out in a row, then one every twenty seconds", () => {
  assert.deepEqual([0, 1, 7, 8, 9].map(nextPingIn), [150, 150, 150, 20_000, 20_000]);
});
