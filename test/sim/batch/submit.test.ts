import { describe, expect, it } from 'vitest';
import { Lab, minutes, seconds } from './given.js';

const infeasible = 190;

function seats(): Lab {
  const lab = new Lab();
  lab.queue('grid', 'envx');
  lab.qmgr('set server scheduling = False');
  return lab;
}
const qsub = (lab: Lab, ...args: string[]): number => lab.run(['qsub', '-q', 'grid', ...args], 'alice', 'sleep 1\n').exit;

describe('what qsub accepts', () => {
  it('is a job without -l nodes even when no node is listed', () => expect(qsub(seats())).toBe(0));

  it('is refused with -l nodes when no node is listed, whatever nodect says', () => {
    const lab = seats();
    expect(qsub(lab, '-l', 'nodes=1')).toBe(infeasible);
    lab.qmgr('set server resources_available.nodect = 100');
    expect(qsub(lab, '-l', 'nodes=1')).toBe(infeasible);
  });

  it('is what an offline placeholder with its largest np and properties could carry', () => {
    const lab = seats();
    lab.qmgr('create node seat01 np=8,properties=envx');
    expect(qsub(lab, '-l', 'nodes=1:ppn=8:envx')).toBe(0);
    expect(qsub(lab, '-l', 'nodes=2:ppn=8:envx')).toBe(infeasible);
    expect(qsub(lab, '-l', 'nodes=1:envy')).toBe(infeasible);
    lab.qmgr('set node seat01 np = 2');
    expect(qsub(lab, '-l', 'nodes=1:ppn=4:envx')).toBe(infeasible);
    expect(qsub(lab, '-l', 'procs=3')).toBe(infeasible);
    expect(qsub(lab, '-l', 'procs=2')).toBe(0);
  });

  it('is, with resources_available.nodect, anything below the total np listed', () => {
    const lab = seats();
    lab.qmgr('create node a np=8,properties=envx', 'create node b np=8,properties=envx', 'set server resources_available.nodect = 100');
    expect(qsub(lab, '-l', 'nodes=1:ppn=12:envx')).toBe(0);
    expect(qsub(lab, '-l', 'nodes=1:futureprop')).toBe(0);
    expect(qsub(lab, '-l', 'nodes=1:ppn=17')).toBe(infeasible);
  });

  it('needs a distinct node for every part, found even where the first choice is wrong', () => {
    const lab = seats();
    lab.qmgr('create node a np=2', 'set node a properties = "x,y"', 'create node b np=2,properties=x');
    expect(qsub(lab, '-l', 'nodes=1:x+1:y')).toBe(0);
    expect(qsub(lab, '-l', 'nodes=1:y+1:y')).toBe(infeasible);
    expect(qsub(lab, '-l', 'nodes=b')).toBe(0);
  });

  it('counts what was refused', () => {
    const lab = seats();
    qsub(lab, '-l', 'nodes=1:nobody');
    expect(lab.core.facts()).toMatchObject({ refused: 1, submitted: 0 });
  });

  it('is taken from #PBS lines before the first command, and the command line wins', () => {
    const lab = seats();
    lab.qmgr('create node a np=8,properties=envx');
    const script = '#!/bin/sh\n#PBS -N fromscript -l nodes=1:ppn=4\n#PBS -l walltime=3600\necho\n#PBS -N late\nsleep 5\nexit 3\n';
    const id = lab.run(['qsub', '-q', 'grid', '-l', 'walltime=60'], 'alice', script).stdout.trim();
    const job = lab.core.server.jobs.get(id);
    expect(job).toMatchObject({ name: 'fromscript', runSeconds: 5, scriptExit: 3 });
    expect(Object.fromEntries(job?.resources ?? [])).toMatchObject({ nodes: '1:ppn=4', walltime: '00:01:00' });
  });
});

describe('a job that must wait', () => {
  it('stays held until it is released', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    const id = lab.submit(['-h']);
    await lab.pass(minutes(20));
    expect(lab.state(id)).toBe('H');
    expect(lab.say(`qrls ${id}`, 'alice').exit).toBe(0);
    await lab.pass(seconds(1));
    expect(lab.state(id)).toBe('R');
  });

  it('waits for its date', async () => {
    const lab = new Lab({}, Date.UTC(2026, 0, 5, 12, 0));
    lab.queue();
    lab.worker('wn01', 1);
    const id = lab.submit(['-a', '202601051300']);
    await lab.pass(minutes(59));
    expect(lab.state(id)).toBe('W');
    await lab.pass(minutes(2));
    expect(lab.state(id)).toBe('R');
  });

  it('goes after another that ends well, and is deleted when that one does not', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 2);
    const good = lab.submit([], 'sleep 10\n');
    const bad = lab.submit([], 'sleep 10\nexit 1\n');
    const child = lab.submit(['-W', `depend=afterok:${good}`]);
    const orphan = lab.submit(['-W', `depend=afterok:${bad}`]);
    const careless = lab.submit(['-W', `depend=afterany:${bad}:${good}`]);
    await lab.pass(seconds(5));
    expect([child, orphan, careless].map((id) => lab.state(id))).toEqual(['H', 'H', 'H']);
    await lab.pass(seconds(8));
    expect([child, orphan, careless].map((id) => lab.state(id))).toEqual(['R', 'C', 'R']);
  });

  it('of an array waits for the slot limit', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 8);
    const id = lab.submit(['-t', '1-5%2'], 'sleep 60\n');
    const states = (): string => [1, 2, 3, 4, 5].map((n) => lab.state(id.replace('[]', `[${n}]`)) ?? '-').join('');
    await lab.pass(seconds(1));
    expect(states()).toBe('RRHHH');
    await lab.pass(seconds(61));
    expect(states().slice(2)).toBe('RRH');
    await lab.pass(minutes(5));
    expect(lab.core.facts()).toMatchObject({ submitted: 5, completed: 5, byState: { R: 0, Q: 0, H: 0 } });
    expect(lab.say('qstat -x').stdout).toBe('');
  });
});

