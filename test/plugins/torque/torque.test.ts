import { describe, expect, it } from 'vitest';
import { plugin } from '../../../plugins/torque/index.js';
import { never, raised, stage } from './stage.js';

async function withNodes(...nodes: readonly string[]) {
  const given = stage();
  for (const node of nodes) {
    given.root('qmgr', '-c', `create node ${node} np=8,properties=env`);
    given.root('pbsnodes', '-o', '-N', 'domus: at rest', node);
  }
  await given.advance(60_000);
  return given;
}

describe('the driver and its commands', () => {
  it('serves many admissions of one turn with one qmgr and one pbsnodes -c', async () => {
    const { driver, until, said, stdins } = await withNodes('wn01', 'wn02', 'wn03');
    await until(Promise.all(['wn01', 'wn02', 'wn03'].map((node, i) => driver.admit({ node, np: i + 1 }, never))));
    expect(said).toEqual(['pbsnodes -x wn01 wn02 wn03', 'qmgr', 'pbsnodes -c -N  wn01 wn02 wn03', 'pbsnodes -x wn01 wn02 wn03']);
    expect(stdins).toEqual(['set node wn01 np = 1\nset node wn02 np = 2\nset node wn03 np = 3\n']);
  });

  it('changes nothing that is as it should be', async () => {
    const { driver, until, said } = await withNodes('wn01');
    await until(driver.withhold('wn01', 'domus: at rest', 8, never));
    expect(said).toEqual(['pbsnodes -x wn01', 'pbsnodes -x wn01']);
  });

  it('puts a node offline before it raises its np', async () => {
    const { driver, until, said, core } = await withNodes('wn01');
    core.momUp('wn01', { cores: 2, usersResolve: true });
    await until(driver.admit({ node: 'wn01', np: 2 }, never));
    said.length = 0;
    await until(driver.withhold('wn01', 'domus: idle', 8, never));
    expect(said.filter((command) => !command.startsWith('pbsnodes -x'))).toEqual(['pbsnodes -o -N domus: idle wn01', 'qmgr -c set node wn01 np = 8']);
  });

  it('has at most one list query in flight', async () => {
    const { driver, until, mostInFlight } = await withNodes('wn01');
    await until(Promise.all([driver.read(never), driver.readNode('wn01', never), driver.read(never), driver.admit({ node: 'wn01', np: 1 }, never)]));
    expect(mostInFlight()).toBe(1);
  });

  it('lets a caller go who waits for his turn, and no others', async () => {
    const { driver, until } = await withNodes('wn01');
    const stop = new AbortController();
    const first = driver.read(never);
    const second = raised(driver.read(stop.signal));
    const third = driver.read(never);
    stop.abort();
    expect(await until(second)).toMatchObject({ kind: 'cancelled' });
    expect((await until(first)).nodes).toHaveLength(1);
    expect((await until(third)).nodes).toHaveLength(1);
  });

  it('gives up one admission of several without spoiling the others', async () => {
    const { driver, until } = await withNodes('wn01', 'wn02');
    const stop = new AbortController();
    const one = driver.admit({ node: 'wn01', np: 1 }, never);
    const two = raised(driver.admit({ node: 'wn02', np: 1 }, stop.signal));
    stop.abort();
    await until(one);
    expect(await two).toMatchObject({ kind: 'cancelled' });
    const snapshot = await until(driver.read(never));
    expect(snapshot.nodes.map((node) => node.states.includes('offline'))).toEqual([false, true]);
  });

  it('serves the same node asked for twice in order', async () => {
    const { driver, until } = await withNodes('wn01');
    await until(Promise.all([driver.admit({ node: 'wn01', np: 1 }, never), driver.admit({ node: 'wn01', np: 3 }, never)]));
    expect((await until(driver.read(never))).nodes[0]?.np).toBe(3);
  });

  it('says denied when it lacks the right, although pbsnodes exits 0', async () => {
    const given = stage({ user: 'alice' });
    given.root('qmgr', '-c', 'create node wn01 np=2');
    given.core.momUp('wn01', { cores: 2, usersResolve: true });
    given.root('pbsnodes', '-c', 'wn01');
    await given.advance(120_000);
    expect(await given.until(raised(given.driver.withhold('wn01', 'domus: idle', undefined, never)))).toMatchObject({ kind: 'denied' });
    given.root('pbsnodes', '-o', '-N', 'domus: idle', 'wn01');
    expect(await given.until(raised(given.driver.admit({ node: 'wn01', np: 2 }, never)))).toMatchObject({ kind: 'denied' });
    expect(await given.until(raised(given.driver.admit({ node: 'wn01', np: 1 }, never)))).toMatchObject({ kind: 'denied' });
    expect(await given.until(raised(given.driver.cycle(never)))).toMatchObject({ kind: 'denied' });
  });

  it('does not take np below the slots in use', async () => {
    const { driver, until, root, core, advance } = await withNodes('wn01');
    for (const line of ['create queue grid', 'set queue grid queue_type = Execution', 'set queue grid enabled = True', 'set queue grid started = True']) {
      root('qmgr', '-c', line);
    }
    root('qmgr', '-c', 'set server scheduling = True');
    core.momUp('wn01', { cores: 8, usersResolve: true });
    await until(driver.admit({ node: 'wn01', np: 8 }, never));
    await advance(60_000);
    core.run(['qsub', '-q', 'grid', '-l', 'nodes=1:ppn=4'], { user: 'alice', stdin: 'sleep 3600\n' });
    await advance(60_000);
    expect(await until(raised(driver.admit({ node: 'wn01', np: 2 }, never)))).toMatchObject({ kind: 'busy' });
    expect(await until(raised(driver.withhold('wn01', 'domus: idle', 2, never)))).toMatchObject({ kind: 'busy' });
    expect((await until(driver.read(never))).nodes[0]).toMatchObject({ np: 8, note: '' });
  });

  it('lets no strange name near a command', async () => {
    const { driver, until, said } = await withNodes('wn01');
    for (const node of ['wn01 wn02', '-c', 'wn01\ndelete node wn01', '']) {
      expect(await until(raised(driver.admit({ node, np: 1 }, never)))).toMatchObject({ kind: 'refused' });
      expect(await until(raised(driver.withhold(node, 'domus: x', 1, never)))).toMatchObject({ kind: 'refused' });
      expect(await until(raised(driver.readNode(node, never)))).toMatchObject({ kind: 'refused' });
    }
    expect(await until(raised(driver.requeue('all', never)))).toMatchObject({ kind: 'refused' });
    expect(said).toEqual([]);
  });

  it('leaves the word of a person on an online node', async () => {
    const { driver, until, root, core } = await withNodes('wn01');
    core.momUp('wn01', { cores: 2, usersResolve: true });
    await until(driver.admit({ node: 'wn01', np: 2 }, never));
    root('qmgr', '-c', 'set node wn01 note = "watch its fan"');
    await until(driver.admit({ node: 'wn01', np: 4 }, never));
    expect((await until(driver.read(never))).nodes[0]).toMatchObject({ np: 4, note: 'watch its fan' });
  });
});

