// @ts-check
/** The reveal in the hand: the stage's picture, small, with the own line over it and one moment of one's own. */

import { minutes } from "./geometry.js";
import { all, part, write } from "./page.js";
import { drawPicture } from "./picture.js";
import { revealWords } from "./sayings.js";
import { fill } from "./words.js";

/** @typedef {import("./page.js").Game} Game */
/** @typedef {import("./page.js").Tools} Tools */
/** @typedef {import("./protocol").OwnReveal} OwnReveal */
/** @typedef {import("./protocol").Picture} Picture */
/** @typedef {import("./words.js").Words} Words */

/** The private sentence, or an empty one while there is nothing to say.
 * @param {OwnReveal | null | undefined} own @param {string} teller @param {Words} words */
export function ownWords(own, teller, words) {
  if (!own) return "";
  if (own.moment) {
    const { kind, at_s: at, words: beat } = own.moment;
    return fill(words[`moment.${kind}${beat ? "" : "_at"}`], { beat: (beat ?? "").replace(/[.,;:]$/, ""), time: minutes(at), teller });
  }
  return own.reason ? fill(words["own.none"], { reason: words[`own.${own.reason}`] ?? "" }) : "";
}

/** @param {Tools} tools */
export function revealMirror({ words }) {
  const chart = part("[data-picture]", SVGSVGElement);
  const questions = all("[data-questions] > li").map((item) => item.textContent?.trim() ?? "");
  const language = document.documentElement.lang || "en";
  /** @type {Game | null} */
  let game = null;

  function draw() {
    if (!game?.shown || (game.scene !== "reveal" && game.scene !== "debrief")) return;
    const { picture, step } = game.shown;
    chart.toggleAttribute("hidden", !picture.teller_name);
    const own = step >= 2 ? game.you.own?.line : null;
    drawPicture(chart, picture, game.scene === "debrief" ? 4 : step, words, { own, still: game.scene === "debrief" });
  }

  /** @param {Picture} picture @param {number} step */
  function beats(picture, step) {
    const root = part("[data-beats]", HTMLElement);
    const listed = step >= 1 ? (picture.beats ?? []) : [];
    root.hidden = !listed.some((beat) => beat.words);
    const state = JSON.stringify(listed);
    if (root.dataset.state === state) return;
    root.dataset.state = state;
    root.replaceChildren(
      ...listed.map((beat) => {
        const item = document.createElement("li");
        const time = document.createElement("time");
        time.textContent = minutes(beat.at_s);
        item.append(beat.words || "·", " ", time);
        return item;
      }),
    );
  }

  new ResizeObserver(() => requestAnimationFrame(draw)).observe(chart);

  return {
    /** @param {Game} next */
    show(next) {
      game = next;
      if (next.scene !== "reveal" && next.scene !== "debrief") return;
      const number = next.telling?.number ?? 1;
      write(part("[data-question]", HTMLElement), questions[(number - 1) % questions.length] ?? "");
      for (const field of all("[data-telling-id]")) /** @type {HTMLInputElement} */ (field).value = next.telling?.id ?? "";
      const { shown } = next;
      if (!shown) return;
      const step = next.scene === "debrief" ? 4 : shown.step;
      const said = revealWords(shown.picture, step, words, language);
      for (const element of all("[data-said]")) {
        const name = /** @type {keyof typeof said} */ (element.dataset.said ?? "headline");
        // In the debrief the headline's place is taken by the question.
        const text = name === "verdict" ? said.headline : said[name];
        if (text) write(element, text);
        if (name !== "headline" && name !== "verdict") element.hidden = !text;
      }
      const mine = step >= 2 ? ownWords(next.you.own, next.values.teller, words) : "";
      part("[data-moment]", HTMLElement).hidden = !mine;
      write(part("[data-moment-words]", HTMLElement), mine);
      const replay = part("[data-replay]", HTMLAnchorElement);
      replay.hidden = !shown.picture.replay;
      if (shown.picture.replay) replay.href = `/r/${shown.picture.replay}`;
      beats(shown.picture, step);
      draw();
    },
  };
}
