// @ts-check
// The picture: the teller's line, the room's line, and where they met. One drawing for stage, phone and replay.

import {
  levelAt,
  linePath,
  minutes,
  outline,
  placeWords,
  pointsOf,
  ribbonPath,
  secondsOf,
  spread,
  ticks,
  wrap,
  xOf,
  yOf,
} from "./geometry.js";
import { enter, make } from "./entrance.js";
import { fill } from "./words.js";

/** @typedef {import("./protocol").Picture} Picture */
/** @typedef {import("./geometry.js").Frame} Frame */
/** @typedef {import("./geometry.js").Values} Values */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {{own?: Values | null, still?: boolean, width?: number, height?: number}} Options
 *   own: one listener's own line; still: no drawing-in; width, height: instead of the svg's box */

let ids = 0;

/**
 * What a step of the reveal shows; a part that is not there yet is not shown either.
 * @param {Picture} picture
 * @param {number} step
 */
export function openParts(picture, step) {
  return {
    teller: step >= 1 && Boolean(picture.teller),
    room: step >= 2 && Boolean(picture.room),
    table: step >= 2 && Boolean(picture.table?.length),
    marks: step >= 3 && Boolean(picture.together || picture.apart),
    score: step >= 4 && Boolean(picture.score),
  };
}

/**
 * The picture in sentences.
 * @param {Picture} picture
 * @param {number} step
 * @param {Words} words
 */
export function describe(picture, step, words) {
  const open = openParts(picture, step);
  const rate = picture.rate_hz ?? 4;
  /** @type {string[]} */
  const sentences = [];
  const line = (/** @type {string} */ name, /** @type {Values | null | undefined} */ values) => {
    const found = values && outline(values, rate);
    if (!found) return;
    const moments = { highest: minutes(found.highest), lowest: minutes(found.lowest) };
    sentences.push(fill(words[name], { ...found, ...moments, teller: picture.teller_name }));
  };
  if (open.teller) line("picture.teller_goes", picture.teller);
  if (open.room) line("picture.room_goes", picture.room?.line);
  for (const name of /** @type {const} */ (["together", "apart"])) {
    const mark = open.marks && picture[name];
    if (mark) {
      sentences.push(fill(words[`picture.${name}_from`], { from: minutes(mark.from_s), to: minutes(mark.to_s) }));
    }
  }
  return sentences.join(" ");
}

/**
 * @param {number} width
 * @param {number} height
 * @param {number} size
 * @param {number} seconds
 * @param {string[]} sides the words for the scale's ends
 * @param {string[]} names the words at the lines' ends
 * @returns {Frame}
 */
function frameFor(width, height, size, seconds, sides, names) {
  const roomy = width >= 40 * size;
  const letters = (/** @type {string[]} */ texts) => Math.max(0, ...texts.flatMap((text) => wrap(text, 12, 2)).map((row) => row.length));
  return {
    width,
    height,
    seconds,
    left: roomy ? Math.max(1, letters(sides)) * size * 0.56 + size : size * 0.5,
    right: roomy ? Math.max(3, letters(names)) * size * 0.62 + size : size * 0.5,
    top: roomy ? size * 1.8 : size * 3.4,
    bottom: roomy ? size * 2 : size * 3.2,
  };
}

/**
 * Draws the picture up to a step of the reveal, anew each time; parts that are new draw themselves in.
 * @param {SVGSVGElement} svg
 * @param {Picture} picture
 * @param {number} step 1 teller, 2 room, 3 marks, 4 score
 * @param {Words} words
 * @param {Options} [options]
 * @returns {Frame} for whoever wants to point at a moment
 */
export function drawPicture(svg, picture, step, words, options = {}) {
  const shown = svg.getBoundingClientRect();
  const width = Math.round(options.width ?? (shown.width || 960));
  const height = Math.round(options.height ?? (shown.height || 420));
  const size = Number.parseFloat(getComputedStyle(svg).fontSize) || 16;
  const open = openParts(picture, step);
  const own = open.room || step >= 2 ? options.own : null;
  const ends = [picture.teller_name, words["picture.room"] ?? "", ...(own ? [words["picture.you"] ?? ""] : [])];
  const frame = frameFor(width, height, size, secondsOf(picture), [picture.high ?? "", picture.low ?? ""], ends);

  const id = svg.dataset.picture ?? String((ids += 1));
  svg.dataset.picture = id;
  svg.classList.add("chart", "chart--fit");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-labelledby", `picture-${id}-title picture-${id}-desc`);

  const ground = drawGround(frame, size, picture);
  const bands = open.marks ? drawMarks(frame, size, picture, words) : null;
  const table = open.table ? drawTable(frame, picture) : null;
  const room = open.room ? drawRoom(frame, picture) : null;
  const teller = open.teller ? drawLine(frame, picture.teller, picture, "chart__teller") : null;
  const mine = own ? drawLine(frame, own, picture, "chart__own") : null;
  const beats = step >= 1 ? drawBeats(frame, size, picture, open) : null;
  const names = drawNames(frame, size, picture, words, open, own);
  const here = make("g", { class: "chart__pointer" });
  const parts = { table, room, marks: bands, teller, own: mine, beats, names };
  svg.replaceChildren(
    make("title", { id: `picture-${id}-title` }, fill(words["picture.title"], { teller: picture.teller_name })),
    make("desc", { id: `picture-${id}-desc` }, describe(picture, step, words)),
    ground,
    ...Object.values(parts).filter((part) => part !== null),
    here,
  );
  enter(svg, picture.telling, frame, parts, Boolean(options.still));
  return frame;
}

