// @ts-check
/** The page's side of a player: which parts are shown, which blanks are filled, what is read aloud. */

import { fill } from "./words.js";

/** @typedef {import("./protocol").PublicRoom} PublicRoom */
/** @typedef {import("./protocol").You} You */
/** @typedef {import("./protocol").BeatPlaced} BeatPlaced */
/** @typedef {import("./protocol").CaptionShown} CaptionShown */
/** @typedef {import("./protocol").RevealShown} RevealShown */
/** @typedef {import("./protocol").ClientMessage} ClientMessage */
/** @typedef {import("./protocol").PublicTelling} PublicTelling */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {"listener" | "teller" | "witness"} Part */

/**
 * What a player's page knows. Panels read it and never write it.
 * @typedef {object} Game
 * @property {PublicRoom} room
 * @property {You} you
 * @property {Scene} scene
 * @property {Part} part
 * @property {PublicTelling | null} telling the telling at hand
 * @property {BeatPlaced[]} beats the teller's own, or those that were captioned, in order
 * @property {RevealShown | null} shown
 * @property {{teller: string, low: string, high: string}} values what fills the blanks
 */

/**
 * What a panel may use.
 * @typedef {object} Tools
 * @property {Words} words
 * @property {() => number} now server time
 * @property {(key: string, message: ClientMessage) => void} keep say it until it is answered
 * @property {(message: ClientMessage) => void} say say it once, or show that nobody would hear
 * @property {(text: string) => void} toast
 */

/**
 * The element a template promises.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} kind
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function part(selector, kind, root = document) {
  const element = root.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} ${selector}`);
  return element;
}

/** @param {string} selector @returns {HTMLElement[]} */
export const all = (selector) => [...document.querySelectorAll(selector)].filter((found) => found instanceof HTMLElement);

/** @param {string} selector @param {string} event @param {(event: Event) => void} act */
export function on(selector, event, act) {
  for (const element of all(selector)) element.addEventListener(event, act);
}

/** Change a text only if it changes: a screen reader is not told twice. @param {Element} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const CONDITIONS = /** @type {const} */ (["scenes", "sources", "modes", "displays", "part"]);

/**
 * Show what is meant for this moment: an element with `data-scenes`, `data-sources`, `data-modes`, `data-displays`
 * or `data-part` is seen when each of them that it has names what is the case.
 * @param {Record<"scenes" | "sources" | "modes" | "displays" | "part", string>} is
 */
export function showFor(is) {
  const selector = CONDITIONS.map((name) => `[data-${name}]`).join(",");
  for (const element of all(selector)) {
    element.hidden = !CONDITIONS.every((name) => element.dataset[name]?.split(" ").includes(is[name]) ?? true);
  }
}

/** Fill the blanks of every `data-say`. @param {Words} words @param {Record<string, string>} values */
export function sayAll(words, values) {
  for (const element of all("[data-say]")) {
    const name = element.dataset.say ?? "";
    write(element, name in values ? values[name] : fill(words[name], values));
  }
}

/** Bring the focus along when what had it goes away; where nothing has it, nothing takes it. */
export function focusTitle() {
  const at = document.activeElement;
  if (!(at instanceof HTMLElement) || at === document.body) return;
  if (at.offsetParent !== null && !at.closest("[inert]")) return;
  const title = all("[data-title]").find((element) => element.offsetParent !== null && !element.closest("[inert]"));
  title?.focus({ preventScroll: true });
}

/** The one voice for those who do not see the page, and the slip of paper for those who do. */
export class Voice {
  constructor() {
    this.news = part("[data-news]", HTMLElement);
    this.slip = part("[data-toast]", HTMLElement);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** @param {string} text */
  read(text) {
    if (text) this.news.textContent = text;
  }

  /** @param {string} text */
  toast(text) {
    if (!text) return;
    this.read(text);
    this.slip.textContent = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.clear(), 5000);
  }

  clear() {
    this.slip.textContent = "";
  }
}

/** A button of a list of choices. @param {string} key @param {string} words */
export function choiceButton(key, words) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "choice";
  button.dataset.choice = key;
  button.setAttribute("aria-pressed", "false");
  button.textContent = words;
  return button;
}
