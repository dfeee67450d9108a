// @ts-check
// The geometry of the picture: from levels on a grid to paths in a frame. No page, no drawing.

/** @typedef {(number | null)[]} Values levels 0..1000 on the picture's grid, null where silent */
/** @typedef {{width: number, height: number, left: number, right: number, top: number, bottom: number, seconds: number}} Frame */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{x: number, y: number, width: number, height: number}} Box */

/** @param {Frame} frame @param {number} seconds */
export const xOf = (frame, seconds) =>
  frame.left + (frame.width - frame.left - frame.right) * (frame.seconds > 0 ? seconds / frame.seconds : 0);

/** @param {Frame} frame @param {number} level */
export const yOf = (frame, level) =>
  frame.top + (frame.height - frame.top - frame.bottom) * (1 - Math.min(1000, Math.max(0, level)) / 1000);

/** @param {Frame} frame @param {number} x */
export const secondsAt = (frame, x) => {
  const share = (x - frame.left) / (frame.width - frame.left - frame.right);
  return Math.min(1, Math.max(0, share)) * frame.seconds;
};

/**
 * How long the picture lasts: what it says, or what its longest line says.
 * @param {{seconds?: number, rate_hz?: number, teller?: Values | null, room?: {line: Values} | null}} picture
 */
export function secondsOf(picture) {
  const longest = Math.max(picture.teller?.length ?? 0, picture.room?.line.length ?? 0);
  return picture.seconds || longest / (picture.rate_hz ?? 4) || 0;
}

/**
 * The stretches in which somebody spoke: gaps are never bridged.
 * @param {Values} values
 * @returns {{from: number, values: number[]}[]}
 */
export function stretches(values) {
  /** @type {{from: number, values: number[]}[]} */
  const found = [];
  let open = false;
  values.forEach((value, index) => {
    if (value === null || value === undefined) {
      open = false;
      return;
    }
    if (!open) found.push({ from: index, values: [] });
    open = true;
    found[found.length - 1].values.push(value);
  });
  return found;
}

/**
 * Fewer points with the same outline: of each bucket the first, the lowest, the highest and the last stay.
 * @param {Point[]} points
 * @param {number} limit
 */
export function thin(points, limit) {
  if (points.length <= limit) return points;
  const size = Math.ceil(points.length / Math.max(1, Math.floor(limit / 4)));
  /** @type {Point[]} */
  const kept = [];
  for (let start = 0; start < points.length; start += size) {
    const end = Math.min(points.length, start + size) - 1;
    let low = start;
    let high = start;
    for (let index = start; index <= end; index += 1) {
      if (points[index].y < points[low].y) low = index;
      if (points[index].y > points[high].y) high = index;
    }
    for (const index of [...new Set([start, low, high, end])].sort((a, b) => a - b)) kept.push(points[index]);
  }
  return kept;
}

/** @param {number} number */
const short = (number) => String(Math.round(number * 10) / 10);

/** @param {Point} point */
const pair = (point) => `${short(point.x)} ${short(point.y)}`;

/**
 * @param {Values} values
 * @param {number} rate samples per second
 * @param {Frame} frame
 * @returns {Point[][]} one list of points per stretch
 */
export function pointsOf(values, rate, frame) {
  return stretches(values).map((stretch) =>
    stretch.values.map((level, index) => ({ x: xOf(frame, (stretch.from + index) / rate), y: yOf(frame, level) })),
  );
}

/**
 * A line as an SVG path; a lone sample becomes a point that a round cap makes visible.
 * @param {Values} values
 * @param {number} rate
 * @param {Frame} frame
 * @param {number} [limit] most points of one stretch
 */
export function linePath(values, rate, frame, limit = 1600) {
  return pointsOf(values, rate, frame)
    .map((points) => thin(points, limit))
    .map((points) => `M${pair(points[0])}${points.length > 1 ? `L${points.slice(1).map(pair).join(" ")}` : "h0"}`)
    .join("");
}

/**
 * The area between two lines, one closed shape per stretch in which both speak.
 * @param {Values} low
 * @param {Values} high
 * @param {number} rate
 * @param {Frame} frame
 */
export function ribbonPath(low, high, rate, frame) {
  const both = low.map((value, index) => (high[index] === null || high[index] === undefined ? null : value));
  return stretches(both)
    .map(({ from, values }) => {
      const at = values.map((_, index) => xOf(frame, (from + index) / rate));
      const over = at.map((x, index) => ({ x, y: yOf(frame, /** @type {number} */ (high[from + index])) }));
      const under = at.map((x, index) => ({ x, y: yOf(frame, values[index]) })).reverse();
      return `M${[...thin(over, 800), ...thin(under, 800)].map(pair).join("L")}Z`;
    })
    .join("");
}

/**
 * The level of a line at a moment: the nearest sample within a second, else null.
 * @param {Values | null | undefined} values
 * @param {number} rate
 * @param {number} seconds
 */
