import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endSession, type FakeHost, givenHost } from './fake-host.js';
import { createGuest, createOverlay, deed, givenFence, outcomeOf, uuidOf } from './given.js';

const done = { status: 'done', exit: 0 };
const timesCalled = (host: FakeHost, verb: string): number => host.calls.filter((call) => call.startsWith(verb)).length;

/** Asks `outcome` until the deed has ended. */
async function ended(host: FakeHost, op: string | undefined) {
  for (;;) {
    const answer = await host.ask(outcomeOf(op));
    if (answer.status !== 'running') return answer;
  }
}

describe('one op is one deed', () => {
  it('gives the same answer to the same op, in any later session', async () => {
    const host = givenHost();
    const request = createOverlay('o1');
    const first = await host.ask(request);
    expect(first).toMatchObject(done);
    expect(await host.ask(request)).toEqual(first);
    expect(await host.ask(outcomeOf(request.op))).toEqual(first);
    expect(timesCalled(host, 'qemu-img')).toBe(1);
  });

  it('attaches a second session with the same op to the deed under way', async () => {
    const host = givenHost();
    host.behave({ 'qemu-img': { sleepS: 0.4 } });
    const request = createOverlay('o1');
    const answers = await Promise.all([host.ask(request), host.ask(request), host.ask(request)]);
    expect(answers.map((a) => [a.status, a.exit])).toEqual([
      ['done', 0],
      ['done', 0],
      ['done', 0],
    ]);
    expect(timesCalled(host, 'qemu-img')).toBe(1);
  });

  it('refuses an op that was another deed', async () => {
    const host = givenHost();
    await host.ask(createOverlay('o1', { op: 'same' }));
    expect(await host.ask(createOverlay('o2', { op: 'same' }))).toMatchObject({
      status: 'refused',
      message: expect.stringMatching(/^grammar: op same was another deed/),
    });
    expect(readdirSync(host.overlays)).toEqual(['o1.qcow2']);
  });

  it('takes a disk that is there for its own only where it says what was asked for', async () => {
    const host = givenHost();
    const disk = join(host.overlays, 'o1.qcow2');
    expect(await host.ask(createOverlay('o1'))).toMatchObject(done);
    expect(await host.ask(createOverlay('o1'))).toMatchObject({ ...done, message: 'exists already' });
    const own = readFileSync(disk);
    const kinds: readonly (readonly [Buffer, string])[] = [
      [Buffer.concat([own.subarray(0, 72), Buffer.from([0, 0, 0, 0, 0, 0, 0, 4]), own.subarray(80)]), 'keeps its data in another file'],
      [Buffer.concat([own.subarray(0, 16), Buffer.from([0, 0, 0, 3]), own.subarray(20, 104), Buffer.from('/me')]), 'stands on /me'],
      [Buffer.from('a raw disk'), 'no thin disk'],
    ];
    for (const [bytes, why] of kinds) {
      writeFileSync(disk, bytes);
      expect(await host.ask(createOverlay('o1'))).toMatchObject({ exit: 1, message: expect.stringContaining(why) });
    }
    writeFileSync(`${disk}.other`, own);
    rmSync(disk);
    symlinkSync(`${disk}.other`, disk);
    expect(await host.ask(createOverlay('o1'))).toMatchObject({ exit: 1, message: expect.stringContaining('no plain file') });
  });

  it('does not know an op that never came', async () => {
    expect(await givenHost().ask(outcomeOf('never'))).toMatchObject({ status: 'unknown', op: 'never' });
  });

  it('goes on when its session is killed, and its outcome is found', async () => {
    const host = givenHost();
    host.behave({ 'qemu-img': { sleepS: 0.5 } });
    const request = createOverlay('o1');
    const session = host.start();
    session.stdin?.end(JSON.stringify(request));
    await expect.poll(() => timesCalled(host, 'qemu-img'), { timeout: 10_000 }).toBe(1);
    endSession(session, 'SIGKILL');
    expect(await host.ask(outcomeOf(request.op))).toMatchObject({ status: 'running', ops: [{ verb: 'overlay-create', state: 'running' }] });
    expect(await ended(host, request.op)).toMatchObject(done);
    expect(existsSync(join(host.overlays, 'o1.qcow2'))).toBe(true);
  });

  it('answers running before the limit of the deed has passed', async () => {
    const host = givenHost();
    host.behave({ 'qemu-img': { sleepS: 2.5 } });
    const request = createOverlay('o1', { limitMs: 4000 });
    expect(await host.ask(request)).toMatchObject({ status: 'running', op: request.op });
    expect((await ended(host, request.op)).status).toBe('done');
  });

  it('says that a deed whose process died left no result', async () => {
    const host = givenHost();
    const request = createOverlay('o1');
    await host.ask(request);
    const file = join(host.folder, 'run/ops', `${request.op}.json`);
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), state: 'running' }));
    expect(await host.ask(outcomeOf(request.op))).toMatchObject({ status: 'done', exit: 1, message: expect.stringMatching(/^uncertain: its process died/) });
  });

  it('is not shown as running for ever when its processes died without filing a result', async () => {
    const host = givenHost();
    const request = createOverlay('o1');
    await host.ask(request);
    const file = join(host.folder, `run/ops/${request.op}.json`);
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), state: 'running' }));
    expect((await host.look()).ops).toMatchObject([{ op: request.op, state: 'done' }]);
    expect(await host.ask(outcomeOf(request.op))).toMatchObject({ status: 'done', exit: 1, message: expect.stringMatching(/^uncertain: /) });
  });

  it('forgets the oldest of more than 200 results, and those older than a day', async () => {
    const host = givenHost();
    const request = createOverlay('o1', { op: 'o' });
    await host.ask(request);
    const ops = join(host.folder, 'run/ops');
    const entry = JSON.parse(readFileSync(join(ops, 'o.json'), 'utf8')) as Record<string, unknown>;
    for (let n = 0; n < 230; n++)
      writeFileSync(join(ops, `old-${n}.json`), JSON.stringify({ ...entry, op: `old-${n}`, filedAt: Number(entry['filedAt']) - 1000 * n }));
    writeFileSync(join(ops, 'ancient.json'), JSON.stringify({ ...entry, op: 'ancient', filedAt: 1 }));
    await host.ask(createOverlay('o2'));
    const left = readdirSync(ops).filter((name) => name.endsWith('.json'));
    expect(left).toHaveLength(201);
    expect(left).toContain('old-0.json');
    expect(left).not.toContain('old-229.json');
    expect(left).not.toContain('ancient.json');
  });
});

