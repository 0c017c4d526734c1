import { describe, expect, it } from 'vitest';
import { releaseHold } from '../../../plugins/maui/commands.js';
import { plugin } from '../../../plugins/maui/index.js';
import type { Finished, Shell } from '../../../src/drivers/shell.js';
import { silentLog } from '../../../src/log.js';
import { sentence } from '../../../src/model/reason.js';
import { type SchedulerSnapshot, wordOn } from '../../../src/model/scheduler.js';
import { VirtualClock } from '../../../src/sim/clock.js';
import { textOf } from './fixtures.js';

const settings = 'DEFERTIME  1:00:00\nDEFERCOUNT  24\nRMPOLLINTERVAL  00:00:30\nNODEALLOCATIONPOLICY[0]  MINRESOURCE\n';
const good = 'DEFERTIME  0\nRMPOLLINTERVAL  00:00:10\nNODEALLOCATIONPOLICY[0]  PRIORITY\nJOBNODEMATCHPOLICY[0]  EXACTNODE\n';
const never = new AbortController().signal;

type Said = string | { readonly exit: number; readonly stdout?: string; readonly stderr?: string };

/** The driver over commands that say what they are told to, and what it ran. */
function driver(answers: (argv: readonly string[]) => Said, config: { bin?: string; reasonsAtOnce?: number } = {}) {
  const ran: string[] = [];
  const run = async (argv: readonly string[]): Promise<Finished> => {
    ran.push(argv.join(' '));
    const said = answers(argv);
    const { exit, stdout = '', stderr = '' } = typeof said === 'string' ? { exit: 0, stdout: said } : said;
    return { exit, stdout: Buffer.from(stdout), stderr };
  };
  const shell: Shell = {
    run,
    stream: () => {
      throw new Error('nothing is streamed');
    },
  };
  const parsed = plugin.config.safeParse(config);
  if (!parsed.success) throw new Error('wrong config');
  return { maui: plugin.create(parsed.data, { shell, clock: new VirtualClock(), log: silentLog, name: 'main' }), ran };
}

const recorded = ([command, name]: readonly string[]): Said => {
  if (command === 'showq') return textOf('showq-deferred.txt');
  if (command === 'showconfig') return settings;
  return textOf('checkjob-deferred.txt').replaceAll("job '0'", `job '${name}'`).replace('checking job 0', `checking job ${name}`);
};

describe('reading Maui', () => {
  it('tells order, held jobs with reasons, and settings', async () => {
    const { maui, ran } = driver(recorded, { reasonsAtOnce: 2 });
    const { order, held, deferMs, settings: read } = await maui.read(never);
    expect(order).toEqual([]);
    expect([...held.values()].map(({ state, why }) => [state, why?.slice(0, 11)])).toEqual([
      ['deferred', 'NoResources'],
      ['deferred', 'NoResources'],
      ['deferred', undefined],
      ['deferred', undefined],
      ['deferred', undefined],
    ]);
    expect(deferMs).toBe(3_600_000);
    expect(read).toMatchObject({ DEFERCOUNT: '24' });
    expect(ran).toEqual(['showq', 'showconfig', 'checkjob 0', 'checkjob 1']);
  });

  it('asks each held job once, a few at each reading', async () => {
    const { maui, ran } = driver(recorded, { reasonsAtOnce: 2 });
    for (let readings = 0; readings < 4; readings++) await maui.read(never);
    expect(ran.filter((each) => each.startsWith('checkjob'))).toEqual([0, 1, 2, 3, 4].map((job) => `checkjob ${job}`));
    expect((await maui.read(never)).held.get('4')?.why).toMatch(/^NoResources/);
  });

  it('knows the holds although a reason cannot be had', async () => {
    const { maui } = driver((argv) => (argv[0] === 'checkjob' ? { exit: 1, stderr: 'ERROR: lost connection' } : recorded(argv)));
    expect([...(await maui.read(never)).held.values()]).toEqual(Array.from({ length: 5 }, () => ({ state: 'deferred' })));
  });

  it.each([
    [{ exit: 1, stderr: 'ERROR:    cannot connect to server' }, 'unreachable'],
    [{ exit: 1, stderr: 'ERROR:    request not authorized' }, 'denied'],
    [{ exit: 1, stderr: '' }, 'uncertain'],
    [{ exit: 0, stdout: '' }, 'garbled'],
    [{ exit: 0, stdout: 'half a' }, 'garbled'],
  ])('fails when showq says %j: %s, never an empty queue', async (said, kind) => {
    const { maui } = driver((argv) => (argv[0] === 'showq' ? said : recorded(argv)));
    await expect(maui.read(never)).rejects.toMatchObject({ kind });
  });

  it('runs the commands of its folder', async () => {
    const { maui, ran } = driver((argv) => recorded([argv[0]?.replace('/opt/maui/bin/', '') ?? '', ...argv.slice(1)]), {
      bin: '/opt/maui/bin',
      reasonsAtOnce: 0,
    });
    await maui.read(never);
    expect(ran).toEqual(['/opt/maui/bin/showq', '/opt/maui/bin/showconfig']);
  });
});

