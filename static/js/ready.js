// @ts-check
/** The teller before the story: the card, the way of telling, the lines; and to begin, or rather not. */

import { linesIn, textOf } from "./beats.js";
import { all, on, part, write } from "./page.js";

/** @typedef {import("./page.js").Game} Game */
/** @typedef {import("./page.js").Tools} Tools */
/** @typedef {import("./protocol").ArcStep} ArcStep */
/** @typedef {import("./protocol").PreparedLine} PreparedLine */

/** @param {Tools} tools */
export function ready(tools) {
  const prompt = part("[data-prompt]", HTMLElement);
  const usual = prompt.textContent ?? "";
  const lines = part("[data-own-lines]", HTMLTextAreaElement);
  const arc = part("[data-choose-arc]", HTMLSelectElement);
  /** @type {Game | null} */
  let game = null;
  let prepared = "";
  let written = "";

  /** @param {string} name @returns {string | undefined} */
  const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`)?.getAttribute("value") ?? undefined;

  /** @param {boolean} withArc */
  function choose(withArc) {
    if (!game?.telling) return;
    const { id, source, mode } = game.telling;
    tools.keep("choose", {
      type: "telling.choose",
      telling: id,
      source: /** @type {typeof source} */ (chosen("source") ?? source),
      mode: /** @type {typeof mode} */ (chosen("mode") ?? mode),
      ...(withArc ? { arc: arc.value } : {}),
    });
  }

  function keepLines() {
    if (!game?.telling || lines.value === written) return;
    written = lines.value;
    tools.keep("lines", { type: "lines.write", telling: game.telling.id, lines: linesIn(written) });
  }

  function begin() {
    if (!game?.telling) return;
    const { id, mode, title } = game.telling;
    if (mode === "lines" && !title) {
      if (linesIn(lines.value).length === 0 && !game.you.lines?.length) return tools.toast(tools.words["lines.none"] ?? "");
      keepLines();
    }
    tools.keep("begin", { type: "telling.begin", telling: id });
  }

  on("[data-choose-source] input, [data-choose-mode] input", "change", () => choose(false));
  arc.addEventListener("change", () => choose(true));
  lines.addEventListener("change", keepLines);
  on("[data-begin]", "click", begin);
  on("[data-pass]", "click", () => game?.telling && tools.keep("pass", { type: "teller.pass", telling: game.telling.id }));

  return {
    /** @param {Game} next */
    show(next) {
      game = next;
      const { telling, you } = next;
      if (next.scene !== "getready" || !telling) return;
      write(prompt, you.card?.prompt || telling.title || usual);
      list(part("[data-scaffold]", HTMLElement), you.card?.scaffold ?? []);
      part("[data-own-story]", HTMLElement).hidden = Boolean(telling.title);
      for (const input of all("[data-choose-source] input, [data-choose-mode] input")) {
        const radio = /** @type {HTMLInputElement} */ (input);
        radio.checked = radio.value === (radio.name === "source" ? telling.source : telling.mode);
      }
      if (you.arc_key) arc.value = you.arc_key;
      for (const drawing of all("[data-arc]")) drawing.hidden = drawing.dataset.arc !== you.arc_key;
      write(part("[data-arc-all]", HTMLElement), (you.arc ?? []).map((step) => step.feeling).join(" · "));
      if (prepared !== telling.id) {
        prepared = telling.id;
        written = lines.value = textOf(you.lines ?? []);
      }
      const preview = part("[data-preview]", HTMLElement);
      preview.hidden = telling.mode !== "lines" || !telling.title;
      prompter(preview, you.lines ?? [], -1);
    },
  };
}

/** @param {HTMLElement} root @param {string[]} items */
function list(root, items) {
  root.hidden = items.length === 0;
  if ([...root.children].map((item) => item.textContent).join("\n") === items.join("\n")) return;
  root.replaceChildren(
    ...items.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }),
  );
}

/**
 * Lines on a teleprompter: those that were said, the one being said, those to come; each with its note.
 * @param {HTMLElement} root
 * @param {Pick<PreparedLine, "words" | "notes">[]} lines
 * @param {number} current the line being said, -1 before the first
 */
export function prompter(root, lines, current) {
  const state = JSON.stringify([lines, current]);
  if (root.dataset.state === state) return;
  root.dataset.state = state;
  root.replaceChildren(
    ...lines.map(({ words, notes }, i) => {
      const item = document.createElement("li");
      item.textContent = words;
      item.toggleAttribute("data-done", i < current);
      if (i === current) item.setAttribute("aria-current", "step");
      if (notes) {
        const note = document.createElement("span");
        note.className = "teleprompter__note";
        note.textContent = notes;
        item.append(note);
      }
      return item;
    }),
  );
  const at = root.children[Math.max(0, current)];
  if (at instanceof HTMLElement) root.scrollTop = at.offsetTop - root.offsetTop - root.clientHeight / 4;
}
