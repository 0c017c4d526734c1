import { beforeAll, describe, expect, it } from 'vitest';
import { fromBytes, toBytes } from '../../../src/sim/batch/bytes.js';
import { folded } from '../../../src/sim/batch/print-job.js';
import { foldedStatus } from '../../../src/sim/batch/qmgr-print.js';
import { Lab, recorded, seconds } from './given.js';

const at = (epochSeconds: number): number => seconds(epochSeconds);

/** The queues, nodes and jobs of the recording, submitted at the recorded seconds by the recorded commands. */
async function recordedLab(): Promise<Lab> {
  const lab = new Lab({ managers: ['root'], operators: ['root'] }, at(1795233666));
  lab.qmgr(
    'create queue sl5',
    'set queue sl5 queue_type = Execution',
    'set queue sl5 resources_default.neednodes = sl5',
    'set queue sl5 resources_default.walltime = 01:00:00',
    'set queue sl5 enabled = True, started = True',
    'create queue sl6',
    'set queue sl6 queue_type = Execution',
    'set queue sl6 max_running = 10',
    'set queue sl6 resources_default.neednodes = sl6',
    'set queue sl6 enabled = True',
    'set queue sl6 started = True',
    'create queue any queue_type=e',
    'set queue any enabled = true',
    'set queue any started = t',
    'create queue stopped queue_type=Execution,enabled=True,started=False',
    'create queue route queue_type = Route',
    'set queue route route_destinations = sl5',
    'set queue route route_destinations += sl6',
    'set queue route enabled = True',
    'set queue route started = True',
    'set server scheduling = False',
    'set server acl_roots = root@*',
    'set server default_queue = any',
    'set server log_level = 3',
    'create node wn01.example.org np=2,properties=sl5',
    'create node wn02.example.org np=2,properties=sl5',
    'create node wn03.example.org np=4,properties=sl6',
    'set node wn03.example.org properties += bigmem',
  );
  const submit = (...args: string[]): void => {
    const { exit, stderr } = lab.run(['qsub', ...args, 'j.sh'], 'alice', '#!/bin/sh\nsleep 300\n');
    if (exit !== 0) throw new Error(stderr);
  };
  await lab.pass(at(1795233750) - lab.clock.now());
  submit('-q', 'sl5', '-N', 'plain');
  submit('-q', 'any', '-l', 'nodes=2:ppn=2:sl5', '-N', 'multinode');
  submit('-q', 'any', '-l', 'nodes=1:ppn=4:sl6:bigmem', '-l', 'walltime=02:00:00,mem=2gb,pmem=500mb,vmem=4gb', '-N', 'props');
  submit('-q', 'any', '-l', 'procs=3', '-N', 'procs');
  await lab.pass(1000);
  submit('-q', 'any', '-l', 'nodes=1:sl5+1:ppn=2:sl6', '-N', 'plus');
  submit('-q', 'any', '-h', '-N', 'held');
  submit('-q', 'any', '-a', '203001010000', '-N', 'waiting');
  submit('-q', 'sl6', '-A', 'acct42', '-W', 'x=FLAGS:RESTARTABLE', '-l', 'feature=foo', '-N', 'acct');
  submit('-q', 'sl5', '-N', 'depparent');
  submit('-q', 'sl5', '-W', 'depend=afterok:8.torque.example.org', '-N', 'depchild');
  submit('-q', 'sl5', '-t', '1-5', '-N', 'arr');
  submit('-q', 'sl5', '-t', '1-10%2', '-N', 'arrlimit');
  submit('-q', 'any', '-N', 'we<ird&"x');
  submit('-q', 'any', '-N', 'xml1', '-v', 'A=<tag>&amp;&,B=say "hi",C=it\'s,D=a]]>b');
  submit('-q', 'any', '-N', 'xml2', '-v', 'UML=Grüße €,NL=line1\nline2,TAB=a\tb');
  submit('-q', 'any', '-N', 'ctrl', '-v', fromBytes(Buffer.from('453d1b5b33316d2c463d01782c473d80ff626164', 'hex')));
  submit('-q', 'any', '-V', '-N', 'bigV');
  lab.qmgr('set server next_job_number = 20');
  lab.core.server.nextRank = 34;
  await lab.pass(4000);
  submit('-q', 'route', '-N', 'routed');
  return lab;
}

