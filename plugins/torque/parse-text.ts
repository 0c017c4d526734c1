import { Failure } from '../../src/drivers/failure.js';

/** What XML 1.0 forbids and users type all the same: TORQUE prints it raw. */
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** Text that an XML parser may be given. */
export const clean = (text: string): string => text.replace(forbidden, '');

/** A copy that does not pin the large text it was cut from. */
export const copied = (text: string): string => Buffer.from(text).toString();

/** Whole number of at least 0, or undefined. */
export const count = (text: string | undefined): number | undefined => (text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined);

/** Epoch seconds as epoch milliseconds, or undefined. */
export function instant(text: string | undefined): number | undefined {
  const seconds = count(text);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** `[[DD:]HH:]MM:SS` or seconds (a fraction is dropped), as milliseconds; undefined when it is neither. */
export function durationMs(text: string): number | undefined {
  const parts = text
    .trim()
    .replace(/\.\d*$/, '')
    .split(':');
  if (parts.length > 4 || parts.some((part) => !/^\d{1,12}$/.test(part))) return undefined;
  const weights = [86_400, 3_600, 60, 1].slice(-parts.length);
  return parts.reduce((sum, part, i) => sum + Number(part) * (weights[i] ?? 0), 0) * 1000;
}

const units: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/** `2gb`, `500mb`, `100kw` (words of 8 bytes), `1024` (bytes) as MiB, rounded up; undefined when it is none of these. */
export function mebibytes(text: string): number | undefined {
  const match = /^(\d{1,15})([kmgt]?)([bw]?)$/i.exec(text.trim());
  if (match === null) return undefined;
  const power = units[(match[2] ?? '').toLowerCase()] ?? 0;
  const bytes = Number(match[1]) * 1024 ** power * ((match[3] ?? '').toLowerCase() === 'w' ? 8 : 1);
  return Math.ceil(bytes / 1024 ** 2);
}

/** Raises Failure `garbled`, showing where the text stops making sense. */
export function garbled(what: string, found: string): never {
  const shown = JSON.stringify(clean(found).slice(0, 60));
  throw new Failure('garbled', `${what}, found ${shown}`);
}
