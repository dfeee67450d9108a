// @ts-check
// The field of lights: everybody's light in its own column, and threads between those who are near each other.

import { between, calm, clear, coloursOf, fraction, frames, freshCanvas, thread } from "./canvas.js";

/** @typedef {import("./protocol").Person} Person */

const SHAPES = ["circle", "square", "triangle", "diamond", "hexagon", "star"];
const NEAR = 70;
const IDLE_MS = 8000;
const MOTES = 160;
/** How wide a column is at least, in pixels, before lights take another row. */
const COLUMN = 90;

/**
 * Neighbouring columns whose levels are near each other, as [first, last], two or more in a row.
 * @param {number[]} levels
 * @param {number} within
 * @returns {[number, number][]}
 */
export function nearRuns(levels, within) {
  /** @type {[number, number][]} */
  const runs = [];
  let start = 0;
  for (let index = 1; index <= levels.length; index += 1) {
    if (index < levels.length && Math.abs(levels[index] - levels[index - 1]) <= within) continue;
    if (index - start >= 2) runs.push([start, index - 1]);
    start = index;
  }
  return runs;
}

/**
 * How lights share the sky: each in its own column wide enough for a name, in up to four rows when many came.
 * @param {number} count
 * @param {number} width of the sky
 */
export function places(count, width) {
  const rows = Math.min(4, Math.max(1, Math.ceil((count * COLUMN) / Math.max(1, width))));
  return { rows, across: Math.max(1, Math.ceil(count / rows)) };
}

/**
 * The path of the leading light, the same on every screen: three slow waves that begin in the middle.
 * @param {number} ms since the warm-up began
 */
export function leadLevel(ms) {
  const seconds = Math.max(0, ms) / 1000;
  const rise = Math.min(1, seconds / 2);
  const wave = 0.6 * Math.sin(seconds / 1.5) + 0.28 * Math.sin(seconds / 0.83 + 0.9) - 0.12 * Math.sin(seconds / 2.9);
  return Math.round(500 + 400 * rise * wave);
}

/**
 * Where a light floats whose hand has not moved yet: each elsewhere, all gently.
 * @param {number} number
 * @param {number} ms
 */
export function restLevel(number, ms) {
  const home = 250 + 500 * fraction(number * 0.618034);
  return home + 45 * Math.sin(ms / 1700 + number * 2.4);
}

/**
 * A smooth way through points.
 * @param {{x: number, y: number}[]} points
 */
function through(points) {
  const path = new Path2D();
  points.forEach(({ x, y }, index) => {
    if (index === 0) return path.moveTo(x, y);
    const before = points[index - 1];
    const middle = (before.x + x) / 2;
    return path.bezierCurveTo(middle, before.y, middle, y, x, y);
  });
  return path;
}

/** Everyone's lights on one element, from roster and `lights.moved`. */
export class LightField {
  /** @type {Map<number, {element: HTMLElement, level: number | null, shown: number, moved: number, hue: number}>} */
  #lights = new Map();
  #count = 0;
  #colours;
  #coloured = 0;
  #loop = frames((ms) => this.#draw(ms));

  /**
   * @param {HTMLElement} list where the lights live
   * @param {HTMLCanvasElement} canvas the threads behind them
   */
  constructor(list, canvas) {
    this.list = list;
    this.canvas = canvas;
    /** The leading light's level now, while there is one. @type {() => number | null} */
    this.lead = () => null;
    this.#colours = coloursOf(list);
  }

  /** @param {boolean} on */
  run(on) {
    this.#loop.run(on);
  }

  /**
   * Who is here; without a list there are too many to name, and lights without a name drift instead.
   * @param {Person[] | null | undefined} people
   * @param {number} count
   */
  roster(people, count) {
    this.#count = count;
    const here = (people ?? []).filter((person) => person.here !== false);
    const numbers = new Set(here.map((person) => person.light.number));
    for (const [number, light] of this.#lights) {
      if (numbers.has(number)) continue;
      this.#lights.delete(number);
      light.element.classList.add("sky__light--leaving");
      setTimeout(() => light.element.remove(), calm() ? 0 : 600);
    }
    for (const { light } of here) {
      let known = this.#lights.get(light.number);
      if (!known) {
        const element = lightElement();
        this.list.append(element);
        known = { element, level: null, shown: restLevel(light.number, 0), moved: 0, hue: light.colour };
        this.#lights.set(light.number, known);
      }
      known.hue = light.colour;
      known.element.dataset.hue = String(light.colour);
      known.element.querySelector(".light")?.setAttribute("data-shape", SHAPES[light.shape] ?? "circle");
      const name = known.element.querySelector(".sky__name");
      if (name) name.textContent = light.name;
    }
  }

  /** @param {[number, number][]} moved number and level of each light that moved */
  move(moved) {
    for (const [number, level] of moved) {
      const light = this.#lights.get(number);
      if (light) Object.assign(light, { level, moved: performance.now() });
    }
  }