describe("a job's end", () => {
  it('is its script, and is shown for keep_completed', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    const id = lab.submit([], 'sleep 30\nexit 7\n');
    await lab.pass(seconds(40));
    expect(lab.say(`qstat -x ${id}`).stdout).toMatch(/<job_state>C<.*<exit_status>7</);
    await lab.pass(minutes(1));
    expect(lab.say(`qstat ${id}`).exit).toBe(153);
  });

  it('comes with its walltime', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    const id = lab.submit(['-l', 'walltime=00:00:10'], 'sleep 30\n');
    await lab.pass(seconds(12));
    expect(lab.exitStatus(id)).toBe(271);
  });

  it('comes sooner by the pace', async () => {
    const lab = new Lab({ pace: 10 });
    lab.queue();
    lab.worker('wn01', 1);
    const id = lab.submit([], '#LAB run=100\n');
    await lab.pass(seconds(9));
    expect(lab.state(id)).toBe('R');
    await lab.pass(seconds(2));
    expect(lab.state(id)).toBe('C');
  });

  it('is an abort where users do not resolve: the node stays free and eats the queue', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1, 'env', { usersResolve: false });
    const ids = [1, 2, 3].map(() => lab.submit([]));
    await lab.pass(minutes(3));
    expect(ids.map((id) => lab.core.facts().jobs.find((job) => job.id === id)?.ended)).toMatchObject([1, 2, 3].map(() => ({ why: 'aborted', exit: -1 })));
    expect(lab.nodeState('wn01')).toBe('free');
    expect(lab.core.facts()).toMatchObject({ lost: 3, completed: 0 });
  });

  it('is an abort after prologue exit 1, and a return to the queue after another', async () => {
    const lab = new Lab();
    lab.queue();
    let code = 1;
    lab.worker('wn01', 1, 'env', { prologueExit: () => code });
    const aborted = lab.submit([]);
    await lab.pass(seconds(5));
    expect([lab.state(aborted), lab.exitStatus(aborted)]).toEqual(['C', -2]);
    code = 2;
    const requeued = lab.submit([]);
    await lab.pass(seconds(5));
    expect([lab.state(requeued), lab.exitStatus(requeued)]).toEqual(['Q', -3]);
    expect(lab.nodeState('wn01')).toBe('free');
    code = 0;
    lab.qmgr('set server scheduling = True');
    await lab.pass(minutes(11));
    expect(lab.core.facts()).toMatchObject({ completed: 1, runTwice: 0 });
  });

  it('leaves the slots to the epilogue: still R', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1, 'env', { epilogueMs: 30_000 });
    const id = lab.submit([], 'sleep 10\n');
    await lab.pass(seconds(35));
    expect(lab.state(id)).toBe('R');
    expect(lab.nodeState('wn01')).toBe('job-exclusive');
    await lab.pass(seconds(10));
    expect(lab.state(id)).toBe('C');
  });

  it("is kept in the mom's own view until its next report", async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    await lab.pass(seconds(1));
    const id = lab.submit([], 'sleep 60\n');
    const views = (): [boolean, boolean] => {
      const xml = lab.say('pbsnodes -x').stdout;
      return [xml.includes(`<jobs>0/${id}`), xml.includes(`jobs=${id}`)];
    };
    await lab.pass(seconds(10));
    expect(views()).toEqual([true, false]);
    await lab.pass(seconds(40));
    expect(views()).toEqual([true, true]);
    await lab.pass(seconds(20));
    expect(views()).toEqual([false, true]);
    await lab.pass(seconds(45));
    expect(views()).toEqual([false, false]);
  });

  it('is told to listeners', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    const heard: string[] = [];
    lab.core.on('job-submitted', ({ job }) => heard.push(`submitted ${job.id}`));
    lab.core.on('job-started', ({ job, run }) => heard.push(`started ${job.id} on ${run.nodes.join()}`));
    lab.core.on('job-ended', ({ job, why }) => heard.push(`ended ${job.id}: ${why}`));
    lab.submit([], 'sleep 5\n');
    lab.submit([], 'sleep 500\n');
    await lab.pass(seconds(10));
    lab.core.momDown('wn01');
    expect(heard.map((line) => line.replaceAll('.torque.example.org', ''))).toEqual([
      'submitted 0',
      'submitted 1',
      'started 0 on wn01',
      'ended 0: completed',
      'started 1 on wn01',
      'ended 1: killed by node loss',
    ]);
  });
});
