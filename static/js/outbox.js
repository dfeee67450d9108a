// @ts-check
/**
 * Samples on their way to the server: kept until acked, through reloads and lost networks.
 *
 * Every page load samples each telling under a `run` of its own. Chunks of a run are numbered from 0 and never
 * change once cut, so sending one twice is harmless. What is not yet acked also lies in the tab's storage,
 * where the next page load finds it; so does the copy that "duplicate tab" makes, while the first page goes on.
 */

/** @typedef {import("./protocol").TraceChunk} TraceChunk */
/** @typedef {import("./protocol").TraceClosed} TraceClosed */
/** @typedef {{first: number, values: number[]}} Stretch consecutive ticks that are not a chunk yet */
/** @typedef {{seq: number, first: number, values: number[], sentAt: number | null}} Chunk */
/**
 * @typedef {object} Run
 * @property {string} run
 * @property {string} telling
 * @property {number} cut how many chunks were cut so far
 * @property {Stretch[]} loose samples not cut yet
 * @property {Chunk[]} chunks cut and not acked
 * @property {boolean} over nothing more will be sampled
 * @property {number | null} closedAt when the closing was last sent
 */

export const LONGEST_CHUNK = 240;
const ANSWER_MS = 10_000;
const JITTER_MS = 3_000;
/** Sending these again cannot help. */
const HOPELESS = new Set([
  "trace.conflict",
  "trace.too_late",
  "trace.not_sampled",
  "trace.range",
  "trace.poisonous",
  "telling.unknown",
  "room.ended",
]);

export class Outbox {
  /**
   * @param {object} parts
   * @param {Storage | null} parts.storage the tab's own; null or failing is fine
   * @param {string} parts.seat whose samples these are
   * @param {() => string} parts.newRun a random id
   * @param {() => number} [parts.random]
   */
  constructor({ storage, seat, newRun, random = Math.random }) {
    this.storage = storage;
    this.prefix = `outbox:${seat}:`;
    this.newRun = newRun;
    this.random = random;
    /** @type {Map<string, Run>} runs by id, oldest first */
    this.runs = new Map();
    /** @type {Map<string, string>} the run of each telling sampled by this page */
    this.current = new Map();
    for (const run of this.leftovers()) this.inherit(run);
  }

  /** @param {string} telling @param {number} tick @param {number} level */
  add(telling, tick, level) {
    const { loose } = this.runOf(telling);
    const last = loose.at(-1);
    if (last && tick === last.first + last.values.length && last.values.length < LONGEST_CHUNK) last.values.push(level);
    else loose.push({ first: tick, values: [level] });
  }

  /** Make chunks of the loose samples. */
  cut() {
    for (const run of this.runs.values()) this.cutRun(run);
  }

  /** Nothing more will be sampled of this telling by this page; `lastTick` is its last one, if that is known.
   * @param {string} telling @param {number} [lastTick] */
  finish(telling, lastTick = Infinity) {
    const run = this.runs.get(this.current.get(telling) ?? "");
    if (!run) return;
    for (const stretch of run.loose) stretch.values.length = Math.max(0, Math.min(stretch.values.length, lastTick + 1 - stretch.first));
    run.loose = run.loose.filter((stretch) => stretch.values.length > 0);
    run.over = true;
    this.cutRun(run);
    if (run.cut === 0) this.forget(run);
    else this.save(run);
  }

  /** A new connection: whatever is unanswered goes out again. */
  reconnected() {
    for (const run of this.runs.values()) {
      run.closedAt = null;
      for (const chunk of run.chunks) chunk.sentAt = null;
    }
  }

  /**
   * The messages to send now, oldest first: never sent, or unanswered for ten seconds. They count as sent.
   * @param {number} at milliseconds of life
   * @param {number} [most]
   * @returns {(TraceChunk | TraceClosed)[]}
   */
  pending(at, most = 20) {
    /** @type {(TraceChunk | TraceClosed)[]} */
    const due = [];
    for (const run of this.runs.values()) {
      const { telling, run: id } = run;
      for (const chunk of run.chunks) {
        if (due.length >= most) return due;
        if (chunk.sentAt !== null && at < chunk.sentAt) continue;
        chunk.sentAt = this.again(at);
        due.push({ type: "trace.chunk", telling, run: id, seq: chunk.seq, first_tick: chunk.first, values: chunk.values });
      }
      if (!run.over || run.chunks.length > 0 || due.length >= most) continue;
      if (run.closedAt !== null && at < run.closedAt) continue;
      run.closedAt = this.again(at);
      due.push({ type: "trace.closed", telling, run: id, chunks: run.cut });
    }
    return due;
  }

