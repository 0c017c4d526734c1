import { z } from 'zod';
import type { ReadinessReport } from '../../src/model/host.js';

const mostChecks = 40;
const mostText = 200;

const report = z.object({
  v: z.literal(1),
  uuid: z.string(),
  ready: z.boolean(),
  asks: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  checks: z.record(z.string().max(60), z.string()).default({}),
});

/** `xenstore-read` writes what is not printable ASCII as \t \n \r \\ \xHH or \OOO, byte by byte (measured: é is \xc3\xa9). */
const unescaped = (text: string): string => {
  const bytes = text.replace(/\\(x[0-9a-f]{2}|[0-7]{3}|[tnr\\])/g, (_, code: string) => {
    const plain: Record<string, string> = { t: '\t', n: '\n', r: '\r', '\\': '\\' };
    return plain[code] ?? String.fromCharCode(code.startsWith('x') ? Number.parseInt(code.slice(1), 16) : Number.parseInt(code, 8));
  });
  return Buffer.from(bytes, 'latin1').toString('utf8');
};

function parsed(text: string): unknown {
  for (const candidate of [text, unescaped(text)]) {
    try {
      return JSON.parse(candidate);
    } catch {
      // not as it stands: the next reading of it, or none
    }
  }
  return undefined;
}

const unreadable = (why: string): ReadinessReport => ({ ready: false, checks: { report: why } });

/** What a guest wrote of itself. Whatever cannot be read, or names another guest, is "not ready" with the reason as a check. */
export function parseReport(text: string, uuid: string): ReadinessReport {
  const read = report.safeParse(parsed(text));
  if (!read.success) return unreadable('cannot be read');
  if (read.data.uuid !== uuid) return unreadable('is of another guest');
  const checks = Object.entries(read.data.checks)
    .slice(0, mostChecks)
    .map(([check, said]) => [check, said.slice(0, mostText)] as const);
  const { asks } = read.data;
  return {
    ready: read.data.ready && checks.every(([, said]) => said === 'ok'),
    checks: Object.fromEntries(checks),
    ...(asks === undefined ? {} : { asks }),
  };
}
