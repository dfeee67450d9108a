// @ts-check
/** The hand on the strip: where it is, whose telling it belongs to, and when it is sampled. */

import { all, part } from "./page.js";
import { Sampler } from "./sampler.js";
import { partOf, sampled } from "./scene.js";
import { MIDDLE, Strip } from "./strip.js";

/** @typedef {import("./protocol").PublicRoom} PublicRoom */
/** @typedef {import("./protocol").You} You */
/** @typedef {import("./protocol").ClientMessage} ClientMessage */
/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./sampler.js").Grid} Grid */

const DIAL_MS = 200;

export class Hand {
  /**
   * @param {object} parts
   * @param {string} parts.seat
   * @param {Clock} parts.clock
   * @param {Outbox} parts.outbox
   * @param {Storage | null} parts.storage
   * @param {() => number} parts.life
   * @param {(level: number) => string} parts.words
   * @param {(message: ClientMessage) => void} parts.say
   * @param {() => void} parts.onEnd the last samples of a telling are in the outbox
   */
  constructor({ seat, clock, outbox, storage, life, words, say, onEnd }) {
    this.place = `strip:${seat}`;
    this.outbox = outbox;
    this.storage = storage;
    this.life = life;
    this.say = say;
    this.onEnd = onEnd;
    this.sampler = new Sampler({ clock, real: life, record: (id, tick, level) => outbox.add(id, tick, level) });
    this.strip = new Strip(part("[data-strip]", HTMLElement), { oninput: (level) => this.moved(level), words });
    /** @type {PublicRoom | null} */
    this.room = null;
    /** The telling the strip was last set for. */
    this.setFor = "";
    /** The telling that is being sampled. @type {Grid | null} */
    this.watched = null;
    this.dialledAt = -Infinity;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.dialling = undefined;
    // A pointer that hovers needs no held press; a thumb has no use for that.
    for (const tool of all("[data-pointer-only]")) tool.hidden = !matchMedia("(hover: hover) and (pointer: fine)").matches;
  }

  /** What the room's state means for the hand. @param {PublicRoom | null} room @param {You | null} you */
  know(room, you) {
    this.room = room;
    const story = room?.telling;
    if (story && story.id !== this.setFor) this.begin(story.id);
    this.sit(Boolean(room && you && room.phase === "telling" && story?.source === "C" && partOf(room, you) === "teller"));
    const running = room && you && story?.started_at && room.phase === "telling" && sampled(room, you);
    if (this.watched && (!running || this.watched.id !== story?.id)) this.end();
    if (!running || !room) return;
    this.watched = { id: story.id, startedAt: story.started_at ?? 0, rateHz: story.rate_hz ?? 4 };
    this.sampler.watch(this.watched);
    this.sampler.know({ until: room.paused ? null : room.ends_at, paused: Boolean(room.paused) });
  }

  /** Another telling: the strip starts in the middle and untouched, or where it was before a reload.
   * @param {string} telling */
  begin(telling) {
    this.setFor = telling;
    const before = this.remembered();
    this.strip.set(before ?? MIDDLE, before !== null);
    if (before === null) this.sampler.lift();
    else this.sampler.held(before);
  }

  /** The strip has two homes: the listeners' panel, and the teller's when it is the teller's own dial.
   * @param {boolean} guest */
  sit(guest) {
    const { root, range } = this.strip;
    part("[data-teller-panel]", HTMLElement).classList.toggle("panel--strip", guest);
    if (guest === (root.closest("[data-strip-guest]") !== null)) return;
    part(guest ? "[data-strip-guest]" : "[data-strip-home]", HTMLElement).append(root);
    range.setAttribute("aria-labelledby", guest ? "own-question" : "question");
  }

  /** The telling is over: what was felt until its end is closed. */
  end() {
    if (!this.watched) return;
    const { id, startedAt, rateHz } = this.watched;
    const ended = this.room?.telling?.id === id ? this.room.telling.ended_at : null;
    if (ended) this.sampler.know({ until: ended });
    this.sampler.pump();
    this.sampler.watch(null);
    this.outbox.finish(id, ended ? Math.ceil(((ended - startedAt) * rateHz) / 1000) - 1 : undefined);
    this.watched = null;
    this.onEnd();
  }

  /** @param {number} level */
  moved(level) {
    this.sampler.moved(level);
    this.remember(level);
    if (this.room?.phase === "telling") return;
    clearTimeout(this.dialling);
    const wait = Math.max(0, this.dialledAt + DIAL_MS - this.life());
    this.dialling = setTimeout(() => {
      this.dialledAt = this.life();
      this.say({ type: "dial.moved", level: this.strip.level });
    }, wait);
  }

  /** @param {number} level */
  remember(level) {
    try {
      this.storage?.setItem(this.place, JSON.stringify({ telling: this.setFor, level }));
    } catch {
      // A reload will ask for a new first touch.
    }
  }

  /** Where the hand was in this telling before a reload. @returns {number | null} */
  remembered() {
    try {
      const { telling, level } = JSON.parse(this.storage?.getItem(this.place) ?? "{}");
      return telling === this.setFor && typeof level === "number" ? level : null;
    } catch {
      return null;
    }
  }
}
