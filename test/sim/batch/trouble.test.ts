import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/drivers/failure.js';
import { answer } from '../../../src/sim/batch/answer.js';
import { VirtualBatch } from '../../../src/sim/batch/driver.js';
import { InProcessShell } from '../../../src/sim/batch/in-process-shell.js';
import type { BatchOptions } from '../../../src/sim/batch/options.js';
import { Random } from '../../../src/sim/random.js';
import { Lab, minutes, seconds } from './given.js';

const never = new AbortController().signal;

/** What became of a promise so far. */
function watched<T>(work: Promise<T>): { value: T | undefined; failure: Failure | undefined; over: boolean } {
  const seen: { value: T | undefined; failure: Failure | undefined; over: boolean } = { value: undefined, failure: undefined, over: false };
  work.then(
    (value) => Object.assign(seen, { value, over: true }),
    (failure: Failure) => Object.assign(seen, { failure, over: true }),
  );
  return seen;
}

function given(options: Partial<BatchOptions> = {}): {
  lab: Lab;
  batch: VirtualBatch;
  ask: (command: string) => ReturnType<typeof answer>;
  signal: AbortController;
} {
  const lab = new Lab(options);
  lab.queue();
  lab.worker('wn01', 2);
  lab.submit(['-h']);
  const signal = new AbortController();
  const batch = new VirtualBatch({ core: lab.core, clock: lab.clock, random: new Random(1), source: 'main', user: 'domus' });
  return { lab, batch, signal, ask: (command) => answer(lab.core, command.split(' '), { user: 'domus' }, lab.clock, signal.signal) };
}

describe('a batch server in trouble', () => {
  it('that hangs answers nobody and does nothing, until the caller gives up', async () => {
    const { lab, batch, ask, signal } = given();
    lab.core.trouble.hang = true;
    const [command, read] = [watched(ask('pbsnodes -o wn01')), watched(batch.read(signal.signal))];
    await lab.pass(minutes(10));
    expect([command.over, read.over]).toEqual([false, false]);
    signal.abort();
    await lab.pass(0);
    expect([command.failure?.kind, read.failure?.kind]).toEqual(['uncertain', 'uncertain']);
    expect(lab.nodeState('wn01')).toBe('free');
  });

  it('that is mute does what it is told and says nothing', async () => {
    const { lab, ask } = given();
    lab.core.trouble.mute = true;
    const command = watched(ask('pbsnodes -o wn01'));
    await lab.pass(minutes(10));
    expect(command.over).toBe(false);
    expect(lab.nodeState('wn01')).toBe('offline');
  });

  it('that is slow does it later; that is late answers later', async () => {
    const { lab, ask } = given();
    lab.core.trouble.slowMs = 30_000;
    const slow = watched(ask('pbsnodes -o wn01'));
    await lab.pass(seconds(29));
    expect([slow.over, lab.nodeState('wn01')]).toEqual([false, 'free']);
    await lab.pass(seconds(2));
    expect([slow.over, lab.nodeState('wn01')]).toEqual([true, 'offline']);
    lab.core.trouble.slowMs = 0;
    lab.core.trouble.lateMs = 30_000;
    const late = watched(ask('pbsnodes -c wn01'));
    await lab.pass(seconds(1));
    expect([late.over, lab.nodeState('wn01')]).toEqual([false, 'free']);
    await lab.pass(seconds(30));
    expect(late.over).toBe(true);
  });

  it('that garbles sends half of the document', async () => {
    const { lab, batch, ask } = given();
    const whole = lab.run(['qstat', '-x'], 'domus').stdout;
    lab.core.trouble.garble = true;
    expect((await ask('qstat -x')).stdout).toBe(whole.slice(0, Math.floor(whole.length / 2)));
    const read = watched(batch.read(never));
    await lab.pass(seconds(1));
    expect(read.failure?.kind).toBe('garbled');
  });

  it('that refuses connections is unreachable, and does nothing', async () => {
    const { lab, batch, ask } = given();
    lab.core.trouble.refuse = true;
    expect((await ask('qstat -x')).exit).toBe(111);
    const admit = watched(batch.withhold('wn01', 'domus: x', undefined, never));
    await lab.pass(seconds(1));
    expect(admit.failure?.kind).toBe('unreachable');
    lab.core.trouble.refuse = false;
    expect(lab.nodeState('wn01')).toBe('free');
  });

  it('that takes all rights away denies', async () => {
    const { lab, batch, ask } = given();
    lab.core.trouble.denied = true;
    expect((await ask('pbsnodes -o wn01')).stderr).toContain('PERM_OPorMGR');
    expect(lab.run(['qstat', '-x'], 'root').stdout).not.toContain('neednodes');
    const cycle = watched(batch.cycle(never));
    await lab.pass(seconds(1));
    expect(cycle.failure?.kind).toBe('denied');
  });

  it('that lies about offline is found out by reading back', async () => {
    const { lab, batch } = given();
    lab.core.trouble.lie = 'offline-ignored';
    const withheld = watched(batch.withhold('wn01', 'domus: x', undefined, never));
    await lab.pass(seconds(1));
    expect(withheld.failure?.kind).toBe('refused');
    expect(lab.nodeState('wn01')).toBe('free');
  });

  it('that does it and says otherwise has done it', async () => {
    const { lab, batch, ask } = given();
    lab.core.trouble.lie = 'done-but-failed';
    expect((await ask('pbsnodes -o wn01')).exit).toBe(1);
    expect(lab.nodeState('wn01')).toBe('offline');
    lab.say('pbsnodes -c wn01');
    const withheld = watched(batch.withhold('wn01', 'domus: x', undefined, never));
    await lab.pass(seconds(1));
    expect(withheld.failure?.kind).toBe('uncertain');
    expect(lab.nodeState('wn01')).toBe('offline');
  });

  it('fails the numbered call, before or after the deed', async () => {
    const { lab, batch } = given();
    lab.core.ailments.failAt(1, 'unreachable', 'before');
    lab.core.ailments.failAt(2, 'uncertain', 'after');
    const first = watched(batch.withhold('wn01', 'domus: x', undefined, never));
    await lab.pass(seconds(1));
    expect([first.failure?.kind, lab.nodeState('wn01')]).toEqual(['unreachable', 'free']);
    const second = watched(batch.withhold('wn01', 'domus: x', undefined, never));
    await lab.pass(seconds(1));
    expect([second.failure?.kind, lab.nodeState('wn01')]).toEqual(['uncertain', 'offline']);
  });

  it('is ill for its time and then well, through commands and the driver alike', async () => {
    const { lab, batch, ask, signal } = given();
    lab.core.ailments.afflict('silent', { forMs: minutes(5), afterMs: minutes(1) });
    expect((await ask('qstat -x')).exit).toBe(0);
    await lab.pass(minutes(2));
    const [silent, read] = [watched(ask('qstat -x')), watched(batch.read(signal.signal))];
    await lab.pass(minutes(5));
    expect([silent.over, read.over]).toEqual([false, false]);
    const well = watched(ask('qstat -x'));
    await lab.pass(seconds(1));
    expect(well.value?.exit).toBe(0);
  });

  it('blocks qrerun of a dead worker for five minutes and no other command', async () => {
    const { lab, ask } = given();
    const id = lab.submit([]);
    await lab.pass(seconds(1));
    lab.core.momDown('wn01');
    const blocked = watched(ask(`qrerun ${id}`));
    await lab.pass(seconds(299));
    expect(blocked.over).toBe(false);
    await lab.pass(seconds(2));
    expect(blocked.value?.exit).toBe(237);
  });
});

