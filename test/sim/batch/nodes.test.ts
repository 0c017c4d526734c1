import { describe, expect, it } from 'vitest';
import { Lab, minutes, recorded, seconds } from './given.js';

/** Names of elements in order, without the values. */
const shape = (xml: string): string[] => xml.split(/(?=<Node>)/).map((node) => [...node.matchAll(/<(\/?\w+)>/g)].map((m) => m[1]).join(' '));
/** Keys of a `<status>`, in order. */
const statusKeys = (xml: string): string[] =>
  (/<status>(.*?)<\/status>/.exec(xml)?.[1] ?? '')
    .split(/,(?=\w+=)/)
    .map((item) => item.replace(/=.*/, ''))
    .filter((key) => key !== 'sessions');

describe('nodes of the emulated 4.2.10', () => {
  it('says that there is no node list when there is none, and exits 1', () => {
    const { exit, stdout, stderr } = new Lab().say('pbsnodes -x');
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    expect(`${stderr}`).toBe(recorded('pbsnodes-x-no-nodes.stderr').toString());
  });

  it('leaves a created node down,offline, and offline once its mom reports, until somebody clears it', async () => {
    const lab = new Lab();
    lab.qmgr('create node wn01.example.org np=2,properties=sl5', 'create node wn02.example.org np=2,properties=sl5');
    lab.qmgr('create node wn03.example.org np=4', 'set node wn03.example.org properties = sl6', 'set node wn03.example.org properties += bigmem');
    expect(lab.say('pbsnodes -x').stdout).toBe(recorded('pbsnodes-x-3-never-reported.xml').toString());
    expect(lab.say('pbsnodes -a').stdout).toBe(recorded('pbsnodes-a-3-never-reported.txt').toString());
    for (const name of ['wn01', 'wn02', 'wn03']) lab.core.momUp(`${name}.example.org`, { cores: 2, usersResolve: true });
    await lab.pass(seconds(90));
    const xml = lab.say('pbsnodes -x').stdout;
    const theirs = recorded('pbsnodes-x-3-offline-after-create-mom-up.xml').toString();
    expect(shape(xml)).toEqual(shape(theirs));
    expect(statusKeys(xml)).toEqual(statusKeys(theirs));
    expect(lab.nodeState('wn01.example.org')).toBe('offline');
    lab.say('pbsnodes -c wn01.example.org wn02.example.org wn03.example.org');
    expect(lab.nodeState('wn01.example.org')).toBe('free');
    expect(shape(lab.say('pbsnodes -x').stdout)).toEqual(shape(recorded('pbsnodes-x-free.xml').toString()));
  });

  it('prints busy, dead and annotated nodes with the recorded elements', async () => {
    const lab = new Lab();
    lab.queue('grid', 'sl5');
    lab.worker('wn01.example.org', 2, 'sl5');
    lab.worker('wn02.example.org', 2, 'sl5');
    lab.submit(['-l', 'nodes=2:ppn=2']);
    await lab.pass(seconds(1));
    expect(lab.say('pbsnodes -x').stdout).toContain(`<jobs>0/0.torque.example.org,1/0.torque.example.org</jobs>`);
    expect(lab.nodeState('wn01.example.org')).toBe('job-exclusive');
    expect(shape(lab.say('pbsnodes -x wn01.example.org').stdout)[1]).toBe(
      `${shape(recorded('pbsnodes-x-job-exclusive.xml').toString())[1]?.replace(/ ?\/Data$/, '')} /Data`,
    );
    lab.run(['pbsnodes', '-o', '-N', 'draining: <vm> & "quote"', 'wn02.example.org']);
    expect(lab.say('pbsnodes -x wn02.example.org').stdout).toContain('<note>draining: &lt;vm&gt; &amp; &quot;quote&quot;</note>');
    lab.run(['pbsnodes', '-c', '-N', '', 'wn02.example.org']);
    expect(lab.say('pbsnodes -x wn02.example.org').stdout).not.toContain('<note>');
    expect(lab.say('pbsnodes -l').stdout).toBe('');
  });

  it('knows a node by its exact name only', () => {
    const lab = new Lab();
    lab.qmgr('create node wn03.example.org np=1');
    expect(lab.say('pbsnodes -x wn03')).toMatchObject({ exit: 1, stderr: 'pbsnodes: Unknown node  MSG=cannot locate specified node\n' });
  });

  it('exits 0 when it does not set a node offline', () => {
    const lab = new Lab();
    lab.worker('wn01', 2);
    expect(lab.say('pbsnodes -o wn01', 'alice').exit).toBe(0);
    lab.core.trouble.lie = 'offline-ignored';
    expect(lab.say('pbsnodes -o wn01')).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect(lab.nodeState('wn01')).toBe('free');
  });

  it('accepts a mom that was there before its node some seconds after the node was made', async () => {
    const lab = new Lab();
    lab.core.momUp('wn01', { cores: 2, usersResolve: true });
    lab.qmgr('create node wn01 np=2');
    lab.say('pbsnodes -c wn01');
    await lab.pass(seconds(5));
    expect(lab.nodeState('wn01')).toBe('down');
    await lab.pass(seconds(5));
    expect(lab.nodeState('wn01')).toBe('free');
  });

  it('flaps to down once, for about 15 s, within the first minute after a clear', async () => {
    const lab = new Lab({ flapAfterClear: true });
    lab.qmgr('create node wn01 np=2');
    lab.core.momUp('wn01', { cores: 2, usersResolve: true });
    const downSeconds = async (): Promise<number> => {
      lab.say('pbsnodes -c wn01');
      let down = 0;
      for (let second = 0; second < 120; second++) {
        await lab.pass(seconds(1));
        if (lab.nodeState('wn01') === 'down') down += 1;
      }
      return down;
    };
    const first = await downSeconds();
    expect(first).toBeGreaterThan(10);
    expect(first).toBeLessThan(20);
    lab.say('pbsnodes -o wn01');
    expect(await downSeconds()).toBe(0);
  });

  it('overwrites np with the cores of the mom where auto_node_np is set', async () => {
    const lab = new Lab();
    lab.worker('wn01', 4, 'env', { cores: 2 });
    await lab.pass(minutes(2));
    expect(lab.say('pbsnodes -x wn01').stdout).toContain('<np>4</np>');
    lab.qmgr('set server auto_node_np = True');
    await lab.pass(seconds(50));
    expect(lab.say('pbsnodes -x wn01').stdout).toContain('<np>2</np>');
    lab.qmgr('set node wn01 np = 4');
    await lab.pass(seconds(50));
    expect(lab.say('pbsnodes -x wn01').stdout).toContain('<np>2</np>');
  });

  it('lets np go below what a running job uses, and keeps the node job-exclusive', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 4);
    const id = lab.submit(['-l', 'nodes=1:ppn=4']);
    await lab.pass(seconds(1));
    lab.qmgr('set node wn01 np = 2');
    expect(lab.nodeState('wn01')).toBe('job-exclusive');
    expect(lab.state(id)).toBe('R');
  });
});

