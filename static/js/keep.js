// @ts-check
/**
 * Single messages that want an answer: a beat, a call, a wish. Kept until the room shows that it was heard.
 *
 * Lasting ones (they say something nobody could say again) survive a reload. The others are wishes of the
 * moment and are given up after a while.
 */

/** @typedef {import("./protocol").ClientMessage} ClientMessage */
/** @typedef {import("./protocol").ServerMessage} ServerMessage */
/** @typedef {import("./protocol").PublicRoom} PublicRoom */
/** @typedef {{key: string, message: ClientMessage, since: number, sentAt: number | null}} Kept */

const ANSWER_MS = 10_000;
const JITTER_MS = 3_000;
const WISH_MS = 30_000;
const LASTING = new Set(["beat.mark", "beat.place", "call.make", "heard.rate"]);
/** The socket was too fast or the room too busy: the same message is welcome later. */
const LATER = new Set(["rate.slow_down", "trace.busy"]);

/**
 * Whether what the server says answers a kept message.
 * @param {ClientMessage} kept
 * @param {ServerMessage} said
 */
export function answers(kept, said) {
  switch (kept.type) {
    case "beat.mark":
      return said.type === "beat.marked" && said.beat === kept.beat;
    case "beat.place":
      return said.type === "beat.marked" && said.beat === kept.beat && said.level === kept.level;
    case "call.make":
      return said.type === "call.made" && said.choice === kept.choice;
    case "heard.rate":
      return said.type === "heard.rated" && said.level === kept.level && said.share === (kept.share ?? false);
    case "teller.offer":
      return "you" in said && Boolean(said.you) && (said.you?.willing ?? false) === kept.willing;
    case "lines.write":
      return said.type === "you.changed";
    default: {
      const room = "room" in said ? said.room : null;
      return room !== null && shown(kept, room);
    }
  }
}

/** Whether the room already is as a wish wants it. @param {ClientMessage} wish @param {PublicRoom} room */
function shown(wish, room) {
  const telling = "telling" in wish && room.telling?.id === wish.telling ? room.telling : null;
  switch (wish.type) {
    case "telling.pause":
      return Boolean(room.paused) || room.phase === "lobby";
    case "telling.resume":
      return !room.paused;
    case "telling.choose":
      return !telling || room.phase !== "preparing" || (telling.source === wish.source && telling.mode === wish.mode);
    case "telling.begin":
    case "teller.pass":
      return !telling || room.phase !== "preparing";
    case "telling.finish":
      return !telling || room.phase !== "telling";
    case "placing.finish":
      return !telling || room.phase !== "placing";
    default:
      return true;
  }
}

export class Keep {
  /**
   * @param {object} parts
   * @param {Storage | null} parts.storage
   * @param {string} parts.seat
   * @param {() => number} [parts.random]
   */
  constructor({ storage, seat, random = Math.random }) {
    this.storage = storage;
    this.place = `keep:${seat}`;
    this.random = random;
    /** @type {Kept[]} oldest first */
    this.messages = this.leftovers();
  }

  /** Keep a message until it is answered; a newer one under the same key takes its place.
   * @param {string} key @param {ClientMessage} message @param {number} at milliseconds of life */
  put(key, message, at) {
    this.messages = [...this.messages.filter((kept) => kept.key !== key), { key, message, since: at, sentAt: null }];
    this.save();
  }

  /** @param {number} at @returns {ClientMessage[]} never sent, or unanswered for ten seconds */
  pending(at) {
    this.messages = this.messages.filter((kept) => LASTING.has(kept.message.type) || at - kept.since < WISH_MS);
    return this.messages
      .filter((kept) => kept.sentAt === null || at >= kept.sentAt)
      .map((kept) => {
        kept.sentAt = at + ANSWER_MS + this.random() * JITTER_MS;
        return kept.message;
      });
  }

  reconnected() {
    for (const kept of this.messages) kept.sentAt = null;
  }

  /** @param {ServerMessage} said */
  heard(said) {
    if (said.type === "refused") return this.refused(said);
    this.drop((kept) => answers(kept.message, said));
  }

  /** @param {{code: string, of: string, beat?: string | null}} refusal */
  refused({ code, of, beat }) {
    if (LATER.has(code)) return;
    const is = (/** @type {Kept} */ kept) =>
      kept.message.type === of && kept.sentAt !== null && (!beat || !("beat" in kept.message) || kept.message.beat === beat);
    const first = this.messages.find(is);
    this.drop((kept) => kept === first);
  }

  /** What is on its way under a key. @param {string} key */
  find(key) {
    return this.messages.find((kept) => kept.key === key)?.message ?? null;
  }

  /** @param {(kept: Kept) => boolean} which */
  drop(which) {
    const left = this.messages.filter((kept) => !which(kept));
    if (left.length === this.messages.length) return;
    this.messages = left;
    this.save();
  }

  save() {
    const lasting = this.messages.filter((kept) => LASTING.has(kept.message.type));
    try {
      if (lasting.length === 0) this.storage?.removeItem(this.place);
      else this.storage?.setItem(this.place, JSON.stringify(lasting.map(({ key, message }) => [key, message])));
    } catch {
      // Memory holds it.
    }
  }

  /** @returns {Kept[]} */
  leftovers() {
    try {
      const pairs = JSON.parse(this.storage?.getItem(this.place) ?? "[]");
      return pairs.map((/** @type {[string, ClientMessage]} */ [key, message]) => ({ key, message, since: 0, sentAt: null }));
    } catch {
      return [];
    }
  }
}
