import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { Changes } from '../../src/api/changes/changes.js';
import { ApiClient, ApiProblem, type ChangeEvent, type Way } from '../../src/api/client.js';
import { listen, socketPath } from '../../src/api/listen.js';
import { socketWay } from '../../src/cli/socket-way.js';
import { systemClock } from '../../src/clock.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { silentLog } from '../../src/log.js';
import { givenHost, givenPresent, givenSeat } from '../given-present.js';
import { givenAccess } from './scene.js';

const hosts = Array.from({ length: 25 }, (_, at) => givenHost(`post${at + 10}`));
const present = givenPresent({ hosts, seats: [givenSeat('grid-01.example.org', 'grid')] });

describe('the client against real sockets', () => {
  let changes: Changes;
  let way: Way;
  let calls: { path: string; status: number }[];
  let close: () => Promise<void>;
  beforeAll(async () => {
    const runDir = mkdtempSync(join(tmpdir(), 'domus-client-'));
    chmodSync(runDir, 0o755);
    const journal = await openSqliteJournal({ database: new Database(':memory:'), clock: systemClock });
    changes = new Changes(systemClock, '0.1.0');
    changes.publish(present);
    const doors = await listen(
      {
        present: () => present,
        changes,
        ...givenAccess(systemClock),
        journal,
        requestArrived: () => undefined,
        reload: async () => ({ ok: true, problems: [], differences: [] }),
        clock: systemClock,
        log: silentLog,
        version: '0.1.0',
      },
      { runDir },
    );
    calls = [];
    const socket = socketWay(socketPath(runDir, 'status'));
    way = async (call) => {
      const reply = await socket(call);
      calls.push({ path: call.path, status: reply.status });
      return reply;
    };
    close = () => doors.close();
    return () => close();
  });

  it('asks routes by their key, escapes names, and raises what the API says', async () => {
    const api = new ApiClient(way);
    expect((await api.ask('GET /hosts', { query: { limit: 3 } })).hosts.map(({ name }) => name)).toEqual(['post10', 'post11', 'post12']);
    const problem = await api.ask('GET /why/:kind/:id', { params: { kind: 'host', id: '../status?x=1&y' } }).catch((thrown: unknown) => thrown);
    expect(problem).toBeInstanceOf(ApiProblem);
    expect(problem).toMatchObject({ status: 404, code: 'unknown', message: expect.stringContaining('../status?x=1&y') });
  });

  it('puts pages together', async () => {
    const api = new ApiClient(way);
    const whole = await api.all('GET /hosts', 'hosts', { query: { limit: 10 } });
    expect([whole.total, whole.hosts.length, 'next' in whole]).toEqual([25, 25, false]);
    expect(calls.filter(({ path }) => path.includes('cursor='))).toHaveLength(2);
  });

  it('gives the same object again while nothing has changed', async () => {
    const api = new ApiClient(way);
    const first = await api.ask('GET /environments', {});
    expect(await api.ask('GET /environments', {})).toBe(first);
    expect(calls.at(-1)?.status).toBe(304);
  });

  it('follows the changes, ends when told, and comes back where it was', async () => {
    const api = new ApiClient(way);
    const end = new AbortController();
    const seen: ChangeEvent[] = [];
    const follow = async (lastId: string | undefined, most: number): Promise<void> => {
      for await (const event of api.changes(lastId, end.signal)) {
        seen.push(event);
        if (event.event === 'hello') changes.publish({ ...present, revision: present.revision + 1 });
        if (seen.length === most) return;
      }
    };
    await follow(undefined, 2);
    expect(seen.map(({ event, data }) => [event, data.revision])).toEqual([
      ['hello', 7],
      ['change', 8],
    ]);
    changes.publish({ ...present, revision: 9 });
    await follow(seen[1]?.id, 3);
    expect(seen[2]).toMatchObject({ event: 'change', data: { revision: 9 } });
  });

  it('leaves no reader behind', async () => {
    while (changes.readers > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(changes.readers).toBe(0);
  });
});
