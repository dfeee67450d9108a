// @ts-check
// How parts of a picture come in: once, from left to right, and not at all where motion is unwelcome.

/** @typedef {import("./geometry.js").Frame} Frame */

const SVG = "http://www.w3.org/2000/svg";
const DRAWING_IN_MS = 1600;
/** When each part of a picture first appeared, so that a redraw neither replays nor cuts off its entrance. */
/** @type {WeakMap<SVGSVGElement, {telling: string, since: Map<string, number>, frame: number}>} */
const entrances = new WeakMap();

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {...(SVGElement | string)} children
 */
export function make(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/**
 * New parts come in: lines are drawn from left to right, the rest fades. A part that was there stays.
 * @param {SVGSVGElement} svg
 * @param {string} telling
 * @param {Frame} frame
 * @param {Record<string, SVGElement | null>} parts
 * @param {boolean} still
 */
export function enter(svg, telling, frame, parts, still) {
  const calm = still || matchMedia("(prefers-reduced-motion: reduce)").matches;
  const now = performance.now();
  let state = entrances.get(svg);
  if (state) cancelAnimationFrame(state.frame);
  if (!state || state.telling !== telling) state = { telling, since: new Map(), frame: 0 };
  const current = state;
  entrances.set(svg, current);
  for (const [name, part] of Object.entries(parts)) {
    if (!part) current.since.delete(name);
    else if (!current.since.has(name)) current.since.set(name, calm ? now - DRAWING_IN_MS : now);
  }
  /** @type {{name: string, part: SVGElement, wipe: SVGElement | null}[]} */
  const moving = [];
  for (const [name, part] of Object.entries(parts)) {
    if (!part || now - (current.since.get(name) ?? 0) >= DRAWING_IN_MS) continue;
    let wipe = null;
    if (name === "marks" || name === "names" || name === "beats") part.setAttribute("opacity", "0");
    else {
      wipe = make("rect", { x: 0, y: -20, width: 0, height: frame.height + 40 });
      svg.append(make("clipPath", { id: `picture-${svg.dataset.picture}-${name}` }, wipe));
      part.setAttribute("clip-path", `url(#picture-${svg.dataset.picture}-${name})`);
    }
    moving.push({ name, part, wipe });
  }
  const move = () => {
    let busy = false;
    for (const { name, part, wipe } of moving) {
      const share = Math.min(1, (performance.now() - (current.since.get(name) ?? 0)) / DRAWING_IN_MS);
      const eased = 1 - (1 - share) ** 2;
      wipe?.setAttribute("width", String(frame.left + (frame.width - frame.left) * eased));
      if (!wipe) part.setAttribute("opacity", String(Math.max(0, eased * 1.6 - 0.6)));
      if (share < 1) busy = true;
      else {
        part.removeAttribute("clip-path");
        part.removeAttribute("opacity");
      }
    }
    if (busy) current.frame = requestAnimationFrame(move);
  };
  if (moving.length > 0) move();
}
