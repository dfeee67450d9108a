// @ts-check
// The feast of the reveal: a garland over the picture, threads that weave as closely as the room did.
// It hangs above the lines, never between them: a thread of light must not look like a trace.

import { between, calm, coloursOf, frames, freshCanvas, thread } from "./canvas.js";

const COUNT = 11;
const LASTS_MS = 10_000;

/** How closely the threads weave for each verdict: 1 in one braid, 0 each for itself. */
/** @type {Record<string, number>} */
export const CLOSENESS = { in_step: 1, often: 0.65, own_story: 0.9, too_close_to_call: 0.2 };

/**
 * How bright the threads are after so many ms: they come, stay a while and go.
 * @param {number} ms
 */
export const brightness = (ms) => (ms < 0 ? 0 : Math.min(1, ms / 1200, Math.max(0, (LASTS_MS - ms) / 4000)));

export class Weave {
  #since = 0;
  #closeness = 0.5;
  #shown = 0;
  #colours;
  #loop = frames((ms) => this.#draw(ms));

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.#colours = coloursOf(canvas);
  }

  /** @param {number} closeness 0..1 */
  begin(closeness) {
    if (calm()) return;
    this.#since = performance.now();
    this.#closeness = closeness;
    this.#colours = coloursOf(this.canvas);
    this.#loop.run(true);
  }

  end() {
    this.#loop.run(false);
    freshCanvas(this.canvas);
  }

  /** @param {number} ms */
  #draw(ms) {
    const fresh = freshCanvas(this.canvas);
    const age = ms - this.#since;
    if (!fresh || age > LASTS_MS) return this.end();
    const { context, width, height } = fresh;
    const light = brightness(age);
    this.#shown = between(this.#shown, this.#closeness, 0.02);
    for (let index = 0; index < COUNT; index += 1) {
      const path = new Path2D();
      const apart = (index / (COUNT - 1) - 0.5) * height * between(0.8, 0.06, this.#shown);
      const shift = index * between(1.9, (Math.PI * 2) / COUNT, this.#shown);
      const swing = height * between(0.1, 0.26, this.#shown);
      const end = width * Math.min(1, age / 2600) + 20;
      for (let x = -20; x <= end; x += 16) {
        const share = x / width;
        const y = height * 0.5 + apart + swing * Math.sin(share * 16 + shift + age / 1500) * (0.75 + 0.25 * Math.sin(share * 5 + index));
        path.lineTo(x, y);
      }
      thread(context, path, this.#colours.hues[index % 8], 1.4, light * 0.8);
    }
  }
}
