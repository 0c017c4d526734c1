import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../src/classify/classify.js';
import { type Bundle, loadBundle, withoutSecrets, writeBundle } from '../../src/debug/bundle.js';
import { readRecord, recordOf, recordText } from '../../src/debug/record.js';
import { replayTick } from '../../src/debug/replay.js';
import type { Present } from '../../src/model/present.js';
import { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { openDesk, typed } from '../cli/desk.js';

const minute = 60_000;
const folder = (): string => mkdtempSync(join(tmpdir(), 'domus-bundle-'));
const about = { madeAt: 1, domus: '0.1.0', node: 'v20', system: 'linux' };

/** Presents of a life in which machines start, run, fail to answer and leave. */
async function presents(): Promise<{ readonly all: readonly Present[]; readonly fence: Parameters<typeof recordOf>[1]['fence'] }> {
  const policy = rehearsalPolicy({ environments: { grid: { seats: 3 }, bio: { seats: 2, mode: 'advise' } }, hosts: 2 });
  const classifier = createClassifier(policy);
  const rehearsal = new Rehearsal({ policy, classify: (job, of) => classifier(job, of.queues) });
  const life = await rehearsal.begin();
  if (life === undefined) throw new Error('no life');
  const all: Present[] = [];
  for (let round = 0; round < 300; round++) {
    if (round === 2) for (const queue of ['grid', 'grid', 'bio']) rehearsal.submit(['-q', queue, '-l', 'nodes=1:ppn=2'], 'sleep 240\n');
    if (round === 80) rehearsal.batchTrouble.afflict('silent', { forMs: 3 * minute });
    await rehearsal.pass(4_900);
    if (life.present !== undefined && life.present !== all.at(-1)) all.push(life.present);
  }
  life.stop();
  return { all, fence: life.lease.fence };
}

describe('a bundle', () => {
  it('holds all that a tick took in: thought again elsewhere, every tick of a life gives the plan it gave', async () => {
    const { all, fence } = await presents();
    expect(all.some(({ plan }) => plan.deeds.length > 0)).toBe(true);
    expect(all.some(({ plan }) => plan.recorded.length > 0)).toBe(true);
    for (const present of all) {
      const record = readRecord(recordText(recordOf(present, { fence, version: '0.1.0', events: [] })));
      expect(replayTick(record).differs, `tick ${present.revision}`).toEqual([]);
    }
  });

  it('tells where this program would have done otherwise', async () => {
    const { all, fence } = await presents();
    const busy = all.find(({ plan }) => plan.deeds.length > 0) as Present;
    const record = recordOf(busy, { fence, version: '0.1.0', events: [] });
    const file = join(folder(), 'bundle.gz');
    await writeBundle(file, { record: { ...record, plan: { ...record.plan, deeds: [] } }, config: {}, about });
    expect(replayTick((await loadBundle(file)).record).differs).toEqual(['deeds']);
    const replayed = await typed(['debug', 'replay', file]);
    expect(replayed).toMatchObject({ exit: 1, err: 'domus: other than recorded by version 0.1.0: deeds\n', out: expect.stringContaining('Next steps') });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(writeBundle(file, { record, config: {}, about })).rejects.toMatchObject({ kind: 'exists' });
  });

  it('that is none is refused with a sentence', async () => {
    const file = join(folder(), 'x');
    writeFileSync(file, 'PK');
    await expect(loadBundle(file)).rejects.toMatchObject({ kind: 'garbled', message: expect.stringContaining('is no bundle of') });
    await expect(loadBundle(`${file}.none`)).rejects.toMatchObject({
      kind: 'absent',
      message: expect.stringMatching(/^there is no bundle .*none: "domus debug bundle FILE" makes one$/),
    });
  });
});

describe('the configuration of a bundle', () => {
  it('is without what may be secret, wherever it stands', () => {
    const config = {
      batch: { main: { driver: 'torque', settings: { server: 'pbs', password: 'p1' } } },
      runner: { settings: { key: '/etc/domus/key', privateKey: 'p2', user: 'p3' } },
      notices: { channels: { chat: { kind: 'webhook', url: 'https://x/p4', secretFile: 'p5' }, page: { argv: ['/bin/x', 'p6'] } }, settleMs: 60_000 },
      tokens: ['p7'],
    };
    const text = JSON.stringify(withoutSecrets(config));
    expect(text).not.toMatch(/p[1-7]|domus\/key/);
    expect(text).toContain('"server":"pbs"');
    expect(text).toContain('"settleMs":60000');
  });
});

describe('domus debug bundle', () => {
  it('asks the daemon, writes one file, and the file replays', async () => {
    const { all, fence } = await presents();
    const present = all.at(20) as Present;
    const desk = await openDesk(undefined, {
      beside: [
        {
          path: '/debug/record',
          may: 'operator',
          answer: async () => ({ type: 'application/json', text: recordText(recordOf(present, { fence, version: '0.1.0', events: [] })) }),
        },
      ],
    });
    const example = new URL('../../domus.example.yaml', import.meta.url).pathname;
    const file = join(folder(), 'bundle.gz');
    const made = await typed(['debug', 'bundle', file, '--config', example, '--run-dir', desk.runDir]);
    expect(made).toMatchObject({ exit: 0, err: '', out: expect.stringMatching(/KiB, 3 source\(s\), 0 event\(s\)\. It names users and jobs/) });
    const bundle = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Bundle;
    expect(bundle.about.domus).toBe('0.1.0');
    expect(await typed(['debug', 'replay', file])).toMatchObject({ exit: 0, err: '' });
    await desk.close();
  });

  it('exits 3 where no daemon answers', async () => {
    const example = new URL('../../domus.example.yaml', import.meta.url).pathname;
    expect((await typed(['debug', 'bundle', join(folder(), 'x'), '--config', example, '--run-dir', '/nowhere'])).exit).toBe(3);
  });
});