/**
 * A line across the picture at one moment, with a dot on each line that speaks there. Null takes it away.
 * @param {SVGSVGElement} svg
 * @param {Picture} picture
 * @param {Frame} frame
 * @param {number | null} seconds
 */
export function pointAt(svg, picture, frame, seconds) {
  const pointer = svg.querySelector(".chart__pointer");
  if (!pointer) return;
  pointer.replaceChildren();
  if (seconds === null) return;
  const x = xOf(frame, seconds);
  const rate = picture.rate_hz ?? 4;
  pointer.append(make("line", { class: "chart__here", x1: x, x2: x, y1: frame.top, y2: frame.height - frame.bottom }));
  for (const [name, values] of /** @type {const} */ ([
    ["chart__room", svg.querySelector(".chart__room") ? picture.room?.line : null],
    ["chart__teller", svg.querySelector(".chart__teller") ? picture.teller : null],
  ])) {
    const level = levelAt(values, rate, seconds);
    if (level === null) continue;
    pointer.append(make("circle", { class: `chart__here-dot ${name}-dot`, cx: x, cy: yOf(frame, level), r: 7 }));
  }
}

/** @param {Frame} frame @param {number} size @param {Picture} picture */
function drawGround(frame, size, picture) {
  const ground = make("g", { class: "chart__ground", "aria-hidden": "true" });
  const [start, end] = [frame.left, frame.width - frame.right];
  const roomy = frame.left > size;
  for (const level of [0, 250, 500, 750, 1000]) {
    const y = yOf(frame, level);
    ground.append(make("line", { class: level === 0 ? "chart__axis" : "chart__grid", x1: start, x2: end, y1: y, y2: y }));
  }
  for (const second of ticks(frame.seconds, (end - start) / (size / 16))) {
    const x = xOf(frame, second);
    const y = frame.height - frame.bottom;
    ground.append(
      make("line", { class: "chart__axis", x1: x, x2: x, y1: y, y2: y + size * 0.3 }),
      make("text", { x, y: y + size * 1.35, "text-anchor": second === 0 ? "start" : !roomy && x > end - size * 1.5 ? "end" : "middle" }, minutes(second)),
    );
  }
  for (const [word, level] of /** @type {const} */ ([[picture.high ?? "", 1000], [picture.low ?? "", 0]])) {
    const rows = wrap(word, roomy ? 12 : 40, roomy ? 2 : 1);
    rows.forEach((row, index) => {
      const stacked = level === 0 ? index - rows.length + 1 : index;
      const at = roomy
        ? { x: frame.left - size * 0.6, y: yOf(frame, level) + size * ((level === 0 ? 0 : 0.7) + 1.15 * stacked), "text-anchor": "end" }
        : { x: frame.left, y: level === 0 ? frame.height - size * 0.4 : frame.top - size * 0.6, "text-anchor": "start" };
      ground.append(make("text", { class: "chart__side", ...at }, row));
    });
  }
  return ground;
}

/**
 * @param {Frame} frame
 * @param {Values | null | undefined} values
 * @param {Picture} picture
 * @param {string} name
 */
function drawLine(frame, values, picture, name) {
  return make("g", { class: name }, make("path", { class: "chart__line", d: linePath(values ?? [], picture.rate_hz ?? 4, frame) }));
}

/** @param {Frame} frame @param {Picture} picture */
function drawRoom(frame, picture) {
  const { line, low, high } = picture.room ?? { line: [] };
  const group = drawLine(frame, line, picture, "chart__room");
  if (low && high) {
    group.prepend(make("path", { class: "chart__ribbon", d: ribbonPath(low, high, picture.rate_hz ?? 4, frame) }));
  }
  return group;
}

/** @param {Frame} frame @param {Picture} picture */
function drawTable(frame, picture) {
  const group = make("g", { class: "chart__others" });
  for (const line of picture.table ?? []) {
    group.append(make("path", { class: "chart__line", d: linePath(line, picture.rate_hz ?? 4, frame, 400) }));
  }
  return group;
}

