import { type Logger, pino } from 'pino';
import { localTime } from './clock.js';

export type Log = Logger;

/** Keys whose values are never written, one level deep. */
const secrets = ['password', 'pass', 'secret', 'token', 'authorization', 'cookie', 'privateKey'].flatMap((key) => [key, `*.${key}`]);

/** Control characters and marks that turn the direction of text: what comes from outside may move no cursor. */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const levels: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };
const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value === 'string' && /^[^\s"=]{1,80}$/.test(value) ? value : typeof value === 'string' ? JSON.stringify(value) : text;
};

/** A line of JSON as people read it: when, how grave, what, and its values. */
export function readableLine(line: string): string {
  const { time, level, msg, name: _, ...values } = JSON.parse(line) as { time: number; level: number; msg?: string; name?: string };
  const pairs = Object.entries(values).map(([key, value]) => `${key}=${shown(value)}`);
  const text = [localTime(time), (levels[level] ?? String(level)).padEnd(5), msg ?? '', ...pairs].join(' ');
  return `${text.replace(unsafe, '?')}\n`;
}

export interface LogOptions {
  readonly level?: string;
  /** `text` for people, `json` for programs; default by DOMUS_LOG_FORMAT, else text on a terminal and JSON elsewhere. */
  readonly format?: 'text' | 'json';
  /** Default: standard error. */
  readonly write?: (line: string) => void;
}

function formatOf(written: string | undefined, terminal: boolean): 'text' | 'json' {
  if (written === 'text' || written === 'json') return written;
  return terminal ? 'text' : 'json';
}

/** One line a fact: a verb phrase plus values, ids everywhere, no secret. Level by DOMUS_LOG (`debug`, `info`, `warn`, `error`, `silent`). */
export function createLog(level = process.env['DOMUS_LOG'] ?? 'info', options: Omit<LogOptions, 'level'> = {}): Log {
  const format = options.format ?? formatOf(process.env['DOMUS_LOG_FORMAT'], process.stderr.isTTY === true);
  const settings = { name: 'domus', level, base: null, redact: { paths: secrets, censor: '(left out)' } };
  const { write } = options;
  if (format === 'json' && write === undefined) return pino(settings, pino.destination(2));
  const out = write ?? ((line: string): void => void process.stderr.write(line));
  return pino(settings, { write: (line: string) => out(format === 'text' ? readableLine(line) : line) });
}

export const silentLog: Log = pino({ level: 'silent' });
