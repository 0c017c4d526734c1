import { type Ailment, ailments } from '../trouble.js';

/** What only a host can have: no power, or guests made there that never report, crash, or do not hear a shutdown. */
export const hostAilments = ['lost', 'never-boots', 'crashes', 'deaf'] as const;
export type HostAilment = (typeof hostAilments)[number];

/** `batch` or a host, ill with something, for a while, after a while (real ms). */
export interface LabTrouble {
  readonly part: string;
  readonly ailment: Ailment | HostAilment;
  readonly forMs: number;
  readonly afterMs: number;
}

export interface LabOptions {
  /** End with a summary and an exit code when everything is done; else stay until told to stop. */
  readonly untilDone?: boolean;
  /** The last line is one JSON object. */
  readonly json?: boolean;
  readonly seed?: number;
  /** Durations such as boot and job run are divided by it; default 12. */
  readonly pace?: number;
  /** Folder of the lab, kept at the end; default: a new one below the system's temporary folder, removed when all went well. */
  readonly dir?: string;
  /** The daemon is killed (SIGKILL) so often, at random moments, and started again. */
  readonly kills?: number;
  readonly trouble?: readonly string[];
  /** Gives up after so long, ms; default 5 minutes and 10 s for each kill. */
  readonly durationMs?: number;
  /** Mode of the daemon; default act. */
  readonly mode?: 'watch' | 'advise' | 'act';
  /** The page is served on this port of 127.0.0.1; absent: only the sockets are. */
  readonly port?: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

const spanMs = (number: string, unit: string): number => Number(number) * (unit === 'm' ? 60_000 : unit === 'ms' ? 1 : 1_000);

/** Reads `batch silent 30s after 20s`, `post02 lost after 15s`, `post01 slow`. Raises an Error that says what was expected. */
export function parseTrouble(text: string): LabTrouble {
  const found = /^\s*([a-z][a-z0-9-]*)\s+([a-z-]+)(?:\s+(?:for\s+)?(\d+(?:\.\d+)?)(ms|s|m))?(?:\s+after\s+(\d+(?:\.\d+)?)(ms|s|m))?\s*$/.exec(text);
  const ailment = [...ailments, ...hostAilments].find((word) => word === found?.[2]);
  if (found === null || ailment === undefined) {
    throw new Error(
      `trouble "${text}" cannot be read: expected PART WHAT [DURATION] [after DURATION], PART batch or a host, WHAT ${ailments.join(', ')}, and for a host ${hostAilments.join(', ')}`,
    );
  }
  const [, part = '', , forNumber, forUnit = 's', afterNumber = '0', afterUnit = 's'] = found;
  return {
    part,
    ailment,
    forMs: forNumber === undefined ? Number.POSITIVE_INFINITY : spanMs(forNumber, forUnit),
    afterMs: spanMs(afterNumber, afterUnit),
  };
}
