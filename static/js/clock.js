// @ts-check
/**
 * The server's time on this page: the offset of the quickest ping, slewed and never stepped back.
 *
 * A telling's samples are stamped with server time, so a phone that was offline still stamps truly. The
 * server may run faster than life (tests, demonstrations): `rate` is how many of its milliseconds pass in one.
 */

const KEPT = 8;
const SLEW_MS_PER_S = 5;
const LEAP_MS = 500;

export class Clock {
  /** @param {() => number} [real] milliseconds that never run backwards, as `performance.now` gives them */
  constructor(real = () => performance.now()) {
    this.real = real;
    this.rate = 1;
    /** Whether a ping was answered since the start, or since the last sleep. */
    this.synced = false;
    /** @type {{rtt: number, offset: number}[]} */
    this.pings = [];
    this.answers = 0;
    this.offset = 0;
    this.target = 0;
    this.slewedAt = real();
    this.said = -Infinity;
    this.asking = real();
  }

  /** The server's welcome: how fast it lives, and a time that is already a little past.
   * @param {number} at @param {number} rate */
  welcome(at, rate) {
    if (rate !== this.rate) this.forget();
    this.rate = rate;
    if (!this.synced && this.answers === 0) this.leap(at - this.real() * rate);
  }

  /** A new round of pings begins: older answers no longer count, what is known stays. */
  ask() {
    this.pings = [];
    this.asking = this.real();
  }

  /** The device slept and its clock may have stood still: what is known is worth nothing until a ping is answered. */
  forget() {
    this.synced = false;
    this.answers = 0;
    this.ask();
  }

  /** A ping came back. @param {number} sent our own time @param {number} at the server's time */
  pong(sent, at) {
    const now = this.real();
    if (sent < this.asking || sent > now) return;
    const rtt = now - sent;
    this.pings = [...this.pings, { rtt, offset: at + (rtt / 2 - now) * this.rate }].slice(-KEPT);
    const quickest = this.pings.reduce((best, ping) => (ping.rtt < best.rtt ? ping : best));
    this.answers += 1;
    this.synced = true;
    this.slew();
    this.target = quickest.offset;
    const gap = Math.abs(this.target - this.offset);
    if (this.answers <= KEPT || gap > LEAP_MS * this.rate) this.leap(quickest.offset);
  }

  /** The server's time in milliseconds. */
  now() {
    this.slew();
    this.said = Math.max(this.said, this.real() * this.rate + this.offset);
    return this.said;
  }

  /** @param {number} offset */
  leap(offset) {
    // Backwards, `now` stands still until the time has caught up.
    this.offset = this.target = offset;
    this.slewedAt = this.real();
  }

  slew() {
    const now = this.real();
    const most = ((now - this.slewedAt) / 1000) * SLEW_MS_PER_S * this.rate;
    const gap = this.target - this.offset;
    this.offset += Math.max(-most, Math.min(most, gap));
    this.slewedAt = now;
  }
}

/** When pings go out: eight in a row, then one every 20 seconds. @param {number} sent pings of this connection */
export function nextPingIn(sent) {
  return sent < KEPT ? 150 : 20_000;
}
