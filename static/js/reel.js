// @ts-check
// The sealed reel: a frosted ribbon that grows with time. It knows time and hands, never a level.

import { between, calm, clear, coloursOf, fraction, frames, freshCanvas, shapePath, thread } from "./canvas.js";

/** @typedef {{number: number, hue: number, shape: number}} Strand one listener's place on the reel */

const MOST = 60;
const TEMPO_MS = 2400;
const FROST = 7;

/**
 * How much of the story's time has passed, 0..1.
 * @param {{paused_at?: number | null, ends_at?: number | null, telling?: {started_at?: number | null} | null}} room
 * @param {number} now server time
 */
export function told(room, now) {
  const from = room.telling?.started_at;
  if (from === null || from === undefined || !room.ends_at || room.ends_at <= from) return 0;
  return Math.min(1, Math.max(0, ((room.paused_at ?? now) - from) / (room.ends_at - from)));
}

/**
 * Which strands there are and which are lit. Numbers are known in small rooms; above that only how many, and
 * then the lit ones are picked by a fixed shuffle, so that a thread does not flicker when another hand lets go.
 * @param {{number: number, hue: number, shape: number}[]} people listeners, by number; empty when too many
 * @param {{threads?: number[] | null, hands: number, listeners: number}} grew
 * @returns {(Strand & {lit: boolean})[]}
 */
export function strands(people, grew) {
  if (grew.threads && people.length > 0) {
    const on = new Set(grew.threads);
    return people.map((person) => ({ ...person, lit: on.has(person.number) }));
  }
  const count = Math.min(MOST, grew.listeners);
  const lit = grew.listeners > 0 ? Math.round((count * Math.min(grew.hands, grew.listeners)) / grew.listeners) : 0;
  const turn = Array.from({ length: count }, (_, index) => index).sort((a, b) => fraction((a + 1) * 0.618034) - fraction((b + 1) * 0.618034));
  const first = new Set(turn.slice(0, lit));
  return Array.from({ length: count }, (_, index) => ({ number: index, hue: index % 8, shape: index % 6, lit: first.has(index) }));
}

/**
 * A strand's height in its bundle, -1..1: one alone in the middle, many evenly.
 * @param {number} index
 * @param {number} count
 */
export const heightOf = (index, count) => (count < 2 ? 0 : (2 * index) / (count - 1) - 1);

/**
 * When the beats passed, after news of their count: each new one passed now.
 * @param {number[]} seen
 * @param {number} count
 * @param {number} now
 */
export function beatsSeen(seen, count, now) {
  return [...seen.slice(0, count), ...Array.from({ length: Math.max(0, count - seen.length) }, () => now)];
}

/**
 * The weave inside the ribbon: every strand the same wave, only shifted, so that it says nothing about anyone.
 * @param {number} x
 * @param {number} index
 * @param {number} count
 */
export const weave = (x, index, count) => Math.sin(x / 64 + (index * Math.PI * 2) / Math.max(1, count)) * (0.62 + 0.3 * Math.sin(x / 410 + index));

/** The reel on a canvas. */
export class Reel {
  /** @type {(Strand & {lit: boolean, glow: number})[]} */
  #strands = [];
  /** @type {number[]} */
  #beats = [];
  #fog = document.createElement("canvas");
  #fogged = { share: -1, lit: "" };
  #colours;
  #loop = frames((ms) => this.#draw(ms));

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {() => number} share how much of the time has passed
   */
  constructor(canvas, share) {
    this.canvas = canvas;
    this.share = share;
    this.held = false;
    this.#colours = coloursOf(canvas);
  }

  /** @param {boolean} on */
  run(on) {
    if (on) this.#colours = coloursOf(this.canvas);
    this.#loop.run(on);
  }

