import { describe, expect, it } from 'vitest';
import type { QueueWish, SeatWish } from '../../../src/drivers/batch.js';
import { never, raised, stage } from './stage.js';

const seats: readonly SeatWish[] = [
  { node: 'grid-01', np: 8, properties: ['sl5', 'grid'] },
  { node: 'grid-02', np: 8, properties: ['sl5', 'grid'] },
];
const queues: readonly QueueWish[] = [{ queue: 'grid', neednodes: 'sl5' }, { queue: 'short' }];
const asManager = { user: 'root' };
type Stage = ReturnType<typeof stage>;

const lines = async ({ driver, until }: Stage): Promise<string[]> => (await until(driver.diff(seats, queues, never))).map((step) => step.argv.join(' '));
async function apply({ driver, until }: Stage): Promise<string[]> {
  const said: string[] = [];
  await until(driver.apply(await until(driver.diff(seats, queues, never)), (line) => said.push(line), never));
  return said;
}

describe('setup', () => {
  it('keeps the seats at rest over a restart of a 4.2 server', async () => {
    const given = stage({ user: 'root' });
    await given.until(given.driver.apply(await given.until(given.driver.diff(seats, queues, never)), () => undefined, never));
    given.core.restart();
    const { nodes } = await given.until(given.driver.read(never));
    expect(nodes.map((node) => node.states.includes('offline'))).toEqual(seats.map(() => true));
    expect(await given.until(given.driver.diff(seats, queues, never))).toEqual([]);
  });

  it('prints what makes an empty 4.2 server serve the environments, and changes nothing', async () => {
    const given = stage(asManager);
    expect(await lines(given)).toEqual([
      'qmgr -c create node grid-01 np=8',
      'qmgr -c set node grid-01 properties += sl5',
      'qmgr -c set node grid-01 properties += grid',
      'pbsnodes -c -N  grid-01',
      'pbsnodes -o -N domus: at rest grid-01',
      'qmgr -c create node grid-02 np=8',
      'qmgr -c set node grid-02 properties += sl5',
      'qmgr -c set node grid-02 properties += grid',
      'pbsnodes -c -N  grid-02',
      'pbsnodes -o -N domus: at rest grid-02',
      'qmgr -c create queue grid',
      'qmgr -c set queue grid queue_type = Execution',
      'qmgr -c set queue grid resources_default.neednodes = sl5',
      'qmgr -c set queue grid enabled = True',
      'qmgr -c set queue grid started = True',
      'qmgr -c create queue short',
      'qmgr -c set queue short queue_type = Execution',
      'qmgr -c set queue short enabled = True',
      'qmgr -c set queue short started = True',
      'systemctl restart pbs_server',
    ]);
    expect(given.said.filter((command) => !/^(pbsnodes -x|qstat -Qf|qmgr -c list server|getent hosts \S+)$/.test(command))).toEqual([]);
  });

  it('sets new nodes of 6.1 offline when the server has told its workers of them, for it lets go what was set before', async () => {
    const given = stage({ ...asManager, version: '6.1.3' });
    const printed = await lines(given);
    const pause = printed.indexOf('sleep 20');
    expect(printed.flatMap((line, at) => (line.includes(' create node ') ? [at < pause] : []))).toEqual([true, true]);
    expect(printed.flatMap((line, at) => (line.startsWith('pbsnodes -o') ? [at > pause] : []))).toEqual([true, true]);
    await apply(given);
    expect(given.said).not.toContain('sleep 20'); // it looks instead
    await given.advance(60_000);
    const { nodes } = await given.until(given.driver.read(never));
    expect(nodes.map((node) => node.states.includes('offline'))).toEqual([true, true]);
  });

  it('gives queues of rooms that go back to people their longest walltime, and jobs that name none the same', async () => {
    const given = stage({ user: 'root' });
    const bounded: readonly QueueWish[] = [{ queue: 'night', maxWalltimeMs: 4.5 * 3_600_000 }];
    const diff = async (): Promise<string[]> => (await given.until(given.driver.diff([], bounded, never))).map((step) => step.argv.join(' '));
    expect((await diff()).filter((line) => line.includes('walltime'))).toEqual([
      'qmgr -c set queue night resources_max.walltime = 04:30:00',
      'qmgr -c set queue night resources_default.walltime = 04:30:00',
    ]);
    const findings = async () => (await given.until(given.driver.examine([], bounded, never))).map(({ level, what }) => `${level}: ${what}`);
    await given.until(given.driver.apply(await given.until(given.driver.diff([], bounded, never)), () => undefined, never));
    expect(await diff()).toEqual([]);
    expect((await findings()).filter((line) => line.includes('maxWalltime'))).toEqual([]);
    given.root('qmgr', '-c', 'set queue night resources_default.walltime = 01:00:00');
    expect(await diff()).toEqual([]); // shorter is the site's own business
    given.root('qmgr', '-c', 'set queue night resources_max.walltime = 99:00:00');
    expect(await diff()).toEqual(['qmgr -c set queue night resources_max.walltime = 04:30:00']);
    expect(await findings()).toContain("error: queue night accepts jobs that last longer than its environment's maxWalltime");
  });

  for (const version of ['4.2.10', '6.1.3'] as const) {
    it(`does it on ${version}, and then finds nothing left to do`, async () => {
      const given = stage({ ...asManager, version });
      const said = await apply(given);
      expect(said.filter((line) => line.startsWith('left to you: systemctl restart pbs_server'))).toHaveLength(version === '4.2.10' ? 1 : 0);
      expect(given.said).not.toContain('systemctl restart pbs_server');
      await given.advance(60_000);
      expect(await lines(given), 'on 6.1 the offline of a new node was not set too early').toEqual([]);
      const { nodes, queues: made } = await given.until(given.driver.read(never));
      expect(nodes).toMatchObject(seats.map(({ node, np, properties }) => ({ name: node, np, properties, note: 'domus: at rest' })));
      expect(nodes.every((node) => node.states.includes('offline'))).toBe(true);
      expect(made).toMatchObject([
        { name: 'grid', kind: 'execution', enabled: true, started: true, neednodes: 'sl5' },
        { name: 'short', kind: 'execution', enabled: true, started: true },
      ]);
      expect(made.map((queue) => queue.defaultNodes)).toEqual([version === '6.1.3' ? '1:sl5' : undefined, undefined]);
      expect((await given.until(given.driver.examine(seats, queues, never))).filter((f) => f.what.includes('seat') && f.level !== 'ok')).toEqual([]);
    });
  }

  it("gives a queue's own default of nodes the property, for that default counts instead of neednodes", async () => {
    for (const [set, wanted] of [
      ['1:ppn=2', '1:ppn=2:sl5'],
      ['1+2:ppn=4', '1:sl5+2:ppn=4:sl5'],
      ['1:ppn=2:sl5', undefined],
    ] as const) {
      const given = stage(asManager);
      await apply(given);
      given.root('qmgr', '-c', `set queue grid resources_default.nodes = ${set}`);
      expect(await lines(given)).toEqual(wanted === undefined ? [] : [`qmgr -c set queue grid resources_default.nodes = ${wanted}`]);
      const said = (await given.until(given.driver.examine(seats, queues, never))).filter((finding) => finding.what.includes('resources_default.nodes'));
      expect(said.map((finding) => finding.level)).toEqual(wanted === undefined ? [] : ['error']);
      await apply(given);
      expect(await lines(given)).toEqual([]);
    }
  });

  it('makes jobs without -l nodes start on 6.1, where pbs_sched never starts them otherwise', async () => {
    for (const set of [true, false]) {
      const given = stage({ ...asManager, version: '6.1.3' });
      await apply(given);
      if (!set) given.root('qmgr', '-c', 'unset queue grid resources_default.nodes');
      given.core.momUp('grid-01', { cores: 8, usersResolve: true });
      await given.advance(60_000);
      given.root('pbsnodes', '-c', 'grid-01');
      const submitted = given.core.run(['qsub', '-q', 'grid'], { user: 'alice', stdin: 'sleep 600\n' });
      await given.advance(60_000);
      const { jobs } = await given.until(given.driver.read(never));
      expect(jobs.find((job) => job.id === submitted.stdout.trim())?.state).toBe(set ? 'running' : 'queued');
    }
  });

  it('converges from wherever it was stopped', async () => {
    const total = (await lines(stage(asManager))).length - 1;
    for (let done = 0; done < total; done++) {
      const given = stage(asManager);
      const steps = await given.until(given.driver.diff(seats, queues, never));
      await given.until(given.driver.apply(steps.slice(0, done), () => undefined, never));
      await given.advance(60_000);
      await apply(given);
      expect(await lines(given), `after ${done} steps`).toEqual([]);
    }
  });

  it('puts only missing properties and np of seats at rest right', async () => {
    const given = stage(asManager);
    await apply(given);
    given.root('qmgr', '-c', 'set node grid-01 np = 2');
    given.root('qmgr', '-c', 'set node grid-02 properties -= grid');
    expect(await lines(given)).toEqual(['qmgr -c set node grid-01 np = 8', 'qmgr -c set node grid-02 properties += grid']);
    given.root('pbsnodes', '-o', '-N', 'domus: draining', 'grid-01');
    expect(await lines(given)).toEqual(['qmgr -c set node grid-02 properties += grid']);
    given.root('pbsnodes', '-o', '-N', 'maintenance', 'grid-01');
    expect(await lines(given)).toEqual(['qmgr -c set node grid-02 properties += grid']);
  });

  it('asks for the name first, and stops there while it does not resolve', async () => {
    const given = stage({ ...asManager, unresolved: ['grid-02'] });
    expect((await lines(given)).filter((line) => line.startsWith('getent'))).toEqual(['getent hosts grid-02']);
    const steps = await given.until(given.driver.diff(seats, queues, never));
    expect(await given.until(raised(given.driver.apply(steps, () => undefined, never)))).toMatchObject({
      kind: 'absent',
      message: 'grid-02 does not resolve here',
    });
    expect((await given.until(given.driver.read(never))).nodes.map((node) => node.name)).toEqual(['grid-01']);
  });

  it('stops at the first command that is denied', async () => {
    const given = stage();
    const said: string[] = [];
    const steps = await given.until(given.driver.diff(seats, queues, never));
    expect(await given.until(raised(given.driver.apply(steps, (line) => said.push(line), never)))).toMatchObject({ kind: 'denied' });
    expect(said).toHaveLength(1);
  });

  it('switches auto_node_np off first', async () => {
    const given = stage(asManager);
    given.root('qmgr', '-c', 'set server auto_node_np = True');
    expect((await lines(given))[0]).toBe('qmgr -c set server auto_node_np = False');
  });
});

