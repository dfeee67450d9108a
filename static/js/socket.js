// @ts-check
/**
 * One conversation with the room: hello first, then as long as the page lives, through every lost network.
 *
 * `welcome` begins each connection and carries all there is to know; in between, a client that hears a newer
 * version in a heartbeat asks again. Silence of twelve seconds is a lost network, whatever the socket says.
 */

/** @typedef {import("./protocol").ClientMessage} ClientMessage */
/** @typedef {import("./protocol").ServerMessage} ServerMessage */
/** @typedef {import("./protocol").Hello} Hello */
/** @typedef {"connecting" | "live" | "reconnecting" | "replaced" | "removed" | "gone" | "outdated"} Connection */
/** @typedef {{onopen: any, onmessage: any, onclose: any, readyState: number, send(text: string): void, close(): void}} Wire */

const SILENCE_MS = 12_000;
const PROBE_MS = 3_000;
const LONGEST_WAIT_MS = 8_000;
const RESTART_SPREAD_MS = 5_000;
const SERVICE_RESTART = 1012;
const OPEN = 1;

/** @type {Record<number, Connection>} closed for good, by close code */
const FINAL = { 4401: "gone", 4403: "removed", 4404: "gone", 4409: "replaced", 4426: "outdated" };

/**
 * How long to wait before coming back: all of it chance, so that a room does not return as one.
 * @param {number} attempt 0 for the first since the connection was last good
 * @param {number} code of the close
 * @param {() => number} random
 */
export function waitBefore(attempt, code, random) {
  if (code === SERVICE_RESTART && attempt === 0) return random() * RESTART_SPREAD_MS;
  return random() * Math.min(LONGEST_WAIT_MS, 1000 * 2 ** attempt);
}

export class GameSocket {
  /**
   * @param {object} parts
   * @param {() => Wire} parts.open a new websocket
   * @param {() => Hello} parts.hello
   * @param {(message: ServerMessage) => void} parts.onMessage
   * @param {(connection: Connection) => void} parts.onConnection
   * @param {() => number} [parts.random]
   * @param {{setTimeout(act: () => void, ms: number): any, clearTimeout(timer: any): void}} [parts.timers]
   */
  constructor({ open, hello, onMessage, onConnection, random = Math.random, timers = globalThis }) {
    this.open = open;
    this.hello = hello;
    this.onMessage = onMessage;
    this.onConnection = onConnection;
    this.random = random;
    this.timers = timers;
    /** @type {Connection} */
    this.connection = "connecting";
    /** @type {Wire | null} */
    this.wire = null;
    this.attempt = 0;
    this.version = -1;
    /** @type {any} */
    this.retry = null;
    /** @type {any} */
    this.watchdog = null;
  }

  start() {
    this.timers.clearTimeout(this.retry);
    this.retry = null;
    let wire;
    try {
      wire = this.open();
    } catch {
      this.lost(0);
      return;
    }
    this.wire = wire;
    this.watch(SILENCE_MS);
    wire.onopen = () => wire.send(JSON.stringify(this.hello()));
    wire.onmessage = (/** @type {{data: string}} */ event) => this.hear(event.data);
    wire.onclose = (/** @type {{code: number}} */ event) => this.lost(event.code);
  }

  /** Say something now; false if nobody would hear it. @param {ClientMessage} message */
  say(message) {
    // Between the other side's goodbye and its event a wire is closing already, and takes nothing more.
    if (this.connection !== "live" || this.wire?.readyState !== OPEN) return false;
    this.wire.send(JSON.stringify(message));
    return true;
  }

  /** The network or the page came back: find out at once whether the connection still lives. */
  nudge() {
    if (this.retry !== null) this.start();
    else if (this.connection === "live") {
      this.say({ type: "state.ask" });
      this.watch(PROBE_MS);
    }
  }

  /** Another page has the seat, or the room is gone: no more of this. */
  get over() {
    return Object.values(FINAL).includes(this.connection);
  }

  /** @param {string} text */
  hear(text) {
    this.watch(SILENCE_MS);
    /** @type {ServerMessage} */
    const message = JSON.parse(text);
    if ("room" in message && message.room) this.version = message.room.version;
    if (message.type === "welcome") {
      this.attempt = 0;
      this.become("live");
    }
    this.onMessage(message);
    if (message.type === "heartbeat" && message.version > this.version) this.say({ type: "state.ask" });
  }

  /** @param {number} code */
  lost(code) {
    this.drop();
    const final = FINAL[code];
    if (final) {
      this.become(final);
      return;
    }
    this.become(this.connection === "connecting" ? "connecting" : "reconnecting");
    this.retry = this.timers.setTimeout(() => this.start(), waitBefore(this.attempt, code, this.random));
    this.attempt += 1;
  }

  /** Let go of the wire: a dead one may take minutes to say that it is closed. */
  drop() {
    this.timers.clearTimeout(this.watchdog);
    const wire = this.wire;
    this.wire = null;
    if (!wire) return;
    wire.onopen = wire.onmessage = wire.onclose = null;
    try {
      wire.close();
    } catch {
      // It was closed already.
    }
  }

  /** @param {number} ms */
  watch(ms) {
    this.timers.clearTimeout(this.watchdog);
    this.watchdog = this.timers.setTimeout(() => this.lost(0), ms);
  }

  /** @param {Connection} connection */
  become(connection) {
    if (connection === this.connection) return;
    this.connection = connection;
    this.onConnection(connection);
  }
}