  /**
   * @param {{number: number, hue: number, shape: number}[]} people
   * @param {{threads?: number[] | null, hands: number, listeners: number}} grew
   * @param {number[]} beats their places on the ribbon, 0..1
   */
  show(people, grew, beats) {
    const glows = new Map(this.#strands.map((strand) => [strand.number, strand.glow]));
    this.#strands = strands(people, grew).map((strand) => ({ ...strand, glow: glows.get(strand.number) ?? 0 }));
    this.#beats = beats;
    this.#colours = coloursOf(this.canvas);
  }

  /** @param {number} ms */
  #draw(ms) {
    const fresh = freshCanvas(this.canvas);
    if (!fresh) return;
    const { context, width, height } = fresh;
    const share = this.share();
    const time = calm() || this.held ? 0 : ms;
    const radius = Math.max(5, Math.min(15, (height * 0.8) / Math.max(8, this.#strands.length) / 1.6));
    const from = 2;
    const to = width - radius * 2.4;
    const head = between(from + height * 0.1, to - width * 0.03, share);
    const middle = height / 2;
    const thick = height * 0.3;
    this.#drawThreads(context, { head, to, middle, thick, height, radius, time });
    this.#drawRibbon(context, { from, head, middle, thick, share, width, height });
    for (const beat of this.#beats) {
      const x = between(from + height * 0.1, to - width * 0.03, beat);
      context.fillStyle = this.#colours.lamp;
      for (const [wide, alpha] of [[2.4, 0.25], [1, 1]]) {
        context.globalAlpha = alpha;
        context.beginPath();
        context.arc(x, middle + thick + height * 0.09, wide * Math.max(4, height * 0.018), 0, Math.PI * 2);
        context.fill();
      }
    }
    context.globalAlpha = 1;
  }

  /**
   * The hands that are on: a light each, and a thread into the ribbon, all at one tempo.
   * @param {CanvasRenderingContext2D} context
   * @param {{head: number, to: number, middle: number, thick: number, height: number, radius: number, time: number}} at
   */
  #drawThreads(context, { head, to, middle, thick, height, radius, time }) {
    const count = this.#strands.length;
    const fine = Math.max(1.2, Math.min(3, 60 / Math.max(12, count)));
    this.#strands.forEach((strand, index) => {
      strand.glow = calm() ? Number(strand.lit) : between(strand.glow, Number(strand.lit), 0.12);
      const y = middle + heightOf(index, count) * (height / 2 - radius * 1.4);
      const mouth = middle + weave(head, index, count) * thick * 0.8;
      const colour = this.#colours.hues[strand.hue];
      const yAt = (/** @type {number} */ along) => {
        const eased = along * along * (3 - 2 * along);
        return between(mouth, y, eased) + Math.sin(along * 9 - time / 900) * height * 0.018 * Math.sin(along * Math.PI);
      };
      if (strand.glow > 0.02) {
        const path = new Path2D();
        for (let step = 0; step <= 24; step += 1) path.lineTo(between(head, to, step / 24), yAt(step / 24));
        thread(context, path, colour, fine, strand.glow);
        const grain = 1 - fraction(time / TEMPO_MS);
        context.fillStyle = colour;
        context.globalAlpha = strand.glow * Math.min(1, 4 * Math.min(grain, 1 - grain));
        context.beginPath();
        context.arc(between(head, to, grain), yAt(grain), fine * 1.8, 0, Math.PI * 2);
        context.fill();
      }
      context.fillStyle = colour;
      context.globalAlpha = between(0.22, 1, strand.glow);
      context.fill(shapePath(strand.shape, to + radius, y, radius));
      context.globalAlpha = 1;
    });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {{from: number, head: number, middle: number, thick: number, share: number, width: number, height: number}} at
   */
  #drawRibbon(context, { from, head, middle, thick, share, width, height }) {
    const ribbon = new Path2D();
    ribbon.roundRect(from, middle - thick, head - from, thick * 2, [thick * 0.35, 6, 6, thick * 0.35]);
    this.#fogUp(width, height, middle, thick, share, head);
    context.save();
    context.clip(ribbon);
    context.globalAlpha = 0.92;
    context.fillStyle = this.#colours.surface;
    context.fill(ribbon);
    context.globalAlpha = 1;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.#fog, 0, 0, width, height);
    const frost = context.createLinearGradient(0, middle - thick, 0, middle + thick);
    for (const [stop, alpha] of [[0, 0.3], [0.12, 0.1], [0.5, 0.02], [0.88, 0.08], [1, 0.22]]) frost.addColorStop(stop, `rgb(255 255 255 / ${alpha})`);
    context.fillStyle = frost;
    context.fill(ribbon);
    const seam = context.createLinearGradient(head - thick * 0.9, 0, head, 0);
    seam.addColorStop(0, clear(this.#colours.lamp));
    seam.addColorStop(1, this.#colours.lamp);
    context.globalAlpha = 0.75;
    context.fillStyle = seam;
    context.fillRect(head - thick * 0.9, middle - thick, thick * 0.9, thick * 2);
    context.restore();
    context.globalAlpha = 0.6;
    context.strokeStyle = this.#colours.edge;
    context.lineWidth = 1;
    context.stroke(ribbon);
    context.globalAlpha = 1;
  }

  /** The weave, drawn small and stretched: seen through frosted glass. Only again when the ribbon has grown.
   * @param {number} width @param {number} height @param {number} middle @param {number} thick @param {number} share @param {number} head */
  #fogUp(width, height, middle, thick, share, head) {
    const lit = this.#strands.map((strand) => strand.number).join();
    const size = [Math.ceil(width / FROST), Math.ceil(height / FROST)];
    const same = this.#fog.width === size[0] && this.#fog.height === size[1] && this.#fogged.lit === lit;
    if (same && Math.abs(share - this.#fogged.share) * width < 1) return;
    this.#fogged = { share, lit };
    [this.#fog.width, this.#fog.height] = size;
    const context = this.#fog.getContext("2d");
    if (!context) return;
    context.scale(1 / FROST, 1 / FROST);
    const count = this.#strands.length;
    this.#strands.forEach((strand, index) => {
      context.strokeStyle = this.#colours.hues[strand.hue];
      context.globalAlpha = Math.max(0.16, Math.min(0.75, 8 / count));
      context.lineWidth = Math.max(6, Math.min(16, 220 / Math.max(10, count)));
      context.beginPath();
      for (let x = 0; x <= head + 12; x += 12) context.lineTo(x, middle + weave(x, index, count) * thick * 0.8);
      context.stroke();
    });
  }
}