describe('a dead worker of the emulated 4.2.10', () => {
  const dead = async (): Promise<{ lab: Lab; id: string }> => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    const id = lab.submit(['-l', 'nodes=1']);
    await lab.pass(minutes(1));
    expect(lab.state(id)).toBe('R');
    lab.core.momDown('wn01');
    return { lab, id };
  };

  it('is shown free with its job for 150 to 300 s after its last report, then down with its job', async () => {
    const { lab, id } = await dead();
    const last = Number(/rectime=(\d+)/.exec(lab.say('pbsnodes -x').stdout)?.[1]);
    await lab.pass(seconds(last + 149) - lab.clock.now());
    expect(lab.nodeState('wn01')).toBe('job-exclusive');
    expect(lab.say('pbsnodes -x').stdout).toContain(`rectime=${last}`);
    await lab.pass(seconds(152));
    expect(lab.nodeState('wn01')).toBe('down,job-exclusive');
    expect(lab.say('pbsnodes -x').stdout).toContain(`<jobs>0/${id}</jobs>`);
    await lab.pass(minutes(30));
    expect(lab.state(id)).toBe('R');
  });

  it('keeps its job through qdel, gives it up to qrerun -f, and blocks qrerun for five minutes', async () => {
    const { lab, id } = await dead();
    expect(lab.say(`qdel ${id}`)).toMatchObject({ exit: 224, stderr: `qdel: Server could not connect to MOM ${id}\n` });
    expect(lab.state(id)).toBe('R');
    expect(lab.say(`qrerun ${id}`)).toMatchObject({ exit: 237, blocksMs: 300_000 });
    expect(lab.say(`qrerun -f ${id}`)).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect(lab.state(id)).toBe('Q');
    expect(lab.core.facts().jobs[0]).toMatchObject({ starts: 1, runs: [{ why: 'killed by node loss' }] });
  });

  it('loses its job to qdel -p without a trace', async () => {
    const { lab, id } = await dead();
    expect(lab.say(`qdel -p ${id}`).exit).toBe(0);
    expect(lab.say(`qstat ${id}`).exit).toBe(153);
    expect(lab.say('qstat -x').stdout).toBe('');
  });

  it('makes the job vanish within minutes when it is back with an empty spool', async () => {
    const { lab, id } = await dead();
    lab.core.momUp('wn01', { cores: 1, usersResolve: true });
    await lab.pass(seconds(50));
    expect(lab.state(id)).toBe('R');
    await lab.pass(minutes(7));
    expect(lab.state(id)).not.toBe('R');
    expect(lab.core.facts()).toMatchObject({ lost: 1, completed: 0 });
  });

  it('runs a job that was requeued in time again, once', async () => {
    const { lab, id } = await dead();
    lab.say(`qrerun -f ${id}`);
    lab.core.momUp('wn01', { cores: 1, usersResolve: true });
    await lab.pass(minutes(30));
    expect(lab.core.facts()).toMatchObject({ lost: 0, completed: 1, runTwice: 0, killedByNodeLoss: 1 });
    expect(lab.core.facts().jobs[0]?.starts).toBe(2);
  });

  it('is given jobs while it is still shown free, which come back into the queue', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    await lab.pass(minutes(1));
    lab.core.momDown('wn01');
    const id = lab.submit([]);
    await lab.pass(seconds(2));
    expect(lab.state(id)).toBe('R');
    await lab.pass(seconds(30));
    expect(lab.state(id)).toBe('Q');
    expect(lab.core.facts().jobs[0]?.starts).toBe(0);
  });

  it('may be deleted with its job on it, which stays R until the server is restarted', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    lab.worker('wn02', 1);
    const id = lab.submit(['-l', 'nodes=1']);
    await lab.pass(seconds(1));
    expect(lab.run(['qmgr', '-c', 'delete node wn01']).exit).toBe(0);
    lab.core.momDown('wn01');
    expect(lab.state(id)).toBe('R');
    expect(lab.say('qstat -x').stdout).toContain('<exec_host>wn01/0</exec_host>');
    expect(lab.say(`qdel ${id}`).exit).toBe(224);
    lab.core.restart();
    expect(lab.state(id)).toBe('C');
  });
});

