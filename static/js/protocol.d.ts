// Written by `manage.py protocol` from the server's own types. Do not edit.

/** 0 (low) to 1000 (high) on the strip; 0..1000 */
export type Level = number;

/** sample number since the telling began; 0..1000000 */
export type Tick = number;

/** 1..24 characters */
export type Name = string;

/** 1..32 characters, `^[A-Za-z0-9_-]+$` */
export type Id = string;

/** 0..280 characters */
export type Words = string;

/** server time in milliseconds since 1970 */
export type Millis = number;

export type Role = "player" | "host" | "stage";

export type Source = "A" | "B" | "C";

export type Mode = "spoken" | "typed" | "lines";

export type Display = "sealed" | "glow" | "open";

/** The phase of a room (`PublicRoom.phase`). */
export type Phase =
  | "lobby"
  | "warmup"
  | "preparing"
  | "telling"
  | "placing"
  | "settling"
  | "reveal"
  | "debrief"
  | "ended";

/** What can have happened to a room (`RoomChanged.because`). */
export type FactKind =
  | "room.opened"
  | "room.locked"
  | "display.chosen"
  | "warmup.started"
  | "warmup.ended"
  | "telling.prepared"
  | "telling.chosen"
  | "telling.dropped"
  | "telling.started"
  | "room.paused"
  | "room.resumed"
  | "telling.extended"
  | "telling.ended"
  | "placing.started"
  | "placing.ended"
  | "settling.started"
  | "reveal.opened"
  | "reveal.stepped"
  | "debrief.started"
  | "lobby.returned"
  | "peek.opened"
  | "room.ended";

/** Why a message was not obeyed (`Refused.code`). */
export type RefusalCode =
  | "role.not_yours"
  | "phase.wrong"
  | "pause.nothing"
  | "pause.none"
  | "telling.unknown"
  | "telling.not_now"
  | "telling.not_yours"
  | "telling.needs_listener"
  | "telling.longest"
  | "teller.unknown"
  | "content.unknown"
  | "trace.conflict"
  | "trace.not_sampled"
  | "trace.future"
  | "trace.range"
  | "trace.too_late"
  | "trace.poisonous"
  | "trace.busy"
  | "beat.conflict"
  | "beat.unknown"
  | "beat.too_many"
  | "beat.range"
  | "call.closed"
  | "call.unknown"
  | "name.fixed"
  | "rate.slow_down"
  | "room.full"
  | "room.locked"
  | "room.ended";

/** The parts of the reveal, in their order. */
export type RevealStep =
  | "teller"
  | "room"
  | "marks"
  | "score";

/** A line the teller will release with one tap, and a note only the teller sees. */
export interface PreparedLine {
  /** 1..280 characters */
  words: string;
  notes?: Words;
  turn?: boolean;
}

/**
 * The room as everyone may see it: small whatever the room's size, without secrets.
 *
 * `phase` is the phase underneath while `paused` is set. `ends_at` is when the phase falls due.
 * `step` counts the parts of the reveal that are open.
 */
export interface PublicRoom {
  version: number;
  phase: Phase;
  paused?: "breath" | "teller_gone" | null;
  paused_at?: Millis | null;
  since?: Millis | null;
  ends_at?: Millis | null;
  step?: number;
  locked?: boolean;
  display?: Display;
  open_table?: boolean;
  told?: number;
  telling?: PublicTelling | null;
}

/** What everyone may know of the telling at hand. `calls` are the Call's choices, once the story is over. */
export interface PublicTelling {
  id: string;
  number: number;
  teller: string;
  teller_name?: string;
  source: Source;
  mode: Mode;
  title?: string;
  low?: string;
  high?: string;
  rate_hz?: number;
  started_at?: Millis | null;
  ended_at?: Millis | null;
  calls?: string[];
}

