import { InvalidArgumentError } from 'commander';
import { readDuration } from '../config/duration.js';

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const grammar = 'expected a time ahead such as 18:00, "fri 18:00", "2026-07-03 18:00", or in 4h.';

/** An instant ahead of `now`, epoch ms, in this machine's local time: `18:00` (today or tomorrow), `fri 18:00` (the next), `2026-07-03 18:00`, `4h` (from now). Raises InvalidArgumentError. */
export function readAhead(text: string, now: number): number {
  const word = text.trim().toLowerCase().replace(/^in /, '');
  const duration = readDuration(word);
  if ('value' in duration) return now + duration.value;
  const found = /^(?:(\d{4})-(\d{2})-(\d{2})[ t]+|([a-z]{3})[a-z]* +)?(\d{1,2}):(\d{2})$/.exec(word);
  if (found === null) throw new InvalidArgumentError(grammar);
  const [, year, month, date, weekday] = found;
  const [hour, minute] = [Number(found[5]), Number(found[6])];
  if (hour > 23 || minute > 59) throw new InvalidArgumentError(grammar);
  const today = new Date(now);
  if (year !== undefined) {
    const made = new Date(Number(year), Number(month) - 1, Number(date), hour, minute);
    if (made.getMonth() !== Number(month) - 1 || made.getDate() !== Number(date)) throw new InvalidArgumentError(grammar);
    return made.getTime();
  }
  const wanted = weekday === undefined ? undefined : weekdays.indexOf(weekday);
  if (wanted === -1) throw new InvalidArgumentError(grammar);
  for (let days = 0; days <= 7; days++) {
    const made = new Date(today.getFullYear(), today.getMonth(), today.getDate() + days, hour, minute);
    if (made.getTime() > now && (wanted === undefined || made.getDay() === wanted)) return made.getTime();
  }
  throw new InvalidArgumentError(grammar);
}
