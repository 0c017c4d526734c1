import { type Logger, pino } from 'pino';

export type Log = Logger;

/** One line a fact: a verb phrase plus values. JSON on stderr; level by DOMUS_LOG (`debug`, `info`, `warn`, `error`, `silent`). */
export const createLog = (level = process.env['DOMUS_LOG'] ?? 'info'): Log => pino({ name: 'domus', level, base: null }, pino.destination(2));

export const silentLog: Log = pino({ level: 'silent' });