describe('the live check', () => {
  const levels = async ({ driver, until }: Stage) => (await until(driver.examine(seats, queues, never))).map((finding) => `${finding.level}: ${finding.what}`);

  it('only reads', async () => {
    const given = stage();
    await levels(given);
    expect(given.said.filter((command) => !/^(pbsnodes -x|qstat .*|qmgr -c list server|getent hosts \S+|id -un)$/.test(command))).toEqual([]);
  });

  it('is content with a server that was set up', async () => {
    const given = stage();
    for (const step of await given.until(given.driver.diff(seats, queues, never))) if (step.argv[0] !== 'systemctl') given.root(...step.argv);
    given.root('qmgr', '-c', 'set server scheduling = True');
    await given.advance(60_000);
    const findings = await given.until(given.driver.examine(seats, queues, never));
    expect(findings.filter((finding) => finding.level !== 'ok')).toEqual([]);
    expect(findings.map((finding) => finding.what)).toEqual([
      expect.stringContaining('TORQUE 4.2.10'),
      expect.stringContaining('domus@*'),
      'scheduling is on',
      expect.stringContaining('600 s'),
      'auto_node_np is off',
      expect.stringContaining('all 2 seat(s)'),
      expect.stringContaining('all 2 queue(s)'),
    ]);
  });

  it('names everything that is wrong, each with what to do', async () => {
    const given = stage({ operators: ['bob@*'], unresolved: ['grid-02'] });
    given.root('qmgr', '-c', 'create node grid-01 np=2,properties=sl5');
    given.root('pbsnodes', '-o', '-N', 'domus: at rest', 'grid-01');
    given.root('qmgr', '-c', 'set server scheduling = False');
    given.root('qmgr', '-c', 'set server scheduler_iteration = 3600');
    given.root('qmgr', '-c', 'set server auto_node_np = True');
    for (const line of ['create queue grid', 'set queue grid queue_type = Execution', 'set queue grid resources_default.neednodes = sl6'])
      given.root('qmgr', '-c', line);
    const findings = await given.until(given.driver.examine(seats, queues, never));
    const wrong = findings.filter((finding) => finding.level !== 'ok');
    expect(wrong.every((finding) => finding.remedy !== undefined)).toBe(true);
    expect(wrong.map((finding) => `${finding.level}: ${finding.what}`)).toEqual([
      'error: user domus is neither among the operators nor the managers of the batch server',
      'warning: scheduling is off: no job starts, and Domus never switches it on',
      'warning: the scheduler cycles only every 3600 s (scheduler_iteration)',
      'error: auto_node_np is on: it overwrites the np that Domus sets',
      'error: seat grid-01 lacks the property grid',
      'warning: seat grid-01 rests with np 2, not 8: wide jobs may be refused',
      'error: seat grid-02 is not listed in the batch server',
      'error: seat grid-02 does not resolve on this machine',
      'warning: queue grid accepts no jobs (enabled = False)',
      'warning: queue grid starts no jobs (started = False)',
      'error: queue short does not exist',
    ]);
  });

  it('can prove that we are manager by what a job shows; an operator sees what everybody sees', async () => {
    for (const [options, expected] of [
      [{ user: 'root' }, 'ok: we are manager (operator would do): the server shows us what it shows to managers only'],
      [{}, 'ok: user domus is listed as operator or manager (domus@*); whether this machine is meant, the first change will show'],
      [{ operators: ['bob@*'] }, 'error: user domus is neither among the operators nor the managers of the batch server'],
    ] as const) {
      const given = stage(options);
      for (const line of ['create queue grid', 'set queue grid queue_type = Execution', 'set queue grid enabled = True', 'create node wn01 np=2'])
        given.root('qmgr', '-c', line);
      given.core.run(['qsub', '-q', 'grid', '-l', 'nodes=1:ppn=2'], { user: 'alice', stdin: 'sleep 60\n' });
      expect(await levels(given)).toContain(expected);
    }
  });

  it("compares a queue's default property only for a manager: others are not shown it", async () => {
    for (const [user, expected] of [
      ['root', true],
      ['domus', false],
    ] as const) {
      const given = stage({ user });
      for (const line of ['create queue grid queue_type=Execution', 'set queue grid resources_default.neednodes = sl6']) given.root('qmgr', '-c', line);
      const found = await levels(given);
      expect(found.includes("error: the default property of queue grid (resources_default.neednodes) is sl6, its environment's is sl5")).toBe(expected);
    }
  });

  it('says what it cannot ask', async () => {
    const given = stage({ bare: true });
    const found = await levels(given);
    expect(found).toContainEqual(expect.stringContaining('warning: whether we are operator cannot be told'));
    expect(found).toContainEqual(expect.stringContaining('warning: whether the seats resolve could not be asked'));
  });

  it('is one error when the server does not answer', async () => {
    const given = stage();
    given.core.trouble.refuse = true;
    expect(await given.until(given.driver.examine(seats, queues, never))).toMatchObject([
      { level: 'error', what: expect.stringContaining('unreachable'), remedy: expect.any(String) },
    ]);
  });
});