describe('sister moms of the emulated 4.2.10', () => {
  const twoNodes = async (restart: boolean): Promise<string | undefined> => {
    const lab = new Lab();
    lab.queue();
    lab.qmgr('create node wn01 np=1,properties=env', 'create node wn02 np=1,properties=env');
    if (restart) lab.core.restart();
    lab.say('pbsnodes -c wn01 wn02');
    for (const name of ['wn01', 'wn02']) lab.core.momUp(name, { cores: 1, usersResolve: true });
    await lab.pass(minutes(1));
    const id = lab.submit(['-l', 'nodes=2'], 'sleep 10\n');
    await lab.pass(seconds(30));
    if (lab.state(id) === 'R') {
      expect(lab.say(`qdel ${id}`).exit).toBe(0);
      expect(lab.state(id)).toBe('R');
    }
    return lab.state(id);
  };
  it('do not know each other when they started right after the nodes were made: the job hangs through qdel', async () =>
    expect(await twoNodes(false)).toBe('R'));
  it('know each other when the server was restarted in between', async () => expect(await twoNodes(true)).toBe('C'));
});

describe('nodes of the emulated 6.1.3', () => {
  it('go from MOM-list-not-sent to down by themselves and are free when the mom reports', async () => {
    const lab = new Lab({ version: '6.1.3' });
    for (const name of ['wn01', 'wn02', 'wn03', 'wn04']) lab.qmgr(`create node ${name}.example.org np=2,properties=sl5`);
    lab.qmgr('set node wn03.example.org np = 4', 'set node wn03.example.org properties = "sl6,bigmem"');
    expect(lab.say('pbsnodes -x').stdout).toBe(recorded('v6-pbsnodes-x-just-created.xml').toString());
    lab.core.momUp('wn01.example.org', { cores: 2, usersResolve: true });
    await lab.pass(seconds(11));
    expect(lab.nodeState('wn02.example.org')).toBe('down');
    await lab.pass(seconds(6));
    expect(lab.nodeState('wn01.example.org')).toBe('free');
  });

  it('print slots as ranges and keep power_state and rectime where they were recorded', async () => {
    const lab = new Lab({ version: '6.1.3' });
    lab.queue();
    lab.worker('wn01.example.org', 4);
    await lab.pass(seconds(20));
    lab.submit(['-l', 'nodes=1:ppn=2']);
    lab.submit(['-l', 'nodes=1:ppn=1']);
    await lab.pass(seconds(1));
    const xml = lab.say('pbsnodes -x').stdout;
    const theirs = recorded('v6-pbsnodes-x-jobs.xml').toString();
    expect(xml).toContain('<jobs>0-1/0.torque.example.org,2/1.torque.example.org</jobs>');
    expect(shape(xml)[1]).toBe(`${shape(theirs)[1]} /Data`);
    expect(statusKeys(xml)).toEqual(statusKeys(theirs));
    expect(lab.say('qstat -x').stdout).toContain('<exec_host>wn01.example.org/0-1</exec_host>');
  });

  it('are none: exit 2', () => expect(new Lab({ version: '6.1.3' }).say('pbsnodes -x')).toEqual({ exit: 2, stdout: '', stderr: 'pbsnodes: No nodes found\n' }));
});