describe('the emulated 4.2.10, given what was recorded of a real one', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await recordedLab();
  });
  const printed = (argv: string[], user: string): string => toBytes(lab.run(argv, user).stdout).toString('latin1');
  const same = (argv: string[], user: string, file: string): void => {
    const [ours, theirs] = [printed(argv, user), recorded(file).toString('latin1')];
    expect(ours.split(/(?=<Job>)|\n(?=\S)/)).toEqual(theirs.split(/(?=<Job>)|\n(?=\S)/));
    expect(ours).toBe(theirs);
  };

  it('prints the same bytes of qstat -x for a user, raw control characters and all', () => same(['qstat', '-x'], 'alice', 'qstat-x-queued-mix.xml'));
  it('shows managers neednodes, substate and rank as recorded', () => same(['qstat', '-x'], 'root', 'qstat-x-queued-mix-as-root.xml'));
  it('prints the elements of arrays as recorded with -t -x', () => same(['qstat', '-t', '-x'], 'alice', 'qstat-t-x-arrays.xml'));
  it('prints the plain table as recorded', () => same(['qstat', '-t'], 'alice', 'qstat-t-arrays.txt'));
  it('prints qstat -a as recorded', () => same(['qstat', '-a'], 'alice', 'qstat-a.txt'));
  it('prints qstat -n -1 as recorded', () => same(['qstat', '-n', '-1'], 'alice', 'qstat-n-1.txt'));
  it('prints qstat -f as recorded, folded lines and all', () => same(['qstat', '-f'], 'alice', 'qstat-f.txt'));
  it('prints the server and its queues as directives as recorded', () => same(['qmgr', '-c', 'print server'], 'root', 'qmgr-print-server.txt'));
  it('prints the queue tables in the recorded columns', () => {
    const columns = (text: string): string[] => text.split('\n').map((line) => line.replace(/[a-z]\w*/g, 'x').replace(/\d+/g, (n) => n.replace(/\d/g, '9')));
    const rows = (text: string): Map<string, number> => new Map(text.split('\n').map((line) => [line.slice(0, 8).trim(), line.length]));
    expect(columns(printed(['qstat', '-Q'], 'alice')).slice(0, 2)).toEqual(columns(recorded('qstat-Q.txt').toString()).slice(0, 2));
    expect(rows(printed(['qstat', '-Q'], 'alice'))).toEqual(rows(recorded('qstat-Q.txt').toString()));
    expect(rows(printed(['qstat', '-q'], 'alice'))).toEqual(rows(recorded('qstat-q.txt').toString()));
    expect(rows(printed(['qstat', '-B'], 'alice'))).toEqual(rows(recorded('qstat-Bx.txt').toString()));
  });
  it('ignores -x with -Q and -B', () => {
    for (const what of ['-Q', '-B']) expect(printed(['qstat', what, '-x'], 'alice')).toBe(printed(['qstat', what], 'alice'));
    expect(printed(['qstat', '-Qfx'], 'alice')).toBe(printed(['qstat', '-Qf'], 'alice'));
  });
  it('lists full queues with the recorded attributes in the recorded order', () => {
    const names = (text: string): string[] => text.split('\n').map((line) => line.replace(/ = .*/, ' ='));
    const blocks = (text: string): string[] =>
      text
        .split('\n\n')
        .filter((block) => block.startsWith('Queue: '))
        .sort();
    const tidy = (text: string): string[][] =>
      blocks(text).map((block) => names(block).filter((name) => !name.includes('resources_assigned') && !name.startsWith('\t')));
    expect(tidy(printed(['qstat', '-Qf'], 'root'))).toEqual(tidy(recorded('qstat-Qf.txt').toString()));
  });
});

describe('folding', () => {
  const unfoldedOf = (file: string): { name: string; lines: string }[] =>
    recorded(file)
      .toString('latin1')
      .split(/\n(?=\S|\n| {4}\S|\t\S)/)
      .map((lines) => ({ name: '', lines }));

  it('breaks the lines of qstat -Qf and -Bf where the recorded ones are broken', () => {
    for (const file of ['qstat-Qf.txt', 'qstat-Bf.txt', 'v6-qstat-Qf.txt']) {
      const text = recorded(file).toString('latin1');
      const unfolded = text.replace(/\n\t/g, '');
      expect(unfolded.split('\n').map(folded).join('\n')).toBe(text);
    }
  });

  it('breaks a status of qmgr list where the recorded one is broken', () => {
    const [status] = unfoldedOf('qmgr-list-node-default.txt').filter(({ lines }) => lines.startsWith('\tstatus'));
    const text = status?.lines ?? '';
    expect(foldedStatus('status', text.replace(/\n {17}/g, '').replace('\tstatus = ', ''))).toBe(text);
  });
});
