import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunnerRequest } from '../../src/drivers/runner.js';
import { FakeHost, givenHost } from './fake-host.js';
import { configText, createGuest, createOverlay, deed, givenFence, uuidOf } from './given.js';

const runner = join(import.meta.dirname, '../../host/domus-runner');
const way = { key: '/etc/domus/migration', knownHosts: '/etc/domus/known_hosts' };

/** Two hosts with one store; a guest runs on the first. */
async function twoHosts(): Promise<{ readonly here: FakeHost; readonly there: FakeHost }> {
  const here = givenHost();
  const there = new FakeHost({ images: here.images, overlays: here.overlays });
  onTestFinished(() => there.remove());
  here.configure({ migration: way });
  here.reaches(2202, there);
  await here.ask(createOverlay('o1'));
  await here.ask(createGuest(here.folder, 1, 'o1'));
  return { here, there };
}
const expectIt = (overrides: Partial<RunnerRequest> = {}): RunnerRequest =>
  deed('guest-expect', { uuid: uuidOf(1), name: 'guest-1', overlay: 'o1', memoryMiB: 512 }, overrides);
const migrate = (ticket: string | undefined, overrides: Partial<RunnerRequest> = {}): RunnerRequest =>
  deed('guest-migrate', { uuid: uuidOf(1), address: '10.2.0.2', port: 2202, ticket: ticket ?? '' }, overrides);
const names = ({ state }: FakeHost): readonly string[] => state.domains.map(({ name }) => name);

/** What the other host's key may do: whatever words it brings, this runs. */
function receive(host: FakeHost, words: string, input = '{}'): Promise<{ readonly exit: number | null; readonly err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-I', '-S', runner, '--config', join(host.folder, 'runner.json'), '--receive'], {
      env: { SSH_ORIGINAL_COMMAND: words },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (piece: Buffer) => {
      err += piece.toString();
    });
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, err }));
    child.stdin.on('error', () => undefined); // it may end before it has read everything
    child.stdin.end(input);
  });
}

