import { describe, expect, it } from 'vitest';
import { Lab, minutes, recorded, seconds } from './given.js';

/** The elements of each job in order, by the job's name; without those that come and go with what a scheduler says or a mom last reported. */
function shapes(xml: string): Map<string, string> {
  const passing = new Set(['comment', 'resources_used', 'cput', 'mem', 'vmem', 'Walltime', 'Remaining', 'session_id']);
  const jobs = xml.split(/(?=<Job>)/).slice(1);
  return new Map(
    jobs.map((job) => [
      /<Job_Name>(.*?)<\/Job_Name>/.exec(job)?.[1] ?? '',
      [...job.matchAll(/<(\w+)>/g)]
        .map((m) => m[1] ?? '')
        .filter((name) => !passing.has(name))
        .join(' '),
    ]),
  );
}
const text = (file: string): string => recorded(file).toString('latin1');

describe('the documents of the emulated 6.1.3', () => {
  async function mixed(): Promise<Lab> {
    const lab = new Lab({ version: '6.1.3' });
    lab.queue('sl5', 'sl5');
    lab.qmgr(
      'set queue sl5 resources_default.walltime = 01:00:00',
      'create queue any queue_type=Execution,enabled=True,started=True',
      'set server default_queue = any',
    );
    lab.worker('wn01.example.org', 2, 'sl5');
    lab.worker('wn02.example.org', 2, 'sl5');
    lab.worker('wn03.example.org', 4, 'sl6');
    await lab.pass(seconds(30));
    const submit = (...args: string[]): void => {
      const { exit, stderr } = lab.run(['qsub', ...args, 'j.sh'], 'alice', 'sleep 3600\n');
      if (exit !== 0) throw new Error(stderr);
    };
    submit('-q', 'sl5', '-l', 'nodes=2:ppn=2', '-N', 'multi');
    submit('-q', 'sl5', '-l', 'nodes=1:ppn=2', '-N', 'nn3');
    await lab.pass(seconds(2));
    submit('-q', 'sl5', '-N', 'plain');
    submit('-q', 'any', '-h', '-N', 'held');
    submit('-q', 'any', '-a', '203001010000', '-N', 'waiting');
    submit('-q', 'sl5', '-t', '1-5%2', '-N', 'arr');
    submit('-W', 'depend=afterok:0', '-N', 'child');
    await lab.pass(seconds(2));
    return lab;
  }

  it('have the recorded elements in the recorded order, for managers, users and elements of arrays', async () => {
    const lab = await mixed();
    for (const [command, user, file] of [
      ['qstat -x', 'root', 'v6-qstat-x-mix.xml'],
      ['qstat -x', 'alice', 'v6-qstat-x-mix-as-user.xml'],
      ['qstat -t -x', 'root', 'v6-qstat-t-x.xml'],
    ] as const) {
      const [ours, theirs] = [lab.say(command, user).stdout, text(file)];
      expect(ours.startsWith('<?xml version="1.0"?>\n<Data><Job>')).toBe(theirs.startsWith('<?xml version="1.0"?>\n<Data><Job>'));
      const [our, their] = [shapes(ours), shapes(theirs)];
      expect(our.size).toBeGreaterThan(6);
      for (const [name, shape] of our) expect([name, shape]).toEqual([name, their.get(name)]);
    }
  });

  it('write the two-node job, its limit and its array as recorded', async () => {
    const xml = (await mixed()).say('qstat -x').stdout;
    for (const piece of [
      '<exec_host>wn02.example.org/0-1+wn01.example.org/0-1</exec_host>',
      '<Resource_List><nodes>2:ppn=2</nodes><nodect>2</nodect><neednodes>2:ppn=2</neednodes><walltime>01:00:00</walltime></Resource_List>',
      '<job_array_request>1-5%2</job_array_request>',
    ]) {
      expect(text('v6-qstat-x-mix.xml')).toContain(piece);
      expect(xml).toContain(piece);
    }
  });
});

describe('running and completed jobs of the emulated 4.2.10', () => {
  it('have the recorded elements in the recorded order', async () => {
    const lab = new Lab();
    lab.queue('sl5', 'sl5');
    lab.qmgr('set queue sl5 resources_default.walltime = 01:00:00');
    lab.worker('wn01.example.org', 2, 'sl5');
    lab.worker('wn02.example.org', 2, 'sl5');
    lab.core.restart();
    await lab.pass(seconds(30));
    const running = lab.run(['qsub', '-q', 'sl5', '-N', 'plain', 'j.sh'], 'alice', 'sleep 60\n').stdout.trim();
    await lab.pass(seconds(2));
    expect(shapes(lab.say(`qstat -x ${running}`, 'alice').stdout).get('plain')).toBe(shapes(text('qstat-x-one-running.xml')).get('plain'));
    await lab.pass(minutes(3));
    const wide = lab.run(['qsub', '-q', 'sl5', '-l', 'nodes=2:ppn=2', '-N', 'proepi', '-A', 'acc1', 'j.sh'], 'alice', 'sleep 11\nexit 7\n').stdout.trim();
    await lab.pass(seconds(20));
    const [ours, theirs] = [lab.say(`qstat -x ${wide}`).stdout, text('qstat-x-completed.xml')];
    expect(shapes(ours).get('proepi')).toBe(shapes(theirs).get('proepi'));
    const exec =
      '<exec_host>wn01.example.org/0+wn01.example.org/1+wn02.example.org/0+wn02.example.org/1</exec_host><exec_port>15003+15003+15003+15003</exec_port>';
    expect(theirs).toContain(exec);
    expect(ours).toContain(exec);
  });

  it('that were deleted before they ran are complete without an exit status', () => {
    const lab = new Lab();
    lab.queue();
    const id = lab.submit(['-h']);
    lab.say(`qdel ${id}`, 'alice');
    const xml = lab.say(`qstat -x ${id}`).stdout;
    expect(xml).toContain('<job_state>C</job_state>');
    expect(xml).not.toMatch(/exit_status|comp_time|exec_host/);
    expect(lab.core.facts().jobs[0]?.ended?.why).toBe('deleted');
  });

  it('that were deleted while they ran have exit status 271', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    const id = lab.submit([]);
    await lab.pass(seconds(2));
    lab.say(`qdel ${id}`, 'alice');
    expect(lab.exitStatus(id)).toBe(271);
    expect(lab.nodeState('wn01')).toBe('free');
  });
});
