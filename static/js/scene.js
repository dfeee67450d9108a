// @ts-check
/** Which scene of the page a room's state means for this seat. There is no other state machine in the browser. */

/** @typedef {import("./protocol").PublicRoom} PublicRoom */
/** @typedef {import("./protocol").You} You */
/** @typedef {import("./socket.js").Connection} Connection */

/**
 * @typedef {"connecting" | "lobby" | "warmup" | "preparing" | "getready" | "listening" | "telling"
 *   | "witnessing" | "placing" | "waiting" | "call" | "heard" | "reveal" | "debrief" | "ended"
 *   | "replaced" | "removed" | "gone" | "outdated"} Scene
 */

/** @param {PublicRoom | null} room @param {You | null} you @param {Connection} connection @returns {Scene} */
export function sceneOf(room, you, connection) {
  if (connection === "replaced" || connection === "removed" || connection === "gone" || connection === "outdated") {
    return connection;
  }
  if (!room || !you) return "connecting";
  const part = partOf(room, you);
  switch (room.phase) {
    case "preparing":
      return part === "teller" ? "getready" : "preparing";
    case "telling":
      if (part === "teller") return "telling";
      return part === "witness" ? "witnessing" : "listening";
    case "placing":
      return part === "teller" ? "placing" : part === "witness" ? "waiting" : "call";
    case "settling":
      return part === "teller" ? "heard" : part === "witness" ? "waiting" : "call";
    case "warmup":
    case "reveal":
    case "debrief":
    case "ended":
      return room.phase;
    default:
      return "lobby";
  }
}

/** The seat's part in the telling at hand; the room's own word about the teller counts first.
 * @param {PublicRoom} room @param {You} you @returns {"listener" | "teller" | "witness"} */
export function partOf(room, you) {
  if (room.telling) {
    if (room.telling.teller === you.light.seat) return "teller";
    return you.part === "witness" ? "witness" : "listener";
  }
  return you.part === "witness" ? "witness" : "listener";
}

/** Whether this seat's strip is sampled in the telling at hand. @param {PublicRoom} room @param {You} you */
export function sampled(room, you) {
  const part = partOf(room, you);
  return part === "listener" || (part === "teller" && room.telling?.source === "C");
}

/** @typedef {{key: string, words: string, at: number | null}} Choice */

/**
 * What the Call asks: the arcs, or the worded beats, or the thirds of the story where words are too few.
 * @param {PublicRoom} room
 * @param {"listener" | "teller" | "witness"} part
 * @param {{key: string, words: string}[]} arcs
 * @param {{id: string, tick: number, words?: string}[]} beats
 * @returns {{kind: "arc" | "beat" | "third", choices: Choice[]}}
 */
export function callOf(room, part, arcs, beats) {
  if (room.telling?.source === "A" && part !== "teller") {
    return { kind: "arc", choices: arcs.map(({ key, words }) => ({ key, words, at: null })) };
  }
  const rate = room.telling?.rate_hz ?? 4;
  const worded = beats.filter((beat) => beat.words).sort((a, b) => a.tick - b.tick);
  if (worded.length >= 2) {
    return { kind: "beat", choices: worded.map(({ id, words, tick }) => ({ key: id, words: words ?? "", at: tick / rate })) };
  }
  return { kind: "third", choices: ["start", "middle", "end"].map((key) => ({ key, words: "", at: null })) };
}
