import { describe, expect, it } from 'vitest';
import { Lab, minutes, seconds } from './given.js';

describe('a scheduling cycle', () => {
  it('is not started by clearing a node, but by telling the server that scheduling is on', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    lab.say('pbsnodes -o wn01');
    const id = lab.submit([]);
    await lab.pass(seconds(5));
    lab.say('pbsnodes -c wn01');
    await lab.pass(seconds(102));
    expect(lab.state(id)).toBe('Q');
    expect(lab.run(['qmgr', '-c', 'set server scheduling = True'], 'domus').exit).toBe(0);
    await lab.pass(seconds(1));
    expect(lab.state(id)).toBe('R');
  });

  it('comes by itself every scheduler_iteration', async () => {
    const lab = new Lab({ iterationMs: minutes(5) });
    lab.queue();
    lab.worker('wn01', 1);
    lab.say('pbsnodes -o wn01');
    const id = lab.submit([]);
    await lab.pass(seconds(1));
    lab.say('pbsnodes -c wn01');
    await lab.pass(minutes(4));
    expect(lab.state(id)).toBe('Q');
    await lab.pass(minutes(1));
    expect(lab.state(id)).toBe('R');
  });

  it('starts nothing while scheduling is off', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    lab.qmgr('set server scheduling = False');
    const id = lab.submit([]);
    await lab.pass(minutes(30));
    expect(lab.state(id)).toBe('Q');
  });

  it('follows the end of a job where it refills at once', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    lab.submit([], 'sleep 10\n');
    const second = lab.submit([]);
    await lab.pass(seconds(12));
    expect(lab.state(second)).toBe('R');
  });

  it('waits for its turn where it refills in cycles', async () => {
    const lab = new Lab({ refill: { cycleMs: seconds(30) } });
    lab.queue();
    lab.worker('wn01', 1);
    lab.submit([], 'sleep 10\n');
    const second = lab.submit([]);
    await lab.pass(seconds(28));
    expect(lab.state(second)).toBe('Q');
    await lab.pass(seconds(4));
    expect(lab.state(second)).toBe('R');
  });

  it('starts on 6.1.3 no job without nodes in a queue with neednodes, and none with procs, as measured', async () => {
    const started = async (version: '4.2.10' | '6.1.3', defaults: boolean, args: readonly string[]): Promise<string | undefined> => {
      const lab = new Lab({ version });
      lab.queue();
      if (defaults) lab.qmgr('set queue grid resources_default.nodes = 1:env');
      lab.worker('wn01', 4);
      await lab.pass(minutes(1));
      lab.say('pbsnodes -c wn01');
      const id = lab.submit(args);
      await lab.pass(minutes(1));
      return lab.state(id);
    };
    for (const [args, bare, set] of [
      [[], 'Q', 'R'],
      [['-l', 'mem=100mb'], 'Q', 'R'],
      [['-l', 'procs=2'], 'Q', 'Q'],
      [['-l', 'nodes=1:ppn=2'], 'R', 'R'],
    ] as const) {
      expect([await started('6.1.3', false, args), await started('6.1.3', true, args)], args.join(' ')).toEqual([bare, set]);
      expect(await started('4.2.10', false, args)).toBe('R');
    }
  });

  it('takes the oldest that fits, and passes over what does not unless it is strict', async () => {
    const order = async (strictFifo: boolean): Promise<string> => {
      const lab = new Lab({ strictFifo });
      lab.queue();
      lab.worker('wn01', 2);
      lab.submit(['-l', 'nodes=1:ppn=1']);
      const wide = lab.submit(['-l', 'nodes=1:ppn=2']);
      const narrow = lab.submit(['-l', 'nodes=1:ppn=1']);
      await lab.pass(seconds(2));
      return `${lab.state(wide)}${lab.state(narrow)}`;
    };
    expect(await order(false)).toBe('QR');
    expect(await order(true)).toBe('QQ');
  });

  it("uses the queue's neednodes only for jobs without -l nodes", async () => {
    const lab = new Lab();
    lab.queue('grid', 'sl5');
    lab.qmgr('create node old np=1,properties=sl5');
    lab.worker('wn02', 2, 'sl6');
    const byQueue = lab.submit([]);
    const byRequest = lab.submit(['-l', 'nodes=1']);
    await lab.pass(seconds(2));
    expect([lab.state(byQueue), lab.state(byRequest)]).toEqual(['Q', 'R']);
  });

  it('keeps max_running and queues that are not started', async () => {
    const lab = new Lab();
    lab.queue();
    lab.queue('shut');
    lab.worker('wn01', 8);
    lab.qmgr('set queue grid max_running = 2', 'set queue shut started = False');
    const ids = [1, 2, 3].map(() => lab.submit([]));
    const shut = lab.run(['qsub', '-q', 'shut'], 'bob', 'sleep 9\n').stdout.trim();
    await lab.pass(seconds(2));
    expect([...ids, shut].map((id) => lab.state(id)).join('')).toBe('RRQQ');
  });

  it('fills procs anywhere and nodes on distinct ones', async () => {
    const lab = new Lab();
    lab.queue();
    for (const name of ['wn01', 'wn02']) lab.worker(name, 2);
    lab.core.restart();
    await lab.pass(minutes(1));
    const procs = lab.submit(['-l', 'procs=3'], 'sleep 10\n');
    await lab.pass(seconds(2));
    expect(lab.say(`qstat -x ${procs}`).stdout).toContain('<exec_host>wn01/0+wn01/1+wn02/0</exec_host>');
    await lab.pass(seconds(20));
    const nodes = lab.submit(['-l', 'nodes=2']);
    await lab.pass(seconds(2));
    expect(lab.say(`qstat -x ${nodes}`).stdout).toContain('<exec_host>wn01/0+wn02/0</exec_host>');
  });

  it('takes milliseconds for 5,000 jobs and 100 nodes', async () => {
    const lab = new Lab();
    lab.queue();
    for (let n = 0; n < 100; n++) lab.worker(`wn${n}`, 4);
    for (let n = 0; n < 5000; n++) lab.submit(['-l', `nodes=1:ppn=${1 + (n % 4)}`], 'sleep 86400\n');
    await lab.pass(seconds(2));
    expect(lab.core.facts().byState.R).toBeGreaterThan(100);
    const before = process.cpuUsage();
    for (let n = 0; n < 20; n++) {
      lab.core.server.nodes.get(`wn${n}`)!.offline = false;
      lab.core.scheduler.cycle();
    }
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 20 / 1000).toBeLessThan(20);
  });
});