describe('preferring a job', () => {
  it('gives it a system priority, and wants to hear that it was done', async () => {
    const { maui, ran } = driver(() => 'job system priority adjusted\n');
    await maui.prefer('103.torque.example.org', never);
    expect(ran).toEqual(['setspri -r 1000 103']);
  });

  it('a second time is as good: what Maui then complains of is that it was done', async () => {
    const { maui } = driver(() => ({ exit: 0, stdout: 'ERROR:  system priority must be in the range 0 - 1000' }));
    await expect(maui.prefer('103.s', never)).resolves.toBeUndefined();
  });

  it.each([
    [{ exit: 0, stdout: 'ERROR:  not authorized to run this command' }, 'denied'],
    [{ exit: 0, stdout: 'ERROR:    invalid job expression received (99999)' }, 'absent'],
    [{ exit: 0, stdout: '' }, 'uncertain'],
  ])('that is answered with %j is %s', async (said, kind) => {
    const { maui } = driver(() => said);
    expect(await maui.prefer('103.s', never).catch((thrown: unknown) => thrown)).toMatchObject({ kind });
  });
});

describe('releasing', () => {
  it('names the job as Maui does, and wants to hear that it was done', async () => {
    const { maui, ran } = driver(() => 'job holds adjusted\n');
    await maui.release('103.torque.example.org', never);
    expect(ran).toEqual(['releasehold -a 103']);
  });

  it.each([
    [{ exit: 0, stdout: 'ERROR:  request not authorized' }, 'denied'],
    [{ exit: 1, stderr: "ERROR:  invalid job specified '103'" }, 'absent'],
    [{ exit: 1, stderr: 'ERROR:    cannot connect to server' }, 'unreachable'],
    [{ exit: 0, stdout: '' }, 'uncertain'],
  ])('that is answered with %j is %s', async (said, kind) => {
    const { maui } = driver(() => said);
    const failure: unknown = await maui.release('103.s', never).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ kind, message: expect.not.stringContaining('releasehold -a') });
  });

  it.each(['-a ALL', 'ALL', '', '1;reboot', '../1', '1\n2'])('never passes %j on', (id) => {
    expect(() => releaseHold({}, id)).toThrow(expect.objectContaining({ kind: 'refused' }));
  });
});

describe('domus check --live', () => {
  const levels = async (text: string): Promise<readonly string[]> => {
    const { maui } = driver((argv) => (argv[0] === 'showconfig' ? text : recorded(argv)));
    return (await maui.examine(never)).map(({ level, what }) => `${level}: ${what.slice(0, 45)}`);
  };

  it('finds what a site as shipped must change, each with its remedy', async () => {
    expect(await levels(settings)).toEqual([
      'ok: the scheduler answers: 0 job(s) in its order,',
      'error: DEFERTIME is 1:00:00: every job that waits fo',
      'ok: Maui cycles every 30 s',
      'warning: NODEALLOCATIONPOLICY MINRESOURCE: jobs do not',
      'warning: nodes=N may be put on fewer nodes than N',
      'ok: a node that is deleted from the batch server ',
    ]);
    const { maui } = driver(recorded);
    for (const { level, remedy } of await maui.examine(never)) expect(remedy === undefined).toBe(level === 'ok');
  });

  it('is content with a site that has done so', async () => {
    expect((await levels(good)).every((each) => each.startsWith('ok'))).toBe(true);
  });

  it('only warns of a deferral that never becomes a hold, of slow cycles and of aggregation', async () => {
    const found = await levels('DEFERTIME 00:10:00\nDEFERCOUNT 0\nRMPOLLINTERVAL 00:10:00\nJOBAGGREGATIONTIME 00:00:15\n');
    expect(found.filter((each) => !each.startsWith('ok')).map((each) => each.slice(0, 24))).toEqual(
      ['warning: DEFERTIME is 00:', 'warning: Maui cycles ever', 'warning: JOBAGGREGATIONTI', 'warning: NODEALLOCATIONPO', 'warning: nodes=N may be p'].map(
        (each) => each.slice(0, 24),
      ),
    );
  });

  it('names a job that is held for good', async () => {
    const { maui } = driver((argv) =>
      argv[0] === 'showq' ? textOf('showq-batchhold.txt') : argv[0] === 'showconfig' ? good : textOf('checkjob-batchhold.txt'),
    );
    expect((await maui.examine(never)).at(-1)).toMatchObject({ level: 'warning', what: expect.stringContaining('the first 103') });
  });

  it('says what is wrong when nobody answers', async () => {
    const { maui } = driver(() => ({ exit: 1, stderr: 'ERROR: cannot connect to server' }));
    expect(await maui.examine(never)).toEqual([expect.objectContaining({ level: 'error', what: expect.stringContaining('cannot connect') })]);
  });
});

describe('the scheduler’s word on a job', () => {
  const snapshot: SchedulerSnapshot = {
    order: ['7', '8'],
    held: new Map([
      ['1', { state: 'deferred', why: 'NoResources' }],
      ['2', { state: 'batch-hold' }],
      ['3', { state: 'held' }],
      ['4', { state: 'blocked' }],
    ]),
    settings: {},
  };
  it.each([
    ['8.srv', 'place 2 of 2 in the scheduler’s order'],
    ['1.srv', 'the scheduler has put it aside (NoResources): released when a node it fits has free slots'],
    ['2.srv', 'the scheduler holds it for good: no demand until a person releases it (releasehold -a 2)'],
    ['3.srv', 'the scheduler holds it for its owner or a person'],
    ['4.srv', 'the scheduler does not consider it now: no node that is online is large enough for it, or a limit of its own'],
  ])('%s: %s', (id, text) => {
    const word = wordOn(snapshot, id);
    expect(word && sentence(word).replace("'", '’')).toBe(text);
  });

  it('is silence for a job it does not name, and where none is asked', () => {
    expect(wordOn(snapshot, '9.srv')).toBeUndefined();
    expect(wordOn(undefined, '8.srv')).toBeUndefined();
  });
});