  /** @param {string} id @param {number[]} seqs */
  acked(id, seqs) {
    const run = this.runs.get(id);
    if (!run) return;
    run.chunks = run.chunks.filter((chunk) => !seqs.includes(chunk.seq));
    this.save(run);
  }

  /** The server knows that the run is over: nothing of it is needed any more. @param {string} id */
  sealed(id) {
    const run = this.runs.get(id);
    if (run?.over && run.chunks.length === 0) this.forget(run);
  }

  /**
   * A chunk or a closing was refused. Says whether it was ours.
   * @param {{code: string, of: string, run?: string | null, seq?: number | null}} refusal
   */
  refused({ code, of, run: id, seq }) {
    const run = this.runs.get(id ?? "");
    if (of === "trace.closed" && run && HOPELESS.has(code)) this.forget(run);
    else if (of === "trace.chunk" && run && HOPELESS.has(code)) this.acked(run.run, [seq ?? -1]);
    return of === "trace.chunk" || of === "trace.closed";
  }

  /** How many samples are not stored yet. */
  get waiting() {
    let samples = 0;
    for (const run of this.runs.values()) {
      for (const part of [...run.chunks, ...run.loose]) samples += part.values.length;
    }
    return samples;
  }

  /** Write down what a reload would lose. */
  keep() {
    for (const run of this.runs.values()) if (run.loose.length > 0) this.save(run);
  }

  /** When to send something again that is sent now: the crowd of an outage must not come back as one.
   * @param {number} at */
  again(at) {
    return at + ANSWER_MS + this.random() * JITTER_MS;
  }

  /**
   * What an earlier page load left. Its chunks stay what they are; what it had not cut becomes a run of its own,
   * for that page may still live, in the tab this one was duplicated from, and cut it otherwise.
   * @param {Run} run
   */
  inherit(run) {
    const { loose } = run;
    run.loose = [];
    this.runs.set(run.run, run);
    if (loose.length > 0) {
      const own = { ...run, run: this.newRun(), cut: 0, loose, chunks: [] };
      this.runs.set(own.run, own);
      this.cutRun(own);
    }
    if (run.cut === 0) this.forget(run);
    else this.save(run);
  }

  /** @param {string} telling */
  runOf(telling) {
    const known = this.runs.get(this.current.get(telling) ?? "");
    if (known && !known.over) return known;
    /** @type {Run} */
    const run = { run: this.newRun(), telling, cut: 0, loose: [], chunks: [], over: false, closedAt: null };
    this.runs.set(run.run, run);
    this.current.set(telling, run.run);
    return run;
  }

  /** @param {Run} run */
  cutRun(run) {
    if (run.loose.length === 0) return;
    for (const { first, values } of run.loose) run.chunks.push({ seq: run.cut++, first, values, sentAt: null });
    run.loose = [];
    this.save(run);
  }

  /** @param {Run} run */
  save(run) {
    const { run: id, telling, cut, loose, chunks } = run;
    const kept = chunks.map(({ seq, first, values }) => [seq, first, values]);
    try {
      this.storage?.setItem(this.prefix + id, JSON.stringify({ telling, cut, loose, chunks: kept }));
    } catch {
      // No room, or storage is off: memory holds it, only a reload would lose it.
    }
  }

  /** @param {Run} run */
  forget(run) {
    this.runs.delete(run.run);
    try {
      this.storage?.removeItem(this.prefix + run.run);
    } catch {
      // Sent once more by the next page load, and answered as known.
    }
  }

  /** What earlier page loads of this tab could not hand over: their runs are over. @returns {Run[]} */
  leftovers() {
    /** @type {Run[]} */
    const found = [];
    try {
      const storage = this.storage;
      if (!storage) return found;
      for (let i = 0; i < storage.length; i += 1) {
        const key = storage.key(i) ?? "";
        if (!key.startsWith(this.prefix)) continue;
        const run = revive(key.slice(this.prefix.length), storage.getItem(key));
        if (run) found.push(run);
      }
    } catch {
      // Storage is off.
    }
    return found;
  }
}

/** @param {string} run @param {string | null} text @returns {Run | null} */
function revive(run, text) {
  try {
    const { telling, cut, loose, chunks } = JSON.parse(text ?? "");
    if (typeof telling !== "string" || typeof cut !== "number") return null;
    return {
      run,
      telling,
      cut,
      loose,
      chunks: chunks.map((/** @type {[number, number, number[]]} */ [seq, first, values]) => ({ seq, first, values, sentAt: null })),
      over: true,
      closedAt: null,
    };
  } catch {
    return null;
  }
}
