// @ts-check
/** The teller while telling: one thing to tap as the story turns, and the time that is left. */

import { tickAt, turns } from "./beats.js";
import { on, part, write } from "./page.js";
import { prompter } from "./ready.js";
import { fill } from "./words.js";

/** @typedef {import("./page.js").Game} Game */
/** @typedef {import("./page.js").Tools} Tools */
/** @typedef {import("./protocol").BeatPlaced} BeatPlaced */

/**
 * @param {Tools} tools
 * @param {(beat: BeatPlaced & {line?: number}) => void} mark keep a beat and show it at once
 * @param {() => string} newId
 */
export function telling(tools, mark, newId) {
  const field = part("#composer", HTMLTextAreaElement);
  const now = part("[data-arc-now]", HTMLElement);
  /** @type {Game | null} */
  let game = null;

  /** @param {{turn: boolean, words?: string, line?: number, id?: string, tick?: number}} beat */
  function beat({ turn, words = "", line, id = newId(), tick }) {
    if (game?.scene !== "telling" || !game.telling || game.room.paused) return;
    mark({ id, tick: tick ?? tickAt(game.telling, tools.now()), turn, words, ...(line === undefined ? {} : { line }) });
  }

  /** @param {Event} event */
  function turn(event) {
    const button = event.currentTarget;
    if (button instanceof HTMLElement) flash(button);
    if (game?.telling?.source !== "A" || told(game) < (game.you.arc ?? []).length) beat({ turn: true });
  }

  /** @param {Event} event */
  function release(event) {
    const next = game?.beats.length ?? 0;
    const line = game?.you.lines?.[next];
    if (!game?.telling || !line) return;
    if (event.currentTarget instanceof HTMLElement) flash(event.currentTarget);
    const { source } = game.telling;
    beat({ turn: source === "B" || (source === "A" && Boolean(line.turn)), words: line.words, line: next });
  }

  function send() {
    const words = field.value.trim();
    if (!words) return;
    field.value = "";
    beat({ turn: game?.telling?.source === "B", words });
  }

  on("[data-turn]", "click", turn);
  on("[data-release]", "click", release);
  on("[data-composer]", "submit", (event) => {
    event.preventDefault();
    send();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  on("[data-extend]", "click", () => game?.telling && tools.say({ type: "telling.extend", telling: game.telling.id }));
  on("[data-finish]", "click", () => game?.telling && tools.keep("finish", { type: "telling.finish", telling: game.telling.id }));

  return {
    /** @param {Game} next */
    show(next) {
      game = next;
      const { telling: story, you, beats } = next;
      if (next.scene !== "telling" || !story) return;
      // The story's first feeling begins with the story: nobody should have to tap for it.
      if (story.source === "A" && story.mode !== "lines" && told(next) === 0) beat({ turn: true, id: "begin", tick: 0 });
      showFeelings(next);
      if (story.mode === "lines") {
        prompter(part("[data-lines]", HTMLElement), you.lines ?? [], beats.length - 1);
        part("[data-release]", HTMLButtonElement).disabled = beats.length >= (you.lines ?? []).length;
      }
      const said = beats.filter((each) => each.words).map((each) => ({ words: each.words ?? "", notes: "" }));
      if (story.mode === "typed") prompter(part("[data-sent]", HTMLElement), said, said.length - 1);
    },
  };

  /** The feeling that has begun and the one that comes. @param {Game} next */
  function showFeelings({ you, beats, telling: story }) {
    if (story?.source !== "A" || story.mode === "lines") return;
    const steps = you.arc ?? [];
    const done = Math.max(1, beats.filter(turns).length);
    const shown = steps.slice(done - 1, done + 1).map((step) => step.feeling);
    if (now.dataset.state !== shown.join()) {
      now.dataset.state = shown.join();
      now.replaceChildren(
        ...shown.map((feeling, i) => {
          const item = document.createElement("li");
          item.textContent = feeling;
          if (i === 0) item.setAttribute("aria-current", "step");
          return item;
        }),
      );
    }
    const following = steps[done];
    const help = following ? fill(tools.words["next.feeling"], { feeling: following.feeling }) : tools.words["last.feeling"];
    write(part("[data-next-feeling]", HTMLElement), help ?? "");
  }
}

/** How many feelings have begun. @param {Game} game */
const told = (game) => game.beats.filter(turns).length;

/** A tap is felt: a glow, and a short buzz where there is one. @param {HTMLElement} button */
function flash(button) {
  button.setAttribute("data-tapped", "");
  setTimeout(() => button.removeAttribute("data-tapped"), 300);
  navigator.vibrate?.(15);
}