/** What only this seat is told: its own light, its part, and the teller's secrets if it tells. */
export interface You {
  light: Light;
  part?: "listener" | "teller" | "witness";
  willing?: boolean;
  late?: boolean;
  arc?: ArcStep[] | null;
  arc_key?: string | null;
  card?: CardText | null;
  lines?: PreparedLine[] | null;
  beats?: BeatPlaced[] | null;
  called?: string | null;
  heard?: number | null;
  own?: OwnReveal | null;
}

/** How one participant is recognised: colour and shape and name. */
export interface Light {
  seat: string;
  number: number;
  name: string;
  colour: number;
  shape: number;
}

/** One feeling of the arc the teller was dealt. */
export interface ArcStep {
  feeling: string;
  level: Level;
}

/** The card that starts the story: a prompt and three lines to hold on to. */
export interface CardText {
  prompt: string;
  scaffold: string[];
}

/** A beat as its teller sees it. */
export interface BeatPlaced {
  id: string;
  tick: number;
  words?: string;
  turn?: boolean;
  level?: number | null;
}

/** What one listener privately sees at the reveal: the own line, and one moment (or why there is none). */
export interface OwnReveal {
  line: (number | null)[];
  moment?: Moment | null;
  reason?: string | null;
}

/** The one moment: the beat around which this listener moved most, and what the teller's line did there. */
export interface Moment {
  kind: "turned" | "level";
  at_s: number;
  words?: string;
}

/** What the server accepts from one socket. */
export interface Limits {
  frame_bytes: number;
  messages_per_s: number;
  burst: number;
}

/** One participant as console and stage list them. */
export interface Person {
  light: Light;
  here?: boolean;
  willing?: boolean;
  hand_on?: boolean;
}

/**
 * What the reveal draws; parts not yet opened are absent. Lines are sampled at `rate_hz`, pauses cut out.
 *
 * `progress` comes with marks and score: they are still being compared with chance, were compared anew with
 * samples that came late, or could not be compared (and stay pending).
 */
export interface Picture {
  telling: string;
  number: number;
  teller_name: string;
  title?: string;
  source?: Source;
  low?: string;
  high?: string;
  rate_hz?: number;
  seconds?: number;
  teller?: (number | null)[] | null;
  teller_reason?: string | null;
  beats?: PictureBeat[] | null;
  room?: Band | null;
  room_reason?: string | null;
  table?: ((number | null)[])[] | null;
  together?: Mark | null;
  apart?: Mark | null;
  marks?: "some" | "none" | "pending" | null;
  call?: CallResult | null;
  score?: Score | null;
  heard?: number | null;
  replay?: string | null;
  open_play?: boolean;
  progress?: "comparing" | "updated" | "stuck" | null;
}

/** A beat in the picture, in seconds of the story with pauses cut out. */
export interface PictureBeat {
  at_s: number;
  words?: string;
  level?: number | null;
  id?: string;
}

/** The room's line: the median, and the middle half where at least five listened. */
export interface Band {
  line: (number | null)[];
  low: (number | null)[] | null;
  high: (number | null)[] | null;
}

/** A stretch of at least ten seconds that stood out, in seconds of the story. */
export interface Mark {
  from_s: number;
  to_s: number;
}

/** The Call against guessing: so many right of so many, and what guessing finds. */
export interface CallResult {
  kind: "arc" | "beat";
  right: number;
  of: number;
  expected: number;
  answer?: string;
}

/** The room's score: always with its interval, and with its chance level once that is known. */
export interface Score {
  verdict?: "in_step" | "often" | "too_close_to_call" | "own_story" | null;
  r?: number | null;
  low?: number | null;
  high?: number | null;
  chance?: number | null;
  lag_s?: number | null;
  listeners?: number;
  reason?: string | null;
  exploratory?: boolean;
  pending?: boolean;
}

/**
 * The first message of every connection; nothing is delivered before it.
 *
 * `key` is the seat's public id for a player and the room's code for host and stage. The secret comes
 * from the cookie of that seat or room; clients without cookies put it into `token`.
 */
export interface Hello {
  type: "hello";
  protocol: number;
  role: Role;
  key: Id;
  /** 0..64 characters */
  token?: string | null;
  /** 1..32 characters, `^[A-Za-z0-9_-]+$` */
  run?: Id | null;
}