describe('a worker that vanished without refusing connections', () => {
  it.each([
    ['4.2.10', true, false],
    ['4.2.10', false, true],
    ['6.1.3', true, true],
  ] as const)('of a %s, where that is told by an option (%s): qrerun -f answers at once is %s', async (version, silentDeath, atOnce) => {
    const { lab, ask } = given({ version, silentDeath });
    await lab.pass(minutes(1)); // a new node of 6.1.3 is not to be used at once
    const id = lab.submit(['-l', 'nodes=1']);
    await lab.pass(seconds(1));
    expect(lab.state(id)).toBe('R');
    lab.core.momDown('wn01');
    const forced = watched(ask(`qrerun -f ${id}`));
    await lab.pass(seconds(2));
    expect([forced.over, lab.state(id)]).toEqual([atOnce, atOnce ? 'Q' : 'R']);
    await lab.pass(minutes(5));
    expect([forced.value?.exit, lab.state(id)]).toEqual([0, 'Q']);
    const late = watched(ask(`qrerun -f ${id}`)); // it waits already
    await lab.pass(seconds(2));
    expect(late.value?.exit).toBe(170);
  });
});

describe('the in-process shell', () => {
  it('refuses more output than it may give, and a signal that is over', async () => {
    const { lab } = given();
    const shell = new InProcessShell(lab.core, 'domus');
    await expect(shell.run(['qstat', '-x'], { signal: never, maxBytes: 10 })).rejects.toMatchObject({ kind: 'garbled' });
    await expect(shell.run(['qstat'], { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('understands env and full paths, and remembers what ran', async () => {
    const { lab } = given();
    const shell = new InProcessShell(lab.core, 'domus');
    const { exit, stdout } = await shell.run(['env', 'PBS_DEFAULT=torque.example.org', '/opt/torque/bin/qstat', '-Q'], { signal: never });
    expect([exit, stdout.toString()]).toEqual([0, lab.say('qstat -Q').stdout]);
    expect(shell.ran).toEqual([['/opt/torque/bin/qstat', '-Q']]);
  });
});
