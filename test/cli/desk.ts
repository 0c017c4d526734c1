import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { ApiOptions } from '../../src/api/api.js';
import { Changes } from '../../src/api/changes/changes.js';
import { listen } from '../../src/api/listen.js';
import { runCli } from '../../src/cli/program.js';
import type { Screen } from '../../src/cli/screen.js';
import { type Clock, systemClock } from '../../src/clock.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { silentLog } from '../../src/log.js';
import type { Present } from '../../src/model/present.js';
import { because } from '../../src/model/reason.js';
import type { Request } from '../../src/model/rows.js';
import { busyDay, givenAccess } from '../api/scene.js';
import { givenAt } from '../given-present.js';

/** The time that tables are drawn at: one second after the given present. */
const drawingClock: Clock = { wall: () => givenAt + 1000, mono: systemClock.mono, sleep: systemClock.sleep };

export interface Printed {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface ScreenShape {
  readonly tty?: boolean;
  readonly colour?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly ended?: AbortSignal;
}

/** Runs one command line and keeps what it prints. */
export async function typed(argv: readonly string[], shape: ScreenShape = {}, clock: Clock = drawingClock): Promise<Printed> {
  let out = '';
  let err = '';
  const screen: Screen = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    tty: shape.tty ?? false,
    colour: shape.colour ?? false,
    width: () => shape.width ?? Number.POSITIVE_INFINITY,
    height: () => shape.height ?? Number.POSITIVE_INFINITY,
    ended: shape.ended ?? new AbortController().signal,
  };
  const exit = await runCli(argv, { screen, clock, env: {} });
  return { exit, out, err };
}

export interface Desk {
  readonly runDir: string;
  /** A command against the served daemon. */
  readonly type: (line: string, shape?: ScreenShape) => Promise<Printed>;
  readonly requests: () => Promise<readonly Request[]>;
  readonly close: () => Promise<void>;
}

/** How the planner answers; undefined: it does not. */
export type Answer = (request: Request) => Pick<Request, 'state' | 'answer'> | undefined;
export const yes: Answer = (request) => ({ state: 'done', answer: because('request-done', { what: `${request.kind} of ${request.subject} is done` }) });

/** The API on real sockets over the busy day, with a planner that answers wishes. */
export async function openDesk(answer: Answer = yes, more: Partial<ApiOptions> = {}, present: () => Present | undefined = busyDay): Promise<Desk> {
  const runDir = mkdtempSync(join(tmpdir(), 'domus-cli-'));
  const journal = await openSqliteJournal({ database: new Database(':memory:'), clock: systemClock });
  const { fence } = await journal.lease('lab', 'life-1');
  const answerAll = async (): Promise<void> => {
    for (const request of await journal.requests(0)) {
      const given = request.state === 'open' ? answer(request) : undefined;
      if (given !== undefined)
        await journal.commit({ changes: [{ table: 'requests', key: request.id, row: { ...request, ...given } }], events: [], durable: false }, fence);
    }
  };
  const doors = await listen(
    {
      present,
      changes: new Changes(systemClock, '0.1.0'),
      ...givenAccess(systemClock),
      journal,
      requestArrived: () => void answerAll(),
      reload: async () => ({ ok: true, problems: [], differences: ['tick 10 s -> 5 s'] }),
      clock: systemClock,
      log: silentLog,
      version: '0.1.0',
      ...more,
    },
    { runDir },
  );
  return {
    runDir,
    type: (line, shape) => typed(['--run-dir', runDir, ...line.split(' ').filter(Boolean)], shape),
    requests: () => journal.requests(0),
    close: async () => {
      await doors.close();
      await journal.close();
    },
  };
}
