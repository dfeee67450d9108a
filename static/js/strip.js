// @ts-check
/**
 * The strip: one level, 0 to 1000, that a thumb moves from wherever it lands and that stays when it lifts.
 *
 * Thumb, five tap zones, keys, a pointer that follows without being pressed and a native range all write the
 * same level and count the same. There is no number on it and nothing that could be read while listening.
 */

/** @typedef {"drag" | "zone" | "key" | "follow" | "range"} How */

export const MIDDLE = 500;
/** A thumb moves over this share of the strip for the whole scale. */
const GAIN = 1.2;
/** How much of the strip's height the band travels (`--travel` in the stylesheet). */
const TRAVEL = 0.84;
/** Zones from top to bottom: where the band lies in the middle of each. */
export const ZONES = [976, 738, 500, 262, 24];
const TAP_MS = 300;
const SLACK_PX = 8;

/** @type {Record<string, number>} */
const STEPS = { ArrowUp: 25, ArrowDown: -25, PageUp: 100, PageDown: -100, Home: -1000, End: 1000 };

/** @param {number} level */
export const within = (level) => Math.round(Math.min(1000, Math.max(0, level)));

/** @param {number} level @param {number} up pixels @param {number} height of the strip */
export const dragged = (level, up, height) => within(level + (up / Math.max(1, height)) * 1000 * GAIN);

/** The level whose band lies at a height. @param {number} down pixels from the top @param {number} height */
export const pointed = (down, height) => within((0.5 - (down / Math.max(1, height) - 0.5) / TRAVEL) * 1000);

/** What a key does to a level, or null: arrows, page keys, Home and End, 1 (low) to 5 (high).
 * @param {number} level @param {string} key */
export function keyed(level, key) {
  if (/^[1-5]$/.test(key)) return ZONES[5 - Number(key)];
  return key in STEPS ? within(level + STEPS[key]) : null;
}

/** Which of the five words says a level: 0 (lowest) to 4. @param {number} level */
export const fifth = (level) => Math.min(4, Math.floor(level / 200.2));

export class Strip {
  /**
   * @param {HTMLElement} root `.strip`
   * @param {object} parts
   * @param {(level: number, how: How) => void} parts.oninput
   * @param {(level: number) => string} parts.words what a level is called, for those who hear it
   */
  constructor(root, { oninput, words }) {
    this.root = root;
    this.oninput = oninput;
    this.words = words;
    this.level = MIDDLE;
    this.touched = false;
    this.following = false;
    this.range = /** @type {HTMLInputElement} */ (root.querySelector(".strip__range"));
    this.zones = [...root.querySelectorAll(".strip__zone")];
    this.followButton = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-follow]"));
    /** @type {{id: number, y: number, level: number, at: number, moved: boolean} | null} */
    this.grip = null;
    this.listen();
    this.show();
  }

  /** Set the strip without a hand: another telling, or a reload. @param {number} level @param {boolean} touched */
  set(level, touched) {
    this.level = level;
    this.touched = touched;
    this.show();
  }

  /** A hand says where it is; also when it says the same again, for the first touch counts.
   * @param {number} level @param {How} how */
  write(level, how) {
    const news = level !== this.level || !this.touched;
    this.level = level;
    this.touched = true;
    this.show();
    if (news) this.oninput(level, how);
  }

  show() {
    this.root.style.setProperty("--level", String(this.level / 1000));
    this.root.classList.toggle("strip--idle", !this.touched);
    if (this.range.valueAsNumber !== this.level) this.range.value = String(this.level);
    const words = this.words(this.level);
    if (this.range.getAttribute("aria-valuetext") !== words) this.range.setAttribute("aria-valuetext", words);
  }

  /** @param {boolean} on */
  follow(on) {
    this.following = on;
    this.followButton?.setAttribute("aria-pressed", String(on));
  }

  listen() {
    const { root } = this;
    root.addEventListener("pointerdown", (event) => this.take(event));
    root.addEventListener("pointermove", (event) => this.move(event));
    root.addEventListener("pointerup", (event) => this.release(event));
    root.addEventListener("pointercancel", () => (this.grip = null));
    root.addEventListener("contextmenu", (event) => event.preventDefault());
    this.range.addEventListener("input", () => this.write(within(this.range.valueAsNumber), "range"));
    this.zones.forEach((zone, i) =>
      zone.addEventListener("click", (event) => {
        // A pointer's tap was written when it was released; this is a click without one (switch, screen reader).
        if (/** @type {MouseEvent} */ (event).detail === 0) this.write(ZONES[i], "zone");
      }),
    );
    this.followButton?.addEventListener("click", () => this.follow(!this.following));
    document.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {PointerEvent} event */
  take(event) {
    if (this.grip || event.button > 0 || event.target === this.range) return;
    this.grip = { id: event.pointerId, y: event.clientY, level: this.level, at: event.timeStamp, moved: false };
    this.root.setPointerCapture(event.pointerId);
    // A thumb that rests is a hand on the strip, even if it stays where it is. A mouse has to mean it.
    if (event.pointerType !== "mouse" && !this.touched) this.write(this.level, "drag");
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { grip } = this;
    if (!grip) {
      if (this.following && event.pointerType !== "touch") this.write(this.under(event), "follow");
      return;
    }
    if (event.pointerId !== grip.id) return;
    const up = grip.y - event.clientY;
    if (!grip.moved && Math.abs(up) < SLACK_PX) return;
    // The slack is forgiven, so that the level does not jump when a drag begins.
    if (!grip.moved) Object.assign(grip, { moved: true, y: event.clientY });
    this.write(dragged(grip.level, grip.y - event.clientY, this.root.clientHeight), "drag");
  }

  /** @param {PointerEvent} event */
  release(event) {
    const { grip } = this;
    if (!grip || event.pointerId !== grip.id) return;
    this.grip = null;
    if (grip.moved || event.timeStamp - grip.at > TAP_MS) return;
    if (event.pointerType === "mouse") {
      // A click takes hold and the next one lets go: a trackpad needs no held press.
      this.follow(!this.following);
      if (this.following) this.write(this.under(event), "follow");
      return;
    }
    const box = this.root.getBoundingClientRect();
    const zone = Math.floor(((event.clientY - box.top) / box.height) * ZONES.length);
    this.write(ZONES[Math.min(ZONES.length - 1, Math.max(0, zone))], "zone");
  }

  /** @param {PointerEvent} event */
  under(event) {
    const box = this.root.getBoundingClientRect();
    return pointed(event.clientY - box.top, box.height);
  }

  /** Keys reach the strip from anywhere on the page, except from fields that need them. @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || this.root.offsetParent === null) return;
    const at = event.target;
    if (at !== this.range && at instanceof HTMLElement && at.matches("input, textarea, select, [contenteditable]")) return;
    const level = keyed(this.level, event.key);
    if (level === null) return;
    event.preventDefault();
    this.write(level, "key");
  }
}