export function levelAt(values, rate, seconds) {
  if (!values) return null;
  const at = Math.round(seconds * rate);
  for (let away = 0; away <= rate; away += 1) {
    const found = values[at - away] ?? values[at + away];
    if (found !== null && found !== undefined) return found;
  }
  return null;
}

/**
 * Round moments for the time axis, at most one per 90 units of width.
 * @param {number} seconds
 * @param {number} width
 */
export function ticks(seconds, width) {
  const most = Math.max(2, Math.floor(width / 90));
  const step = [5, 10, 15, 30, 60, 120, 300].find((each) => seconds / each <= most) ?? 600;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

/** @param {number} seconds */
export function minutes(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/**
 * Words broken into lines; the last line ends in an ellipsis if something was left over.
 * @param {string} words
 * @param {number} letters most letters of a line
 * @param {number} lines
 */
export function wrap(words, letters, lines) {
  /** @type {string[]} */
  const rows = [];
  for (const word of words.split(/\s+/).filter(Boolean)) {
    const last = rows[rows.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= letters) rows[rows.length - 1] = `${last} ${word}`;
    else rows.push(word);
  }
  const shown = rows.slice(0, lines);
  if (rows.length > lines) shown[lines - 1] += "…";
  return shown.map((row) => (row.length > letters + 1 ? `${row.slice(0, letters)}…` : row));
}

/** @param {Box} a @param {Box} b */
export const overlap = (a, b) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/**
 * Where the beats' words go: near their dot, clear of each other, in the emptiest place. Null where none fits.
 * @param {(Point & {words: string})[]} beats
 * @param {Point[]} inTheWay points of the lines
 * @param {Frame} frame
 * @param {number} size height of the letters
 * @returns {({rows: string[], box: Box} | null)[]}
 */
export function placeWords(beats, inTheWay, frame, size) {
  const reach = size * 0.75;
  /** @type {Box[]} */
  const taken = beats.map(({ x, y }) => ({ x: x - reach, y: y - reach, width: reach * 2, height: reach * 2 }));
  return beats.map((beat) => {
    const rows = wrap(beat.words, 20, 2);
    if (rows.length === 0) return null;
    const width = Math.max(...rows.map((row) => row.length)) * size * 0.5 + size * 0.4;
    const height = rows.length * size * 1.2;
    /** @type {{box: Box, cost: number} | null} */
    let best = null;
    for (const away of [1, 2.4, 4, 5.6]) {
      for (const side of [-1, 1]) {
        for (const shift of [0.5, 0.15, 0.85]) {
          const box = {
            x: Math.min(Math.max(beat.x - width * shift, frame.left), frame.width - frame.right - width),
            y: side < 0 ? beat.y - away * size - height : beat.y + away * size,
            width,
            height,
          };
          const inside = box.y >= frame.top - size * 1.5 && box.y + height <= frame.height - frame.bottom + size * 0.5;
          if (!inside || taken.some((other) => overlap(other, box))) continue;
          const crossed = inTheWay.filter((point) => overlap({ ...point, width: 0.1, height: 0.1 }, box)).length;
          const cost = crossed * 4 + away * 3 + (shift === 0.5 ? 0 : 1);
          if (best === null || cost < best.cost) best = { box, cost };
        }
      }
    }
    if (best === null) return null;
    taken.push(best.box);
    return { rows, box: best.box };
  });
}

/**
 * Heights for the names at the lines' ends: as near as they can be to where they belong, `gap` apart.
 * @param {number[]} wanted
 * @param {number} gap
 */
export function spread(wanted, gap) {
  const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
  for (let round = 0; round < 20; round += 1) {
    for (let index = 1; index < order.length; index += 1) {
      const short = gap - (order[index].y - order[index - 1].y);
      if (short <= 0) continue;
      order[index - 1].y -= short / 2;
      order[index].y += short / 2;
    }
  }
  const placed = [...wanted];
  for (const { y, index } of order) placed[index] = y;
  return placed;
}

/**
 * A line in four numbers, for those who listen to the picture: levels in percent, moments in seconds.
 * @param {Values} values
 * @param {number} rate
 */
export function outline(values, rate) {
  const spoken = stretches(values);
  if (spoken.length === 0) return null;
  const percent = (/** @type {number} */ level) => Math.round(level / 10);
  const last = spoken[spoken.length - 1];
  let high = spoken[0].from;
  let low = high;
  values.forEach((level, index) => {
    if (level === null || level === undefined) return;
    if (level > /** @type {number} */ (values[high])) high = index;
    if (level < /** @type {number} */ (values[low])) low = index;
  });
  return {
    start: percent(spoken[0].values[0]),
    end: percent(last.values[last.values.length - 1]),
    highest: high / rate,
    lowest: low / rate,
  };
}
