import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchFront } from '../../../src/sim/lab/batch-front.js';
import { type Listening, listen, writeFilter } from '../../../src/sim/lab/wire.js';
import { compiled } from '../../compiled.js';
import { Lab } from '../batch/given.js';

let place: string;
let lab: Lab;
let front: Listening;
const at = (...parts: string[]): string => join(place, ...parts);

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'domus-filter-'));
  for (const folder of ['bin', 'run']) mkdirSync(at(folder));
  lab = new Lab();
  lab.queue('legacy', 'sl5');
  lab.qmgr('create node wn01 np=2,properties=sl5');
  front = await listen(
    at('batch.sock'),
    batchFront(lab.core, lab.clock, () => undefined),
    (thrown) => {
      throw thrown;
    },
  );
});
afterEach(async () => {
  await front.close();
  rmSync(place, { recursive: true, force: true });
});

/** The lab's own qsub as a process. */
async function qsub(args: readonly string[], script: string): Promise<{ exit: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [compiled('src/sim/bin/client.ts'), at('batch.sock'), 'qsub', ...args]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    err += piece.toString();
  });
  child.stdin.end(script);
  const exit = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exit, out, err };
}
const nodesOf = (id: string): string | undefined => lab.core.server.jobs.get(id.trim())?.resources.get('nodes');

describe('qsub of the lab with a torque.cfg', () => {
  it('runs the real submit filter: it adds, refuses with the line to type, and that line works', async () => {
    writeFilter({ bin: at('bin'), run: at('run'), torqueCfg: at('torque.cfg') });
    writeFileSync(at('run', 'environments.txt'), 'environment legacy sl5 legacy sl5 sl5 2 2048 6\n');
    const plain = await qsub(['-q', 'legacy'], '#!/bin/sh\nsleep 5\n');
    expect([plain.exit, nodesOf(plain.out)]).toEqual([0, '1:sl5']);
    const wrong = await qsub(['-q', 'legacy', '-l', 'nodes=1:ppn=2'], '#!/bin/sh\nsleep 5\n');
    expect(wrong).toEqual({
      exit: 1,
      out: '',
      err: 'domus: nodes of environment legacy are asked for by the property sl5: type qsub -q legacy -l nodes=1:ppn=2:sl5\nqsub: Your job has been administratively rejected by the queueing system.\nqsub: There may be a more detailed explanation prior to this notice.\n',
    });
    const right = await qsub((/type qsub (.*)/.exec(wrong.err)?.[1] ?? '').split(' '), '#!/bin/sh\nsleep 5\n');
    expect([right.exit, nodesOf(right.out)]).toEqual([0, '1:ppn=2:sl5']);
    const interactive = await qsub(['-I', '-q', 'legacy'], '');
    expect([interactive.exit, nodesOf(interactive.out)]).toEqual([0, '1:sl5']);
  });

  it('tells a filter that fails from one that rejects', async () => {
    writeFileSync(at('bin', 'filter'), '#!/bin/sh\nexit 3\n');
    chmodSync(at('bin', 'filter'), 0o755);
    writeFileSync(at('torque.cfg'), `SUBMITFILTER ${at('bin', 'filter')}\n`);
    expect(await qsub(['-q', 'legacy'], 'sleep 5\n')).toEqual({
      exit: 1,
      out: '',
      err: 'qsub: submit filter returned an error code, aborting job submission.\n',
    });
  });

  it('submits as ever without one', async () => {
    const plain = await qsub(['-q', 'legacy'], '#!/bin/sh\nsleep 5\n');
    expect([plain.exit, nodesOf(plain.out)]).toEqual([0, undefined]);
  });
});