describe('limits', () => {
  it('kills a command that does not end, says hung, and can work again', async () => {
    const host = givenHost();
    host.behave({ 'qemu-img': { sleepS: 60 } });
    const request = createOverlay('o1', { limitMs: 400 });
    await host.ask(request);
    expect(await ended(host, request.op)).toMatchObject({ status: 'hung', message: expect.stringContaining('0.4 s') });
    expect(host.processes('qemu-img')).toBe(0);
    expect((await host.ask({ v: 1, verb: 'look', args: {}, limitMs: 9000 })).look?.['overlays']).toEqual([]);
    host.behave({});
    expect(await host.ask(createOverlay('o1'))).toMatchObject(done);
    expect(readdirSync(host.overlays)).toEqual(['o1.qcow2']);
  });

  it('counts the limit of a creation from its real start, one creation at a time', async () => {
    const host = givenHost();
    await host.ask(createOverlay('o1'));
    await host.ask(createOverlay('o2'));
    host.behave({ create: { sleepS: 1.6 } });
    const requests = [createGuest(host.folder, 1, 'o1', { limitMs: 3000 }), createGuest(host.folder, 2, 'o2', { limitMs: 3000 })];
    await Promise.all(requests.map((r) => host.ask(r)));
    const answers = await Promise.all(requests.map((r) => ended(host, r.op)));
    expect(answers.map((a) => [a.status, a.exit])).toEqual([
      ['done', 0],
      ['done', 0],
    ]);
    const ops = (await host.look()).ops?.filter((op) => op.verb === 'guest-create').map((op) => op.startedAt) ?? [];
    expect(Math.abs((ops[0] ?? 0) - (ops[1] ?? 0))).toBeGreaterThanOrEqual(1600);
  });

  it('says busy when its turn does not come within the limit', async () => {
    const host = givenHost();
    await host.ask(createOverlay('o1'));
    await host.ask(createOverlay('o2'));
    host.behave({ create: { sleepS: 2.5 } });
    const first = host.ask(createGuest(host.folder, 1, 'o1'));
    await expect.poll(() => timesCalled(host, 'create'), { timeout: 10_000 }).toBe(1);
    const second = createGuest(host.folder, 2, 'o2', { limitMs: 500 });
    await host.ask(second);
    expect(await ended(host, second.op)).toMatchObject({ exit: 1, message: expect.stringMatching(/^busy: /) });
    expect(await first).toMatchObject(done);
  });

  it('lets a deed of an older reign that waits for its turn never begin', async () => {
    const host = givenHost();
    await host.ask(createOverlay('o1'));
    await host.ask(createOverlay('o2'));
    host.behave({ create: { sleepS: 6 } });
    const first = host.ask(createGuest(host.folder, 1, 'o1'));
    await expect.poll(() => timesCalled(host, 'create'), { timeout: 10_000 }).toBe(1);
    const second = createGuest(host.folder, 2, 'o2');
    const waiting = host.ask(second);
    await expect.poll(async () => (await host.ask(outcomeOf(second.op))).status, { timeout: 10_000 }).toBe('running');
    await host.look({ fence: givenFence({ epoch: 6, life: 'life-b' }) });
    expect(await first).toMatchObject(done);
    expect(await waiting).toMatchObject({ status: 'refused', message: expect.stringMatching(/^fence: a newer reign/) });
    expect(host.state.domains.map((d) => d.name)).toEqual(['guest-1']);
  });
});

