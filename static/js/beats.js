// @ts-check
/** A teller's beats: what the server knows, what is on its way there, and what comes next. */

/** @typedef {import("./protocol").BeatPlaced} BeatPlaced */
/** @typedef {import("./protocol").PreparedLine} PreparedLine */
/** @typedef {import("./protocol").PublicTelling} PublicTelling */

/** The tick at a server time. @param {PublicTelling} telling @param {number} at */
export function tickAt(telling, at) {
  const ticks = ((at - (telling.started_at ?? at)) * (telling.rate_hz ?? 4)) / 1000;
  return Math.max(0, Math.round(ticks));
}

/** All beats once, in the order of the story; where a beat is known twice, the later list adds to the earlier.
 * @param {...BeatPlaced[]} lists @returns {BeatPlaced[]} */
export function merged(...lists) {
  /** @type {Map<string, BeatPlaced>} */
  const beats = new Map();
  for (const beat of lists.flat()) beats.set(beat.id, { ...beats.get(beat.id), ...beat });
  return [...beats.values()].sort((a, b) => a.tick - b.tick || (a.id < b.id ? -1 : 1));
}

/** Whether a beat begins a new feeling. @param {BeatPlaced} beat */
export const turns = (beat) => beat.turn ?? true;

/** Where in the story a beat lies, as minutes and seconds. @param {{tick: number}} beat @param {number} rate */
export function timeOf(beat, rate) {
  const seconds = Math.floor(beat.tick / rate);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * Lines as a teller types them: one per row, `*` where the feeling turns, a note in [brackets].
 * @param {string} text
 * @returns {PreparedLine[]}
 */
export function linesIn(text) {
  return text
    .split("\n")
    .map((row) => row.trim())
    .filter((row) => row.replace(/^\*\s*/, "") !== "")
    .map((row, i) => {
      const turn = row.startsWith("*") || i === 0;
      const [, words, notes = ""] = /^\*?\s*(.*?)\s*(?:\[([^\]]*)\])?$/.exec(row) ?? [];
      return { words: (words || notes).slice(0, 280), notes: (words ? notes : "").slice(0, 280), turn };
    })
    .filter((line) => line.words !== "")
    .slice(0, 40);
}

/** The same lines as a teller would type them. @param {PreparedLine[]} lines */
export function textOf(lines) {
  return lines.map(({ words, notes, turn }, i) => `${turn && i > 0 ? "* " : ""}${words}${notes ? ` [${notes}]` : ""}`).join("\n");
}