describe('the driver and a server that misbehaves', () => {
  it('says unreachable when the server is stopped, and names trqauthd when that is', async () => {
    const given = await withNodes('wn01');
    given.core.trouble.refuse = true;
    const calls = () => [
      given.driver.read(never),
      given.driver.readNode('wn01', never),
      given.driver.admit({ node: 'wn01', np: 1 }, never),
      given.driver.withhold('wn01', 'domus: x', undefined, never),
      given.driver.cycle(never),
      given.driver.requeue('1.srv', never),
    ];
    for (const failure of await given.until(Promise.all(calls().map(raised)))) expect(failure).toMatchObject({ kind: 'unreachable' });
    given.core.trouble.refuse = false;
    given.core.trouble.trqauthdDown = true;
    for (const failure of await given.until(Promise.all(calls().map(raised)))) {
      expect(failure).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('trqauthd') });
    }
  });

  it('says garbled when half of an answer comes', async () => {
    const given = await withNodes('wn01');
    given.core.trouble.garble = true;
    expect(await given.until(raised(given.driver.read(never)))).toMatchObject({ kind: 'garbled' });
    expect(await given.until(raised(given.driver.readNode('wn01', never)))).toMatchObject({ kind: 'garbled' });
  });

  it('believes what it sees, not what the commands say', async () => {
    const given = await withNodes('wn01');
    given.core.trouble.lie = 'offline-ignored';
    expect(await given.until(raised(given.driver.admit({ node: 'wn01', np: 2 }, never)))).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('offline'),
    });
    given.core.trouble.lie = 'done-but-failed';
    // a doubtful np is never cleared upon; the next try finds it done
    expect(await given.until(raised(given.driver.admit({ node: 'wn01', np: 4 }, never)))).toMatchObject({ kind: 'uncertain' });
    await given.until(given.driver.admit({ node: 'wn01', np: 4 }, never));
    // nor is np raised upon a doubtful offline
    expect(await given.until(raised(given.driver.withhold('wn01', 'domus: idle', 8, never)))).toMatchObject({ kind: 'uncertain' });
    await given.until(given.driver.withhold('wn01', 'domus: idle', 8, never));
    given.core.trouble.lie = undefined;
    expect((await given.until(given.driver.read(never))).nodes[0]).toMatchObject({ np: 8, note: 'domus: idle' });
    given.core.trouble.lie = 'offline-ignored';
    given.root('pbsnodes', '-c', '-N', '', 'wn01');
    expect(await given.until(raised(given.driver.withhold('wn01', 'domus: again', undefined, never)))).toMatchObject({ kind: 'refused' });
  });

  it('says uncertain when it changed something and then cannot look', async () => {
    const given = await withNodes('wn01');
    const change = raised(given.driver.withhold('wn01', 'domus: idle', undefined, never));
    await given.advance(450); // it has looked, and the change is under way
    given.clock.at(given.clock.now() + 50, () => {
      given.core.trouble.refuse = true;
    });
    expect(await given.until(change)).toMatchObject({ kind: 'uncertain', message: expect.stringContaining('not seen') });
  });

  it('asks for the next only after a silent question was given up', async () => {
    const given = await withNodes('wn01');
    given.core.trouble.hang = true;
    const stop = new AbortController();
    const first = raised(given.driver.read(stop.signal));
    await given.advance(30_000);
    given.core.trouble.hang = false;
    const second = given.driver.read(never);
    await given.advance(30_000);
    expect(given.mostInFlight()).toBe(1);
    stop.abort();
    expect(await given.until(first)).toMatchObject({ kind: 'uncertain' });
    expect((await given.until(second)).nodes).toHaveLength(1);
  });
});

describe('the plugin', () => {
  it('takes an empty configuration and refuses what it does not know', () => {
    expect(plugin.config.safeParse({}).success).toBe(true);
    expect(plugin.config.safeParse({ server: 'torque.example.org:15001', bin: '/opt/torque/bin', readBackTries: 2 }).success).toBe(true);
    for (const wrong of [{ sever: 'x' }, { server: 'a b' }, { server: '-x' }, { bin: 'bin' }, { readBackTries: 0 }, 'torque', { server: '$(x)' }]) {
      const checked = plugin.config.safeParse(wrong);
      expect(checked.success, JSON.stringify(wrong)).toBe(false);
    }
  });
});
