// @ts-check
/** The player's line to the room: the socket, and what has to go over it sooner or later. */

import { nextPingIn } from "./clock.js";
import { GameSocket } from "./socket.js";

/** @typedef {import("./protocol").ClientMessage} ClientMessage */
/** @typedef {import("./protocol").ServerMessage} ServerMessage */
/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./keep.js").Keep} Keep */
/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./socket.js").Connection} Connection */

const SLEPT_MS = 1000;

export class Link {
  /**
   * @param {object} parts
   * @param {string} parts.seat
   * @param {string} parts.page a random id of this page load
   * @param {Clock} parts.clock
   * @param {Outbox} parts.outbox
   * @param {Keep} parts.kept
   * @param {() => number} parts.life
   * @param {(message: ServerMessage) => void} parts.hear
   * @param {(connection: Connection, before: Connection) => void} parts.onConnection
   */
  constructor({ seat, page, clock, outbox, kept, life, hear, onConnection }) {
    this.clock = clock;
    this.outbox = outbox;
    this.kept = kept;
    this.life = life;
    this.hear = hear;
    /** @type {Connection} */
    this.connection = "connecting";
    this.drift = Date.now() - life();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pinging = undefined;
    this.socket = new GameSocket({
      open: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, "mirror.v1"),
      hello: () => ({ type: "hello", protocol: 1, role: "player", key: seat, run: page }),
      onMessage: (message) => this.listen(message),
      onConnection: (next) => {
        const before = this.connection;
        this.connection = next;
        onConnection(next, before);
      },
    });
  }

  start() {
    addEventListener("online", () => this.socket.nudge());
    addEventListener("pageshow", (event) => event.persisted && this.socket.nudge());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.socket.nudge();
      this.ping(0);
    });
    setInterval(() => {
      if (!this.flush()) this.outbox.keep();
    }, 1000);
    this.socket.start();
  }

  /** The conversation's own business first, then everybody else's. @param {ServerMessage} message */
  listen(message) {
    this.kept.heard(message);
    if (message.type === "welcome") {
      this.clock.welcome(message.at, message.clock_rate);
      this.clock.ask();
      this.outbox.reconnected();
      this.kept.reconnected();
    }
    if (message.type === "clock.pong") this.clock.pong(message.sent, message.at);
    else if (message.type === "trace.acked") {
      this.outbox.acked(message.run, message.seqs);
      this.send();
    } else if (message.type === "trace.sealed") this.outbox.sealed(message.run);
    else if (message.type !== "refused" || !this.outbox.refused(message)) this.hear(message);
    if (message.type !== "welcome") return;
    this.ping(0);
    this.flush();
  }

  /** Say it once; false if nobody hears it. @param {ClientMessage} message */
  say(message) {
    return this.socket.say(message);
  }

  /** Say it until it is answered; false if that cannot begin right now. @param {string} key @param {ClientMessage} message */
  keep(key, message) {
    this.kept.put(key, message, this.life());
    return this.flush();
  }

  /** Send what is due; false while nobody hears it. */
  flush() {
    if (this.connection !== "live") return false;
    this.outbox.cut();
    this.send();
    return true;
  }

  /** Send what is due of what is cut: chunks are cut once a second, however fast the acks come. */
  send() {
    for (const message of [...this.kept.pending(this.life()), ...this.outbox.pending(this.life())]) this.say(message);
  }

  /** @param {number} sent pings of this round */
  ping(sent) {
    clearTimeout(this.pinging);
    if (!this.say({ type: "clock.ping", sent: this.life() })) return;
    this.pinging = setTimeout(() => this.ping(sent + 1), nextPingIn(sent + 1));
  }

  /** A device that slept must ask for the time before it goes on: its own clock may have stood still. */
  noticeSleep() {
    const drift = Date.now() - this.life();
    if (Math.abs(drift - this.drift) > SLEPT_MS) {
      this.clock.forget();
      this.ping(0);
      this.socket.nudge();
    }
    this.drift = drift;
  }
}
