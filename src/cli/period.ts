import { readDuration } from '../config/duration.js';
import { CliError, exits } from './exits.js';

const hourMs = 3_600_000;
const grammar = 'a day (2026-01-31), a month (2026-01), an hour (2026-01-31T14:00), or how long ago (30d)';

/** The first instant of what is written and the first after it, local time; undefined when it is no such thing. */
function spanOf(text: string): readonly [from: number, after: number] | undefined {
  const parts = /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2}))?)?$/.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 1, day, hour, minute] = parts.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
  const at = (y: number, m: number, d: number, h = 0): number => new Date(y, m - 1, d, h).getTime();
  const made = new Date(year, month - 1, day ?? 1, hour ?? 0);
  const same = made.getMonth() === month - 1 && made.getDate() === (day ?? 1) && (hour ?? 0) < 24 && (minute ?? 0) < 60;
  if (!same) return undefined;
  if (day === undefined) return [at(year, month, 1), at(year, month + 1, 1)];
  if (hour === undefined) return [at(year, month, day), at(year, month, day + 1)];
  const instant = at(year, month, day, hour) + (minute ?? 0) * 60_000;
  return [instant, instant];
}

/**
 * [since, until) in epoch ms, whole hours, local time. `to` names the last day or month that is in it. Raises CliError for
 * a word that is neither, and for a period that is empty or lies in the future.
 */
export function periodOf(from: string | undefined, to: string | undefined, now: number): { readonly since: number; readonly until: number } {
  const read = (option: string, text: string, which: 0 | 1): number => {
    const span = spanOf(text);
    if (span !== undefined) return span[which];
    const ago = readDuration(text);
    if ('value' in ago) return now - ago.value;
    throw new CliError(exits.usage, `${option} ${text}: expected ${grammar}`);
  };
  const end = to === undefined ? now : Math.min(now, read('--to', to, 1));
  const begin = from === undefined ? end - 30 * 24 * hourMs : read('--from', from, 0);
  const since = Math.floor(begin / hourMs) * hourMs;
  const until = Math.ceil(end / hourMs) * hourMs;
  if (since >= until) throw new CliError(exits.usage, 'the period is empty: --from must lie before --to, and in the past');
  return { since, until };
}