  /** @param {number} ms */
  #draw(ms) {
    const fresh = freshCanvas(this.canvas);
    if (!fresh) return;
    if (ms - this.#coloured > 1000) {
      this.#colours = coloursOf(this.list);
      this.#coloured = ms;
    }
    const { context, width, height } = fresh;
    const time = calm() ? 0 : ms;
    const lead = this.lead();
    this.#drawGround(context, width, height, time);
    if (this.#lights.size === 0) this.#drawMotes(context, width, height, time);
    const order = [...this.#lights.keys()].sort((a, b) => a - b);
    const { rows, across } = places(order.length, width);
    const column = width / across;
    this.list.style.setProperty("--column", `${column}px`);
    const yAt = (/** @type {number} */ level, row = 0, of = 1) =>
      between(height * ((row + 1) / of) - height * 0.1 - column * 0.2, height * (row / of) + height * 0.06, level / 1000);
    const points = order.map((number, index) => {
      const light = this.#lights.get(number);
      if (!light) return { x: 0, y: 0, level: 0, row: 0 };
      const idle = light.level === null || (lead === null && ms - light.moved > IDLE_MS * 4);
      const wanted = idle ? restLevel(number, time) : /** @type {number} */ (light.level);
      light.shown = calm() ? wanted : between(light.shown, wanted, idle ? 0.06 : 0.3);
      const row = Math.floor(index / across);
      const x = column * ((index % across) + 0.5);
      const y = yAt(light.shown, row, rows);
      light.element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
      return { x, y, level: light.shown, row };
    });
    for (let row = 0; lead !== null && row < rows; row += 1) this.#drawLead(context, width, yAt(lead, row, rows), 22 / Math.sqrt(rows), time);
    for (let row = 0; row < rows; row += 1) this.#drawNear(context, points.filter((point) => point.row === row));
  }

  /** @param {CanvasRenderingContext2D} context @param {{x: number, y: number, level: number}[]} points */
  #drawNear(context, points) {
    for (const [first, last] of nearRuns(points.map((point) => point.level), NEAR)) {
      const run = points.slice(first, last + 1);
      const levels = run.map((point) => point.level);
      const apart = Math.max(...levels) - Math.min(...levels);
      thread(context, through(run), this.#colours.lamp, 2, between(0.85, 0.4, Math.min(1, apart / 300)));
    }
  }

  /** Slow threads far behind. @param {CanvasRenderingContext2D} context @param {number} width @param {number} height @param {number} time */
  #drawGround(context, width, height, time) {
    for (let index = 0; index < 5; index += 1) {
      const path = new Path2D();
      for (let x = -20; x <= width + 20; x += 20) {
        const share = x / width;
        const wave = Math.sin(share * 5 + index * 1.3 + time / (5200 + index * 900)) + 0.5 * Math.sin(share * 11 - time / 8000 + index);
        path.lineTo(x, height * (0.5 + 0.16 * wave + 0.05 * (index - 2)));
      }
      thread(context, path, this.#colours.hues[(index * 3 + 1) % 8], 1.6, 0.13);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height @param {number} time */
  #drawMotes(context, width, height, time) {
    for (let index = 0; index < Math.min(this.#count, MOTES); index += 1) {
      const x = width * fraction(index * 0.754878);
      const y = height * (0.1 + 0.8 * fraction(index * 0.569840)) + 14 * Math.sin(time / 1700 + index);
      const radius = 4 + 4 * fraction(index * 0.31);
      context.fillStyle = this.#colours.hues[index % 8];
      for (const [wider, alpha] of [[2.6, 0.16], [1, 0.95]]) {
        context.globalAlpha = alpha;
        context.beginPath();
        context.arc(x, y, radius * wider, 0, Math.PI * 2);
        context.fill();
      }
    }
    context.globalAlpha = 1;
  }

  /**
   * The leading light and its wake.
   * @param {CanvasRenderingContext2D} context
   * @param {number} width
   * @param {number} y
   * @param {number} radius
   * @param {number} time
   */
  #drawLead(context, width, y, radius, time) {
    const path = new Path2D();
    for (let x = 0; x <= width; x += 24) path.lineTo(x, y + 5 * Math.sin(x / 90 + time / 500));
    thread(context, path, this.#colours.teller, radius / 5, 0.9);
    const glow = context.createRadialGradient(width / 2, y, 4, width / 2, y, radius * 4.5);
    glow.addColorStop(0, this.#colours.lamp);
    glow.addColorStop(1, clear(this.#colours.lamp));
    context.globalAlpha = 0.55;
    context.fillStyle = glow;
    context.fillRect(width / 2 - radius * 4.5, y - radius * 4.5, radius * 9, radius * 9);
    context.globalAlpha = 1;
    context.fillStyle = this.#colours.lamp;
    context.beginPath();
    context.arc(width / 2, y, radius, 0, Math.PI * 2);
    context.fill();
  }
}

/** A light and its name, empty. */
function lightElement() {
  const element = document.createElement("li");
  element.className = "sky__light";
  const light = document.createElement("span");
  light.className = "light";
  light.setAttribute("aria-hidden", "true");
  const name = document.createElement("bdi");
  name.className = "sky__name";
  element.append(light, name);
  return element;
}