describe('guards', () => {
  it('writes the configuration where xl reads it, and shows what xl says when it fails', async () => {
    const host = givenHost();
    await host.ask(createOverlay('o1'));
    host.behave({ create: { stderr: 'libxl: error: Could not find bridge device xenbr0', exit: 3 } });
    expect(await host.ask(createGuest(host.folder, 1, 'o1'))).toMatchObject({ exit: 3, stderr: expect.stringContaining('bridge') });
    host.behave({});
    expect(await host.ask(createGuest(host.folder, 1, 'o1'))).toMatchObject(done);
    expect(host.state.domains).toMatchObject([{ name: 'guest-1', uuid: uuidOf(1), vcpus: 1, memory: 512, disks: [join(host.overlays, 'o1.qcow2')] }]);
  });

  it('refuses a disk that a foreign domain has open under another path', async () => {
    const host = givenHost();
    await host.ask(createOverlay('o1'));
    symlinkSync(join(host.overlays, 'o1.qcow2'), join(host.folder, 'elsewhere'));
    const foreign = {
      domid: 9,
      name: 'hand-made',
      uuid: uuidOf(9),
      type: 'pv',
      maxmem: 512,
      maxvcpus: 1,
      vcpus: 1,
      memory: 512,
      disks: [join(host.folder, 'elsewhere')],
    };
    host.state = { ...host.state, domains: [foreign] };
    expect(await host.ask(createGuest(host.folder, 1, 'o1'))).toMatchObject({ exit: 1, message: expect.stringContaining('open in domain hand-made') });
    expect(await host.ask(deed('overlay-remove', { overlay: 'o1' }))).toMatchObject({ exit: 1, message: expect.stringMatching(/^busy: /) });
    expect(readdirSync(host.overlays)).toEqual(['o1.qcow2']);
  });

  it('refuses an overlay that is a link', async () => {
    const host = givenHost();
    symlinkSync('/etc/passwd', join(host.overlays, 'o1.qcow2'));
    expect(await host.ask(createGuest(host.folder, 1, 'o1'))).toMatchObject({ exit: 1, message: expect.stringMatching(/^refused: /) });
  });

  it('creates nothing while it cannot see what runs', async () => {
    const host = givenHost();
    await host.ask(createOverlay('o1'));
    host.behave({ list: { stderr: 'xc: error: no hypervisor' } });
    expect(await host.ask(createGuest(host.folder, 1, 'o1'))).toMatchObject({
      exit: 1,
      message: expect.stringMatching(/^uncertain: xl list -v ended with status 1/),
    });
    expect(await host.ask(deed('overlay-remove', { overlay: 'o1' }))).toMatchObject({ exit: 1 });
    expect(readdirSync(host.overlays)).toEqual(['o1.qcow2']);
    expect(timesCalled(host, 'create')).toBe(0);
  });

  it('leaves nothing of an overlay that could not be made', async () => {
    const host = givenHost();
    host.behave({ 'qemu-img': { stderr: 'qemu-img: No space left on device' } });
    expect(await host.ask(createOverlay('o1'))).toMatchObject({ exit: 1, stderr: expect.stringContaining('No space left') });
    expect(readdirSync(host.overlays)).toEqual([]);
  });
});

describe("the administrator's own verbs", () => {
  const script = (host: FakeHost, name: string, mode: number): void => {
    const path = join(host.folder, 'admin', name);
    writeFileSync(path, '#!/bin/sh\nprintf "%s|" "$@"\n');
    chmodSync(path, mode);
  };

  it('run with the words of the request, without a shell', async () => {
    const host = givenHost();
    host.configure({ adminVerbs: join(host.folder, 'admin') });
    script(host, 'defrag', 0o755);
    expect(await host.ask(deed('admin', { verb: 'defrag', argv: ['a=b', '/x/y'] }))).toMatchObject({ ...done, stdout: 'a=b|/x/y|' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['a word with a blank', { verb: 'defrag', argv: ['a b'] }],
    ['an option', { verb: 'defrag', argv: ['--force'] }],
    ['a word of the shell', { verb: 'defrag', argv: ['$(reboot)'] }],
    ['a word that is a number', { verb: 'defrag', argv: [1] }],
    ['a verb with a path', { verb: '../xl', argv: [] }],
    ['too many words', { verb: 'defrag', argv: Array.from({ length: 17 }, () => 'a') }],
  ])('refuse %s', async (_, args) => {
    const host = givenHost();
    host.configure({ adminVerbs: join(host.folder, 'admin') });
    script(host, 'defrag', 0o755);
    expect(await host.ask(deed('admin', args))).toMatchObject({ status: 'refused', message: expect.stringMatching(/^grammar: /) });
  });

  it('are refused where none are listed, unknown, or writable by others', async () => {
    const host = givenHost();
    expect(await host.ask(deed('admin', { verb: 'defrag', argv: [] }))).toMatchObject({ status: 'refused' });
    host.configure({ adminVerbs: join(host.folder, 'admin') });
    expect(await host.ask(deed('admin', { verb: 'defrag', argv: [] }))).toMatchObject({ exit: 1, message: expect.stringMatching(/^absent: /) });
    script(host, 'defrag', 0o777);
    expect(await host.ask(deed('admin', { verb: 'defrag', argv: [] }))).toMatchObject({ exit: 1, message: expect.stringMatching(/^refused: /) });
  });
});