/** @param {Frame} frame @param {number} size @param {Picture} picture @param {Words} words */
function drawMarks(frame, size, picture, words) {
  const group = make("g", { class: "chart__marks" });
  // Without a margin on the left the scale's upper word stands where the names of marks do.
  const scale = frame.left > size ? 0 : frame.left + (picture.high ?? "").length * size * 0.55;
  /** @type {{x: number, reach: number} | null} */
  let named = null;
  for (const name of /** @type {const} */ (["together", "apart"])) {
    const mark = picture[name];
    if (!mark) continue;
    const [from, to] = [xOf(frame, mark.from_s), xOf(frame, mark.to_s)];
    const y = frame.top;
    const word = words[`picture.${name}`] ?? "";
    const reach = word.length * size * 0.32;
    const x = Math.min(Math.max((from + to) / 2, scale + reach), frame.width - reach);
    // Two names that would run into each other: the second stands at the foot of its band.
    const foot = named !== null && Math.abs(named.x - x) < named.reach + reach;
    named = { x, reach };
    group.append(
      make(
        "g",
        { class: `chart__mark chart__mark--${name}` },
        make("rect", { x: from, y, width: Math.max(2, to - from), height: frame.height - frame.bottom - y, rx: size * 0.5 }),
        make("text", { x, y: foot ? frame.height - frame.bottom - size * 0.6 : y - size * 0.5, "text-anchor": "middle" }, word),
      ),
    );
  }
  return group;
}

/** @param {Frame} frame @param {number} size @param {Picture} picture @param {ReturnType<typeof openParts>} open */
function drawBeats(frame, size, picture, open) {
  const rate = picture.rate_hz ?? 4;
  const group = make("g", { class: "chart__beats" });
  const beats = (picture.beats ?? []).map((beat) => ({
    x: xOf(frame, beat.at_s),
    y: yOf(frame, open.teller ? (levelAt(picture.teller, rate, beat.at_s) ?? beat.level ?? 0) : 0),
    words: beat.words ?? "",
  }));
  // Only the teller's line counts as being in the way: words must not jump when the room's line arrives.
  const inTheWay = open.teller ? pointsOf(picture.teller ?? [], rate, frame).flat() : [];
  const roomy = frame.left > size;
  const spacious = roomy && frame.height > 18 * size;
  const places = placeWords(spacious ? beats : beats.map((beat) => ({ ...beat, words: "" })), inTheWay, frame, size);
  beats.forEach((beat, index) => {
    const place = places[index];
    const number = make("g", { class: "chart__beat" }, make("circle", { cx: beat.x, cy: beat.y, r: size * (place ? 0.42 : 0.68) }));
    number.append(make("title", {}, beat.words || String(index + 1)));
    if (!place) {
      number.append(make("text", { class: "chart__number", x: beat.x, y: beat.y, "text-anchor": "middle" }, String(index + 1)));
    } else {
      const middle = place.box.x + place.box.width / 2;
      const over = place.box.y < beat.y;
      number.prepend(
        make("line", { x1: beat.x, y1: beat.y, x2: middle, y2: over ? place.box.y + place.box.height : place.box.y }),
      );
      place.rows.forEach((row, at) => {
        number.append(make("text", { class: "chart__word", x: middle, y: place.box.y + size * (0.9 + 1.2 * at), "text-anchor": "middle" }, row));
      });
    }
    group.append(number);
  });
  return group;
}

/**
 * The lines' names: at their ends where there is room for them, else in a row above.
 * @param {Frame} frame
 * @param {number} size
 * @param {Picture} picture
 * @param {Words} words
 * @param {ReturnType<typeof openParts>} open
 * @param {Values | null | undefined} own
 */
function drawNames(frame, size, picture, words, open, own) {
  const rate = picture.rate_hz ?? 4;
  const group = make("g", { class: "chart__names" });
  /** @type {{name: string, word: string, values: Values}[]} */
  const lines = [];
  if (open.teller && picture.teller) lines.push({ name: "teller", word: picture.teller_name, values: picture.teller });
  if (open.room && picture.room) lines.push({ name: "room", word: words["picture.room"] ?? "", values: picture.room.line });
  if (own) lines.push({ name: "own", word: words["picture.you"] ?? "", values: own });
  if (frame.left > size) {
    const ends = lines.map(({ values }) => {
      const last = values.findLastIndex((value) => value !== null);
      return { x: xOf(frame, last / rate), y: yOf(frame, values[last] ?? 500) };
    });
    const heights = spread(ends.map(({ y }) => y), size * 2.5);
    lines.forEach(({ name, word }, index) => {
      const rows = wrap(word, 12, 2);
      const x = frame.width - frame.right + size * 0.7;
      rows.forEach((row, at) => {
        const y = heights[index] + size * (0.35 + 1.15 * (at - (rows.length - 1) / 2));
        group.append(make("text", { class: `chart__name chart__name--${name}`, x, y, "text-anchor": "start" }, row));
      });
    });
    return group;
  }
  let x = frame.left;
  for (const { name, word } of lines) {
    const y = size * 0.9;
    group.append(
      make("g", { class: `chart__${name}` }, make("line", { class: "chart__line", x1: x, x2: x + size * 1.8, y1: y - size * 0.3, y2: y - size * 0.3 })),
      make("text", { class: `chart__name chart__name--${name}`, x: x + size * 2.2, y, "text-anchor": "start" }, wrap(word, 16, 1)[0] ?? ""),
    );
    x += size * (3.6 + 0.56 * Math.min(17, word.length));
  }
  return group;
}