describe('a guest that goes to another host', () => {
  it('needs a ticket of the other host, goes by xl, and both hosts file what they did', async () => {
    const { here, there } = await twoHosts();
    const { stdout: ticket } = await there.ask(expectIt({ op: 'op-move' }));
    expect(ticket).toMatch(/^[0-9a-f]{32}$/);
    expect(await here.ask(migrate(ticket, { op: 'op-move' }))).toMatchObject({ status: 'done', exit: 0 });
    expect([names(here), names(there)]).toEqual([[], ['guest-1']]);
    expect(here.calls.at(-1)).toBe(
      `migrate -s  1 exec ssh -T -o BatchMode=yes -o StrictHostKeyChecking=yes -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o UserKnownHostsFile=${way.knownHosts} -i ${way.key} -p 2202 root@10.2.0.2 domus-receive ${ticket}`,
    );
    const { ops } = await there.look();
    expect(ops).toContainEqual(expect.objectContaining({ op: 'op-move.receive', verb: 'guest-receive', state: 'done' }));
  });

  it('gets one ticket for one order, however often that is asked, and none where it runs already', async () => {
    const { there } = await twoHosts();
    const first = await there.ask(expectIt({ op: 'op-a' }));
    expect((await there.ask(expectIt({ op: 'op-a' }))).stdout).toBe(first.stdout);
    const second = await there.ask(expectIt({ op: 'op-b' }));
    expect(second.stdout).not.toBe(first.stdout);
    expect((await receive(there, `domus-receive ${first.stdout}`)).err).toContain('nobody is expected here with that ticket');
  });

  it('is expected, and another is made, while a third is only half here', async () => {
    const { here, there } = await twoHosts();
    await here.ask(createOverlay('o2'));
    await here.ask(createGuest(here.folder, 2, 'o2'));
    await here.ask(createOverlay('o3'));
    const { stdout: first } = await there.ask(expectIt({ limitMs: 60_000 }));
    const gate = join(there.folder, 'gate');
    there.behave({ 'migrate-receive': { gate } });
    const going = here.ask(migrate(first, { limitMs: 60_000 }));
    await expect.poll(() => names(there), { timeout: 30_000 }).toEqual(['guest-1--incoming']);
    const second = await there.ask(deed('guest-expect', { uuid: uuidOf(2), name: 'guest-2', overlay: 'o2', memoryMiB: 512 }));
    expect(second).toMatchObject({ status: 'done', exit: 0, stdout: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(await there.ask(createGuest(here.folder, 3, 'o3'))).toMatchObject({ status: 'done', exit: 0 });
    expect(names(there)).toEqual(['guest-1--incoming', 'guest-3']);
    const thief = { name: 'guest-4', uuid: uuidOf(4), overlay: 'o1', config: configText(here.folder, 4, 'o1') };
    expect(await there.ask(deed('guest-create', thief))).toMatchObject({ exit: 1, message: 'refused: overlay o1 is open in domain guest-1--incoming' });
    expect(await there.ask(deed('overlay-remove', { overlay: 'o1' }))).toMatchObject({ exit: 1, message: expect.stringMatching(/^busy: .*guest-1--incoming/) });
    there.behave({});
    expect(await here.ask(deed('guest-migrate', { uuid: uuidOf(2), address: '10.2.0.2', port: 2202, ticket: second.stdout ?? '' }))).toMatchObject({ exit: 0 });
    writeFileSync(gate, '');
    expect(await going).toMatchObject({ status: 'done', exit: 0 });
    expect([names(here), [...names(there)].sort()]).toEqual([[], ['guest-1', 'guest-2', 'guest-3']]);
  });

  it('is nobody of ours when nobody expected it: then its disk may be any', async () => {
    const { here, there } = await twoHosts();
    const half = {
      domid: 9,
      name: 'guest-7--incoming',
      uuid: uuidOf(7),
      type: 'pvh',
      memory: 512,
      maxmem: 512,
      vcpus: 1,
      maxvcpus: 1,
      disks: [],
      halfMade: true,
    };
    there.state = { ...there.state, domains: [half] };
    expect(await there.ask(expectIt())).toMatchObject({ exit: 1, message: expect.stringMatching(/^busy: .*guest-7--incoming is half made by somebody else/) });
    expect(names(here)).toEqual(['guest-1']);
  });

  it('is let in once, and only with its ticket', async () => {
    const { here, there } = await twoHosts();
    for (const words of ['', 'sh', 'xl migrate-receive', `domus-receive ${'0'.repeat(32)}`, `domus-receive ../../x; ${'0'.repeat(32)}`]) {
      expect(await receive(there, words)).toMatchObject({ exit: 1, err: expect.stringContaining('nobody is expected here') });
    }
    expect(there.calls.filter((line) => line.startsWith('migrate-receive'))).toEqual([]);
    const { stdout: ticket } = await there.ask(expectIt());
    const [domain] = here.state.domains;
    expect((await receive(there, `domus-receive ${ticket}`, JSON.stringify(domain))).exit).toBe(0);
    expect((await receive(there, `domus-receive ${ticket}`, JSON.stringify(domain))).exit).toBe(1);
    expect(names(there)).toEqual(['guest-1']);
  });

  it('is not let in when another guest comes under its name', async () => {
    const { here, there } = await twoHosts();
    const { stdout: ticket } = await there.ask(expectIt());
    const stranger = { ...here.state.domains[0], uuid: uuidOf(7) };
    expect((await receive(there, `domus-receive ${ticket}`, JSON.stringify(stranger))).exit).toBe(1);
    expect(names(there)).toEqual([]);
  });

  it('is not let in once a newer reign has come, nor expected for an older one', async () => {
    const { here, there } = await twoHosts();
    const { stdout: ticket } = await there.ask(expectIt());
    await there.look({ fence: givenFence({ epoch: 6, life: 'life-b' }) });
    expect(await receive(there, `domus-receive ${ticket}`)).toMatchObject({ exit: 1, err: expect.stringContaining('a newer reign came') });
    expect(await there.ask(expectIt())).toMatchObject({ status: 'refused', message: expect.stringContaining('fence') });
    expect(await here.ask(migrate(ticket))).toMatchObject({ exit: 1, stderr: expect.stringContaining('resuming at sender') });
    expect(names(here)).toEqual(['guest-1']);
  });

  it('keeps its new host from being switched off, and its disk from another guest', async () => {
    const { here, there } = await twoHosts();
    await there.ask(expectIt());
    expect(await there.ask(deed('host-poweroff', {}))).toMatchObject({ exit: 1, message: 'busy: guest-1 is on its way to this host' });
    const config = configText(here.folder, 2, 'o1');
    expect(await there.ask(deed('guest-create', { name: 'guest-2', uuid: uuidOf(2), overlay: 'o1', config }))).toMatchObject({
      exit: 1,
      message: 'busy: guest-1 is on its way to this host',
    });
  });

  it('is refused where its disk is not seen, where a guest of its name or a copy of it is, and where there is no room', async () => {
    const { there } = await twoHosts();
    const ask = (args: object) => there.ask(deed('guest-expect', { uuid: uuidOf(1), name: 'guest-1', overlay: 'o1', memoryMiB: 512, ...args }));
    expect(await ask({ overlay: 'never-made' })).toMatchObject({ exit: 1, message: expect.stringMatching(/^refused: overlay never-made/) });
    expect(await ask({ memoryMiB: 99_999 })).toMatchObject({ exit: 1, message: expect.stringMatching(/^full: /) });
    const half = { domid: 9, name: 'guest-1--incoming', uuid: uuidOf(1), type: 'pvh', memory: 512, maxmem: 512, vcpus: 1, maxvcpus: 1, disks: [] };
    there.state = { ...there.state, domains: [half] };
    expect(await ask({})).toMatchObject({ exit: 1, message: expect.stringMatching(/^exists: guest-1--incoming/) });
  });

  it('finds room only beside those who are on their way already, and asked again it does not stand in its own', async () => {
    const { here, there } = await twoHosts();
    await here.ask(createOverlay('o2'));
    const ask = (n: number, memoryMiB: number) => there.ask(deed('guest-expect', { uuid: uuidOf(n), name: `guest-${n}`, overlay: `o${n}`, memoryMiB }));
    expect(await ask(1, 12_000)).toMatchObject({ exit: 0 });
    expect(await ask(1, 12_000)).toMatchObject({ exit: 0 });
    expect(await ask(2, 12_000)).toMatchObject({
      exit: 1,
      message: expect.stringMatching(/^full: \d+ MiB are free, 12000 of them for guests on their way here, guest-2 needs 12000$/),
    });
    expect(await ask(2, 1000)).toMatchObject({ exit: 0 });
  });

  it('stays where it is when the way is not set up, the other host does not answer, or xl fails', async () => {
    const { here, there } = await twoHosts();
    const { stdout: ticket } = await there.ask(expectIt());
    writeFileSync(join(here.folder, 'peers.json'), '{}');
    expect(await here.ask(migrate(ticket))).toMatchObject({ exit: 1, stderr: expect.stringContaining('Connection refused') });
    here.configure({});
    expect(await here.ask(migrate(ticket))).toMatchObject({ exit: 1, message: expect.stringMatching(/^refused: migration is not set up/) });
    expect([names(here), names(there)]).toEqual([['guest-1'], []]);
  });

  it.each([
    ['an address that a shell would read', { address: '10.0.0.2;reboot' }],
    ['an address that is an option', { address: '-oProxyCommand=x' }],
    ['a ticket that is none', { ticket: '$(reboot)' }],
    ['a port that is none', { port: 0 }],
  ])('is not begun with %s', async (_, args) => {
    const { here } = await twoHosts();
    const wish = { uuid: uuidOf(1), address: '10.2.0.2', port: 2202, ticket: '0'.repeat(32), ...args };
    expect(await here.ask(deed('guest-migrate', wish))).toMatchObject({ status: 'refused', message: expect.stringMatching(/^grammar: /) });
  });
});
