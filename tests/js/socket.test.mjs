// The conversation with the room, over a wire that we hold in our hands.
import assert from "node:assert/strict";
import { test } from "node:test";

import { GameSocket, waitBefore } from "../../static/js/socket.js";

/** Timers that wait for us. */
class Timers {
  now = 0;
  /** @type {{at: number, act: () => void}[]} */
  waiting = [];
  setTimeout = (/** @type {() => void} */ act, /** @type {number} */ ms) => {
    const timer = { at: this.now + ms, act };
    this.waiting.push(timer);
    return timer;
  };
  clearTimeout = (/** @type {any} */ timer) => {
    this.waiting = this.waiting.filter((other) => other !== timer);
  };
  pass(/** @type {number} */ ms) {
    const until = this.now + ms;
    for (;;) {
      const next = this.waiting.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.now = next.at;
      this.clearTimeout(next);
      next.act();
    }
    this.now = until;
  }
}

const room = (/** @type {number} */ version) => ({ version, phase: "lobby" });

function conversation({ random = () => 0.5 } = {}) {
  const timers = new Timers();
  /** @type {any[]} */
  const wires = [];
  /** @type {string[]} */
  const states = [];
  /** @type {any[]} */
  const heard = [];
  const socket = new GameSocket({
    open: () => {
      const wire = { readyState: 1, sent: /** @type {any[]} */ ([]), closed: false, send: (/** @type {string} */ text) => wire.sent.push(JSON.parse(text)), close: () => (wire.closed = true) };
      wires.push(wire);
      return /** @type {any} */ (wire);
    },
    hello: () => ({ type: "hello", protocol: 1, role: "player", key: "ben" }),
    onMessage: (message) => heard.push(message.type),
    onConnection: (state) => states.push(state),
    random,
    timers,
  });
  const say = (/** @type {any} */ message, wire = wires.at(-1)) => wire.onmessage({ data: JSON.stringify(message) });
  const welcome = (version = 1) => {
    wires.at(-1).onopen();
    say({ type: "welcome", protocol: 1, role: "player", at: 0, clock_rate: 1, room: room(version) });
  };
  return { timers, wires, states, heard, socket, say, welcome };
}

test("hello comes first, and nothing else is said before the welcome", () => {
  const { socket, wires, welcome } = conversation();
  socket.start();
  wires[0].onopen();

  const early = socket.say({ type: "state.ask" });
  welcome();
  const late = socket.say({ type: "state.ask" });

  assert.deepEqual([early, late], [false, true]);
  assert.deepEqual(wires[0].sent.map((/** @type {any} */ m) => m.type), ["hello", "hello", "state.ask"]);
});

test("a lost connection comes back within a second, by chance", () => {
  const { socket, wires, states, timers, welcome } = conversation();
  socket.start();
  welcome();

  wires[0].onclose({ code: 1006 });
  timers.pass(499);
  const before = wires.length;
  timers.pass(1);
  welcome();

  assert.deepEqual([before, wires.length], [1, 2]);
  assert.deepEqual(states, ["live", "reconnecting", "live"]);
});

test("waiting grows to eight seconds and is all chance", () => {
  const longest = [0, 1, 2, 3, 4, 9].map((attempt) => waitBefore(attempt, 1006, () => 1));
  const shortest = waitBefore(5, 1006, () => 0);

  assert.deepEqual([longest, shortest], [[1000, 2000, 4000, 8000, 8000, 8000], 0]);
});

test("after a restart of the server a room comes back spread over five seconds", () => {
  assert.equal(waitBefore(0, 1012, () => 1), 5000);
});

for (const [code, state] of /** @type {const} */ ([[4401, "gone"], [4403, "removed"], [4404, "gone"], [4409, "replaced"], [4426, "outdated"]])) {
  test(`after a close with ${code} the page is ${state} and stays away`, () => {
    const { socket, wires, states, timers, welcome } = conversation();
    socket.start();
    welcome();

    wires[0].onclose({ code });
    timers.pass(600_000);

    assert.deepEqual([states, wires.length, socket.over], [["live", state], 1, true]);
  });
}

test("twelve seconds of silence are a lost network", () => {
  const { socket, wires, states, timers, welcome, say } = conversation();
  socket.start();
  welcome();
  timers.pass(11_000);
  say({ type: "heartbeat", version: 1, at: 0 });
  timers.pass(11_999);
  const patient = [...states];

  timers.pass(1);

  assert.deepEqual([patient, states], [["live"], ["live", "reconnecting"]]);
  assert.equal(wires[0].closed, true);
});

test("a wire that was let go is not heard any more", () => {
  const { socket, wires, heard, timers, welcome } = conversation();
  socket.start();
  welcome();
  timers.pass(12_000);

  assert.equal(wires[0].onmessage, null);
  assert.deepEqual(heard, ["welcome"]);
});

test("who is behind asks, who is not does not", () => {
  const { socket, wires, say, welcome } = conversation();
  socket.start();
  welcome(4);

  say({ type: "heartbeat", version: 4, at: 0 });
  say({ type: "heartbeat", version: 5, at: 0 });
  say({ type: "room.state", room: room(5) });
  say({ type: "heartbeat", version: 5, at: 0 });

  assert.deepEqual(wires[0].sent.map((/** @type {any} */ m) => m.type), ["hello", "state.ask"]);
});

test("a nudge while waiting connects at once", () => {
  const { socket, wires, welcome } = conversation({ random: () => 1 });
  socket.start();
  welcome();
  wires[0].onclose({ code: 1006 });

  socket.nudge();

  assert.equal(wires.length, 2);
});

test("a nudge while connected finds out within three seconds whether anybody is there", () => {
  const { socket, states, timers, welcome } = conversation();
  socket.start();
  welcome();

  socket.nudge();
  timers.pass(2_999);
  const patient = [...states];
  timers.pass(1);

  assert.deepEqual([patient, states], [["live"], ["live", "reconnecting"]]);
});

test("a wire that is closing already takes nothing more", () => {
  const { socket, wires, states, welcome } = conversation();
  socket.start();
  welcome();
  wires[0].readyState = 2;

  const said = socket.say({ type: "state.ask" });

  assert.equal(said, false);
  assert.equal(wires[0].sent.length, 1);
  wires[0].onclose({ code: 4409 });
  assert.deepEqual(states, ["live", "replaced"]);
});

test("a browser that cannot even open a socket tries again", () => {
  const timers = new Timers();
  let tries = 0;
  const socket = new GameSocket({
    open: () => {
      tries += 1;
      throw new Error("SecurityError");
    },
    hello: () => ({ type: "hello", protocol: 1, role: "player", key: "ben" }),
    onMessage: () => {},
    onConnection: () => {},
    random: () => 1,
    timers,
  });

  socket.start();
  timers.pass(3_000);

  assert.equal(tries, 3);
});

test("once welcomed, a new loss is met with patience from the start", () => {
  const { socket, wires, timers, welcome } = conversation({ random: () => 1 });
  socket.start();
  for (let i = 0; i < 4; i += 1) {
    wires.at(-1).onclose({ code: 1006 });
    timers.pass(8_000);
  }
  welcome();
  const before = wires.length;

  wires.at(-1).onclose({ code: 1006 });
  timers.pass(1_000);

  assert.equal(wires.length, before + 1);
});
