// @ts-check
// The ring: how much of a phase is left, from the room's own times. It counts nothing itself.

import { minutes } from "./geometry.js";

/** @typedef {{phase: string, paused?: string | null, paused_at?: number | null, since?: number | null, ends_at?: number | null,
 *   telling?: {started_at?: number | null} | null}} Timed the part of PublicRoom that knows the time */

/**
 * The span a phase runs over, in server time; null where only people move it on.
 * @param {Timed} room
 * @returns {{from: number, to: number} | null}
 */
export function spanOf(room) {
  if (room.ends_at === null || room.ends_at === undefined) return null;
  const waiting = room.paused === "teller_gone" ? room.paused_at : null;
  const from = waiting ?? (room.phase === "telling" ? room.telling?.started_at : room.since) ?? null;
  return from === null ? null : { from, to: room.ends_at };
}

/**
 * What is left, in ms. A breath holds the time still; waiting for a teller does not.
 * @param {Timed} room
 * @param {number} now server time
 */
export function msLeft(room, now) {
  const span = spanOf(room);
  if (span === null) return null;
  const at = room.paused === "breath" && room.paused_at ? room.paused_at : now;
  return Math.min(span.to - span.from, Math.max(0, span.to - at));
}

/**
 * What is left, from 1 to 0.
 * @param {Timed} room
 * @param {number} now
 */
export function shareLeft(room, now) {
  const span = spanOf(room);
  const left = msLeft(room, now);
  return span === null || left === null || span.to <= span.from ? null : left / (span.to - span.from);
}

/**
 * How far the house lights are down: 0 until ten seconds before the end, then up to 1.
 * @param {number | null} left ms
 */
export const dimming = (left) => (left === null ? 0 : Math.min(1, Math.max(0, 1 - left / 10_000)));

/**
 * @param {HTMLElement} box `.ring-box` with its circle and words
 * @param {Timed} room
 * @param {number} now
 */
export function showRing(box, room, now) {
  const share = shareLeft(room, now);
  const left = msLeft(room, now);
  box.hidden = share === null;
  if (share === null || left === null) return;
  box.style.setProperty("--left", share.toFixed(4));
  const words = box.querySelector(".ring-box__words");
  const text = minutes(Math.ceil(left / 1000));
  if (words && words.textContent !== text) words.textContent = text;
}