/** Asks for the server's time; eight at the start, then one every 20 seconds. Volatile. */
export interface ClockPing {
  type: "clock.ping";
  sent: number;
}

/** Asks to be told the room's state again, after a heartbeat showed a newer version. */
export interface StateAsk {
  type: "state.ask";
}

/** A hand moved outside a telling: the light on the stage follows. At most 5 per second. Volatile. */
export interface DialMoved {
  type: "dial.moved";
  level: Level;
}

/** Consecutive samples of one trace from one page load (`run`). Answered `trace.acked` after commit. */
export interface TraceChunk {
  type: "trace.chunk";
  telling: Id;
  run: Id;
  /** 0..100000 */
  seq: number;
  first_tick: Tick;
  /** 1..2400 items; each 0..1000 */
  values: (Level | null)[];
}

/** This run is over and had so many chunks: completeness becomes a fact that can be checked. */
export interface TraceClosed {
  type: "trace.closed";
  telling: Id;
  run: Id;
  /** 0..100001 */
  chunks: number;
}

/** Puts this seat into the queue of tellers, or quietly out of it. */
export interface TellerOffer {
  type: "teller.offer";
  willing: boolean;
}

/** Asks for another generated name; refused once a telling runs. */
export interface NameAnother {
  type: "name.another";
}

/** The teller, preparing, says how the story will be told. `arc` chooses instead of the dealt arc. */
export interface TellingChoose {
  type: "telling.choose";
  telling: Id;
  source: Source;
  mode: Mode;
  /** 1..32 characters, `^[A-Za-z0-9_-]+$` */
  arc?: Id | null;
}

/** The teller, preparing, writes the lines to be released one tap at a time. */
export interface LinesWrite {
  type: "lines.write";
  telling: Id;
  /** 0..40 items */
  lines: PreparedLine[];
}

/** The teller begins. */
export interface TellingBegin {
  type: "telling.begin";
  telling: Id;
}

/** The teller would rather not, before having begun. Costs nothing and is not shown. */
export interface TellerPass {
  type: "teller.pass";
  telling: Id;
}

/** Anyone may ask the room to take a breath; nobody is named. */
export interface TellingPause {
  type: "telling.pause";
}

/** The teller or the host goes on. */
export interface TellingResume {
  type: "telling.resume";
}

/** The teller takes 30 seconds more. */
export interface TellingExtend {
  type: "telling.extend";
  telling: Id;
}

/** The teller is done. */
export interface TellingFinish {
  type: "telling.finish";
  telling: Id;
}

/**
 * A turning point, or a line of narration, at a tick. Its id is the client's: sending twice is harmless.
 *
 * `turn` says that a new feeling begins here (source A: the next step of the arc; source B: to be placed).
 * `line` is the number of a prepared line; `words` is what was typed.
 */
export interface BeatMark {
  type: "beat.mark";
  telling: Id;
  beat: Id;
  tick: Tick;
  turn?: boolean;
  words?: Words;
  /** 0..100 */
  line?: number | null;
}

/** Source B, right after the story: how that moment felt. */
export interface BeatPlace {
  type: "beat.place";
  telling: Id;
  beat: Id;
  level: Level;
}

/** The teller has placed the beats, or skips it (then there is no score, which is fine). */
export interface PlacingFinish {
  type: "placing.finish";
  telling: Id;
  skipped?: boolean;
}

/** How heard the teller felt, 1 to 5; private. `share` shows it to the room. */
export interface HeardRate {
  type: "heard.rate";
  telling: Id;
  /** 1..5 */
  level: number;
  share?: boolean;
}

/** The Call: which arc it was (its key), or the beat where the room will have split (its id). */
export interface CallMake {
  type: "call.make";
  telling: Id;
  choice: Id;
}

/** The answer to `hello`: all that a page needs to show itself. */
export interface Welcome {
  type: "welcome";
  protocol: number;
  role: Role;
  at: Millis;
  clock_rate: number;
  room: PublicRoom;
  you: You | null;
  limits: Limits;
}

