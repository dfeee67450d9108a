// @ts-check
// What the stage's canvases share: a size that fits the screen, the theme's colours, shapes, and calm frames.

/** @param {number} number */
export const fraction = (number) => number - Math.floor(number);

/** @param {number} a @param {number} b @param {number} share */
export const between = (a, b, share) => a + (b - a) * share;

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Fits a canvas to its box in real pixels and wipes it; null while it has no size.
 * @param {HTMLCanvasElement} canvas
 */
export function freshCanvas(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || width === 0 || height === 0) return null;
  const ratio = Math.min(2, devicePixelRatio || 1);
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.lineCap = "round";
  context.lineJoin = "round";
  return { context, width, height };
}

/**
 * The theme's colours as scripts need them, from the stylesheet's custom properties.
 * @param {Element} element
 */
export function coloursOf(element) {
  const style = getComputedStyle(element);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim() || "#f3b64c";
  return {
    hues: Array.from({ length: 8 }, (_, index) => colour(`--hue-${index}`)),
    lamp: colour("--lamp-fill"),
    teller: colour("--teller"),
    room: colour("--room"),
    text: colour("--text"),
    surface: colour("--raised"),
    edge: colour("--edge"),
  };
}

/** The same colour, seen through: a canvas would fade to `transparent` by way of grey. @param {string} colour */
export const clear = (colour) => (/^#[0-9a-f]{6}$/i.test(colour) ? `${colour}00` : "transparent");

/**
 * A thread of light: a soft wide stroke under a fine one.
 * @param {CanvasRenderingContext2D} context
 * @param {Path2D} path
 * @param {string} colour
 * @param {number} width
 * @param {number} strength 0..1
 */
export function thread(context, path, colour, width, strength) {
  context.strokeStyle = colour;
  for (const [wider, alpha] of [[6, 0.07], [3, 0.14], [1, 0.9]]) {
    context.globalAlpha = alpha * strength;
    context.lineWidth = width * wider;
    context.stroke(path);
  }
  context.globalAlpha = 1;
}

/** Corners of the shapes on a circle of radius 1; a circle has none. */
const CORNERS = [0, 4, 3, 4, 6, 10];
const TURNS = [0, Math.PI / 4, 0, 0, 0, 0];

/**
 * A participant's shape: circle, square, triangle, diamond, hexagon, star.
 * @param {number} shape
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function shapePath(shape, x, y, radius) {
  const path = new Path2D();
  const corners = CORNERS[shape] ?? 0;
  if (corners === 0) {
    path.arc(x, y, radius * 0.9, 0, Math.PI * 2);
    return path;
  }
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = (corner / corners) * Math.PI * 2 - Math.PI / 2 + TURNS[shape];
    const reach = radius * (shape === 5 && corner % 2 === 1 ? 0.45 : 1.08);
    path.lineTo(x + Math.cos(angle) * reach, y + Math.sin(angle) * reach);
  }
  path.closePath();
  return path;
}

/**
 * How long to leave between two pictures: 30 a second, fewer on a machine that is short of breath.
 * @param {number} frameMs how long the screen's own frames have taken lately
 * @param {boolean} still motion is unwelcome
 */
export const gapFor = (frameMs, still) => (still ? 500 : frameMs > 40 ? 95 : frameMs > 24 ? 60 : 30);

/**
 * Calls `draw` regularly while it is on.
 * @param {(ms: number) => void} draw
 */
export function frames(draw) {
  let on = false;
  let last = 0;
  let before = 0;
  let taken = 16;
  const step = (/** @type {number} */ ms) => {
    if (!on) return;
    taken = between(taken, Math.min(100, ms - before), 0.05);
    before = ms;
    if (ms - last >= gapFor(taken, calm())) {
      last = ms;
      draw(ms);
    }
    requestAnimationFrame(step);
  };
  return {
    /** @param {boolean} wanted */
    run(wanted) {
      if (wanted === on) return;
      on = wanted;
      before = performance.now();
      if (on) requestAnimationFrame(step);
    },
  };
}
