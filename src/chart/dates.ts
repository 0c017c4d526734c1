/** Dates in UTC, from the instant alone: no clock, no zone, no locale. */
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** The midnight at or before it. */
export const midnight = (at: number): number => Math.floor(at / dayMs) * dayMs;

/** The first of the month so many months after the one that `at` is in. */
export function monthStart(at: number, later: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1);
}

/** `3 Feb`. */
export function dayText(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '?' : `${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
}

/** `Feb 2005`. */
export function monthText(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '?' : `${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** `06:30`. */
export function timeText(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '?' : `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

/** `3 Feb 2005`. */
export function dateText(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '?' : `${dayText(at)} ${date.getUTCFullYear()}`;
}

/** `31 Jan to 26 Apr 2005`, with both years where they differ, and times where the whole is short. */
export function rangeText(startAt: number, endAt: number): string {
  if (midnight(startAt) === midnight(endAt)) return `${dateText(startAt)}, ${timeText(startAt)} to ${timeText(endAt)} UTC`;
  const sameYear = new Date(startAt).getUTCFullYear() === new Date(endAt).getUTCFullYear();
  return `${sameYear ? dayText(startAt) : dateText(startAt)} to ${dateText(endAt)}`;
}
