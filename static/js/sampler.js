// @ts-check
/**
 * What the hand says at every tick of a telling: the last level is held, and nothing is made up.
 *
 * Tick i is server time `startedAt + i * 1000 / rateHz`, pauses included. Each tick takes the level the strip
 * had at that very time. While the page was frozen, asleep or without a clock nobody listened: that is a gap.
 */

const FROZEN_MS = 2000;

/** @typedef {{id: string, startedAt: number, rateHz: number}} Grid */

export class Sampler {
  /**
   * @param {object} parts
   * @param {{now(): number, rate: number, synced: boolean}} parts.clock
   * @param {() => number} parts.real milliseconds of life
   * @param {(telling: string, tick: number, level: number) => void} parts.record
   */
  constructor({ clock, real, record }) {
    this.clock = clock;
    this.real = real;
    this.record = record;
    /** @type {Grid | null} */
    this.grid = null;
    /** @type {{at: number, level: number}[]} */
    this.moves = [];
    this.tick = 0;
    this.until = Infinity;
    this.paused = false;
    this.pumpedReal = real();
    this.pumpedAt = -Infinity;
  }

  /** The hand is at a level from now on. @param {number} level */
  moved(level) {
    if (!this.grid) this.moves = [];
    this.moves.push({ at: this.clock.now(), level });
  }

  /** The hand was at a level before this page was loaded. @param {number} level */
  held(level) {
    this.moves = [{ at: -Infinity, level }];
  }

  /** Nobody's hand is on the strip (yet). */
  lift() {
    this.moves = [];
  }

  /** Sample this telling from now on, or none. @param {Grid | null} grid */
  watch(grid) {
    if (grid?.id === this.grid?.id) return;
    this.grid = grid;
    this.pumpedReal = this.real();
    this.pumpedAt = this.clock.synced ? this.clock.now() : -Infinity;
    if (grid) this.tick = this.firstAfter(this.pumpedAt);
  }

  /** The telling ends (as far as is known) at `until`; while it is paused nothing is sampled.
   * @param {{until?: number | null, paused?: boolean}} state */
  know({ until, paused }) {
    this.pump();
    this.until = until ?? Infinity;
    this.paused = paused ?? false;
  }

  /** Record every tick that has come due since the last time. Call it a few times a second. */
  pump() {
    if (!this.grid || !this.clock.synced) return;
    const now = this.clock.now();
    const real = this.real();
    const frozen = real - this.pumpedReal > FROZEN_MS || now - this.pumpedAt > FROZEN_MS * this.clock.rate;
    if (frozen || this.paused) this.tick = Math.max(this.tick, this.firstAfter(now));
    this.pumpedReal = real;
    this.pumpedAt = now;
    for (let at = this.timeOf(this.tick); at <= now && at < this.until; at = this.timeOf(++this.tick)) {
      const level = this.levelAt(at);
      if (level !== null) this.record(this.grid.id, this.tick, level);
    }
  }

  /** @param {number} tick */
  timeOf(tick) {
    return this.grid ? this.grid.startedAt + (tick * 1000) / this.grid.rateHz : Infinity;
  }

  /** The first tick after a time. @param {number} at */
  firstAfter(at) {
    if (!this.grid || at === -Infinity) return 0;
    return Math.max(0, Math.floor(((at - this.grid.startedAt) * this.grid.rateHz) / 1000) + 1);
  }

  /** @param {number} at */
  levelAt(at) {
    const next = this.moves.findIndex((move) => move.at > at);
    const past = next === -1 ? this.moves.length : next;
    if (past === 0) return null;
    // What lies before the newest past move will never be asked for again.
    this.moves.splice(0, past - 1);
    return this.moves[0].level;
  }
}
