// @ts-check
/** Right after the story: the teller puts the turning points on the scale, and says how heard it felt. */

import { timeOf, turns } from "./beats.js";
import { all, on, part, write } from "./page.js";
import { fill } from "./words.js";

/** @typedef {import("./page.js").Game} Game */
/** @typedef {import("./page.js").Tools} Tools */
/** @typedef {import("./protocol").BeatPlaced} BeatPlaced */

/**
 * @param {Tools} tools
 * @param {(level: number) => string} levelWords
 */
export function placing(tools, levelWords) {
  const root = part("[data-placing]", HTMLElement);
  const model = part("[data-placing-beat]", HTMLTemplateElement);
  /** @type {Game | null} */
  let game = null;
  /** @type {Map<string, HTMLInputElement>} */
  let ranges = new Map();
  let shownFor = "";

  /** @param {string} beat @param {HTMLInputElement} range */
  function place(beat, range) {
    if (!game?.telling) return;
    range.dataset.placed = "";
    tools.keep(`place:${beat}`, { type: "beat.place", telling: game.telling.id, beat, level: range.valueAsNumber });
  }

  /** @param {BeatPlaced} beat @param {number} i @param {number} rate */
  function row(beat, i, rate) {
    const item = /** @type {DocumentFragment} */ (model.content.cloneNode(true));
    const range = part("input", HTMLInputElement, item);
    const label = part("label", HTMLLabelElement, item);
    range.id = `place-${i}`;
    label.htmlFor = range.id;
    label.textContent = beatName(beat, i, rate, tools);
    write(part("[data-low]", HTMLElement, item), game?.values.low ?? "");
    write(part("[data-high]", HTMLElement, item), game?.values.high ?? "");
    range.value = String(beat.level ?? 500);
    if (typeof beat.level === "number") range.dataset.placed = "";
    const aloud = () => range.setAttribute("aria-valuetext", levelWords(range.valueAsNumber));
    range.addEventListener("input", aloud);
    range.addEventListener("change", () => place(beat.id, range));
    aloud();
    ranges.set(beat.id, range);
    return item;
  }

  function finish() {
    if (!game?.telling) return;
    // Who says "done" has seen every slider: those left in the middle belong there.
    for (const [beat, range] of ranges) if (range.dataset.placed === undefined) place(beat, range);
    tools.keep("placed", { type: "placing.finish", telling: game.telling.id, skipped: false });
  }

  on("[data-placing-done]", "click", finish);
  on("[data-skip]", "click", () => game?.telling && tools.keep("placed", { type: "placing.finish", telling: game.telling.id, skipped: true }));

  return {
    /** @param {Game} next */
    show(next) {
      game = next;
      if (next.scene !== "placing" || !next.telling) return;
      const beats = next.beats.filter(turns);
      const wanted = `${next.telling.id} ${beats.map((beat) => beat.id).join(" ")}`;
      part("[data-no-beats]", HTMLElement).hidden = beats.length > 0;
      if (wanted === shownFor) return;
      shownFor = wanted;
      ranges = new Map();
      const rate = next.telling.rate_hz ?? 4;
      root.replaceChildren(...beats.map((beat, i) => row(beat, i, rate)));
    },
  };
}

/** @param {BeatPlaced} beat @param {number} i @param {number} rate @param {Tools} tools */
export function beatName(beat, i, rate, { words }) {
  const name = beat.words || fill(words["beat.untitled"], { number: i + 1 });
  return fill(words["beat.at"], { words: name, time: timeOf(beat, rate) });
}

/** How heard the teller felt. @param {Tools} tools */
export function heard(tools) {
  const share = part("[data-share-heard]", HTMLInputElement);
  /** @type {Game | null} */
  let game = null;

  function rate() {
    const level = all("[data-heard] input").find((input) => /** @type {HTMLInputElement} */ (input).checked);
    if (!game?.telling || !level) return;
    const answer = Number(/** @type {HTMLInputElement} */ (level).value);
    tools.keep("heard", { type: "heard.rate", telling: game.telling.id, level: answer, share: share.checked });
  }

  on("[data-heard] input", "change", rate);
  share.addEventListener("change", rate);

  return {
    /** @param {Game} next */
    show(next) {
      const another = next.telling?.id !== game?.telling?.id;
      game = next;
      if (!another) return;
      share.checked = false;
      for (const input of all("[data-heard] input")) {
        const radio = /** @type {HTMLInputElement} */ (input);
        radio.checked = Number(radio.value) === next.you.heard;
      }
    },
  };
}
