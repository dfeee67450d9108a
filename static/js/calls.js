// @ts-check
/** The Call: one tap before any line is shown. Which arc was it, or where will the room have split? */

import { all, choiceButton, on, part, write } from "./page.js";
import { callOf } from "./scene.js";
import { timeOf } from "./beats.js";
import { fill } from "./words.js";

/** @typedef {import("./page.js").Game} Game */
/** @typedef {import("./page.js").Tools} Tools */

/** @param {Tools} tools */
export function calls(tools) {
  const arcs = all('[data-call="arc"] [data-choice]').map((button) => ({
    key: button.dataset.choice ?? "",
    words: (button.textContent ?? "").trim(),
  }));
  /** @type {Game | null} */
  let game = null;
  /** @type {{telling: string, choice: string} | null} what was tapped here, before the server said so */
  let tapped = null;

  /** @param {Event} event */
  function call(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-choice]") : null;
    if (!(button instanceof HTMLElement) || !game?.telling) return;
    tapped = { telling: game.telling.id, choice: button.dataset.choice ?? "" };
    tools.keep("call", { type: "call.make", ...tapped });
    showTapped();
  }

  function showTapped() {
    const choice = (tapped?.telling === game?.telling?.id ? tapped?.choice : null) ?? game?.you.called ?? null;
    for (const button of all("[data-call] [data-choice]")) button.setAttribute("aria-pressed", String(button.dataset.choice === choice));
    part("[data-called]", HTMLElement).hidden = choice === null;
  }

  on("[data-call]", "click", call);

  return {
    /** @param {Game} next */
    show(next) {
      game = next;
      if (next.scene !== "call" && next.scene !== "heard") return;
      const { kind, choices } = callOf(next.room, next.part, arcs, next.beats);
      const rate = next.telling?.rate_hz ?? 4;
      const named = choices.map(({ key, words, at }) => ({
        key,
        words: kind === "third" ? (tools.words[`call.${key}`] ?? key) : fill(tools.words["beat.at"], { words, time: timeOf({ tick: (at ?? 0) * rate }, rate) }),
      }));
      const question = tools.words[kind === "arc" ? "call.which" : "call.where"] ?? "";
      write(part("[data-call-question]", HTMLElement), question);
      for (const group of all("[data-call]")) group.setAttribute("aria-label", question);
      part('[data-call="arc"]', HTMLElement).hidden = kind !== "arc";
      part('[data-call="beat"]', HTMLElement).hidden = kind === "arc";
      // In an arc round the teller knows the answer, so there is nothing to call.
      part("[data-own-call]", HTMLElement).hidden = next.telling?.source === "A";
      offer(next.telling?.calls ?? []);
      if (kind !== "arc") {
        for (const group of all('[data-call="beat"], [data-call="own"]')) fillGroup(group, named);
      }
      showTapped();
    },
  };
}

/** The server names four arcs, one of them right: the fifth would only make guessing look worse.
 * @param {string[]} keys */
function offer(keys) {
  for (const button of all('[data-call="arc"] [data-choice]')) {
    button.hidden = keys.length > 0 && !keys.includes(button.dataset.choice ?? "");
  }
}

/** @param {HTMLElement} group @param {{key: string, words: string}[]} choices */
function fillGroup(group, choices) {
  const state = JSON.stringify(choices);
  if (group.dataset.state === state) return;
  group.dataset.state = state;
  group.replaceChildren(...choices.map(({ key, words }) => choiceButton(key, words)));
}