/** The server's time, with the ping's own stamp. Volatile. */
export interface ClockPong {
  type: "clock.pong";
  sent: number;
  at: number;
}

/** Something happened: the kind of fact, and the whole state after it. */
export interface RoomChanged {
  type: "room.changed";
  because: FactKind | "";
  room: PublicRoom;
}

/** The answer to `state.ask`. */
export interface RoomState {
  type: "room.state";
  room: PublicRoom;
  you: You | null;
}

/** Something of this seat alone changed. */
export interface YouChanged {
  type: "you.changed";
  you: You;
}

/** Every five seconds: the room's head version, so that one who is behind asks. Volatile. */
export interface Heartbeat {
  type: "heartbeat";
  version: number;
  at: Millis;
}

/** Who is here, for console and stage; the count alone above 60 people. Volatile. */
export interface RosterUpdated {
  type: "roster.updated";
  count: number;
  people: Person[] | null;
}

/** Lobby lights on the stage, `[number, level]` each. Volatile. */
export interface LightsMoved {
  type: "lights.moved";
  lights: [number, number][];
}

/** The sealed reel: how many samples are sealed, how many hands are on, how many beats passed. Volatile. */
export interface ReelGrew {
  type: "reel.grew";
  sealed: number;
  hands: number;
  listeners: number;
  beats: number;
  threads: number[] | null;
  glow: number | null;
}

/** A typed or prepared line, as everyone may read it. */
export interface CaptionShown {
  type: "caption.shown";
  telling: string;
  beat: string;
  tick: number;
  words: string;
}

/** These chunks are stored: the client may forget them. */
export interface TraceAcked {
  type: "trace.acked";
  run: string;
  seqs: number[];
}

/** The answer to `trace.closed`: how many chunks of the run are stored. */
export interface TraceSealed {
  type: "trace.sealed";
  run: string;
  stored: number;
}

/** The beat is stored, or placed. */
export interface BeatMarked {
  type: "beat.marked";
  beat: string;
  level: number | null;
}

/** The Call is stored. */
export interface CallMade {
  type: "call.made";
  choice: string;
}

/** The answer is stored, for the teller alone unless shared. */
export interface HeardRated {
  type: "heard.rated";
  level: number;
  share: boolean;
}

/** The picture as far as the host has opened it; sent again, whole, with every step and when it completes. */
export interface RevealShown {
  type: "reveal.shown";
  step: number;
  steps: number;
  picture: Picture;
}

/** Practice rooms and the host's peek only: the shrunken live score, null until there is enough. Volatile. */
export interface CouplingUpdated {
  type: "coupling.updated";
  score: number | null;
  spread: number | null;
  tick: number;
  people: ([number, number | null])[] | null;
}

/** A message was not obeyed, and why. `of` is its type; `run`, `seq`, `beat` say which one. */
export interface Refused {
  type: "refused";
  code: RefusalCode;
  of: string;
  run: string | null;
  seq: number | null;
  beat: string | null;
}

/** Everything a client may say. */
export type ClientMessage =
  | Hello
  | ClockPing
  | StateAsk
  | DialMoved
  | TraceChunk
  | TraceClosed
  | TellerOffer
  | NameAnother
  | TellingChoose
  | LinesWrite
  | TellingBegin
  | TellerPass
  | TellingPause
  | TellingResume
  | TellingExtend
  | TellingFinish
  | BeatMark
  | BeatPlace
  | PlacingFinish
  | HeardRate
  | CallMake;

/** Everything the server may say. */
export type ServerMessage =
  | Welcome
  | ClockPong
  | RoomChanged
  | RoomState
  | YouChanged
  | Heartbeat
  | RosterUpdated
  | LightsMoved
  | ReelGrew
  | CaptionShown
  | TraceAcked
  | TraceSealed
  | BeatMarked
  | CallMade
  | HeardRated
  | RevealShown
  | CouplingUpdated
  | Refused;

export const PROTOCOL: 1;
export const SUBPROTOCOL: "mirror.v1";
