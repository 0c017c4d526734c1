import { describe, expect, it } from 'vitest';
import { conditionsOf } from '../../src/notices/conditions.js';
import { rebootNow } from '../../src/sim/hosts/second-life.js';
import { ask, classroomWish, day, host, hour, lives, minute, monday, room, said, until } from './classroom-given.js';

describe('a room that is people’s by day', () => {
  it('is the cluster’s by night, works, and is ready for people before the door opens', async () => {
    const rehearsal = room();
    const life = await rehearsal.begin();
    for (let job = 0; job < 6; job++) rehearsal.submit(['-q', 'grid', '-l', 'walltime=01:00:00'], 'sleep 3000\n');
    await until(rehearsal, 4);
    expect(rehearsal.core.facts().completed).toBe(6);
    expect(lives(rehearsal)).toBe('dom0 dom0 dom0');
    await rehearsal.until('all are back', () => lives(rehearsal) === 'classroom classroom classroom', 4 * hour);
    expect(rehearsal.clock.now()).toBeLessThan(Date.UTC(2026, 0, 5, 7, 50));
    expect(life?.present?.world.hosts.get('post01')?.blocked?.code).toBe('host-classroom');
    await until(rehearsal, 20);
    expect(lives(rehearsal)).toBe('classroom classroom classroom');
    await rehearsal.until('all are taken', () => lives(rehearsal) === 'dom0 dom0 dom0', hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(rehearsal.core.facts().jobs.flatMap((job) => job.runs.map((run) => run.why))).toEqual(Array(6).fill('completed'));
    life?.stop();
  });

  it('leaves a host alone where somebody is logged in, and takes it when he has gone', async () => {
    const rehearsal = room();
    const life = await rehearsal.begin();
    await until(rehearsal, 19);
    host(rehearsal, 'post02').other.people = ['eve'];
    await until(rehearsal, 22);
    expect(lives(rehearsal)).toBe('dom0 classroom dom0');
    expect(said(life, 'host:post02')).toContain('eve is logged in');
    host(rehearsal, 'post02').other.people = [];
    await rehearsal.until('it is taken, too', () => lives(rehearsal) === 'dom0 dom0 dom0', hour);
    life?.stop();
  });

  it('takes nothing where nobody knows who is logged in', async () => {
    const rehearsal = room();
    rehearsal.classroom.blind = true;
    const life = await rehearsal.begin();
    await until(rehearsal, 23);
    expect(lives(rehearsal)).toBe('classroom classroom classroom');
    expect(said(life, 'host:post01')).toContain('who is logged in is not known');
    life?.stop();
  });

  it('is left to somebody at the console of its Dom0, and goes when he has gone', async () => {
    const rehearsal = room({ hosts: 1 });
    const life = await rehearsal.begin();
    await until(rehearsal, 7);
    host(rehearsal, 'post01').people = ['root'];
    await until(rehearsal, 7.9);
    expect(lives(rehearsal)).toBe('dom0');
    expect(said(life, 'host:post01')).toContain('root is logged in at its console');
    expect(said(life, 'host:post01')).toContain('will not be ready');
    host(rehearsal, 'post01').people = [];
    await until(rehearsal, 8.5);
    expect(lives(rehearsal)).toBe('classroom');
    life?.stop();
  });

  it('leaves one to whoever boots its Dom0 while it is open: time to log in, and as long as he works there', async () => {
    const rehearsal = room({ hosts: 1 });
    const life = await rehearsal.begin();
    await until(rehearsal, 10);
    const there = host(rehearsal, 'post01');
    there.other.once = 'dom0';
    rebootNow(there);
    await rehearsal.until('its Dom0 is there', () => lives(rehearsal) === 'dom0', hour);
    await rehearsal.pass(4 * minute);
    expect(lives(rehearsal)).toBe('dom0');
    expect(said(life, 'host:post01')).toContain('somebody booted its Dom0');
    expect(there.other.returns?.at).toBeGreaterThan(rehearsal.clock.wall());
    there.people = ['root'];
    await rehearsal.pass(hour);
    expect(lives(rehearsal)).toBe('dom0');
    there.people = [];
    await rehearsal.until('it goes back', () => lives(rehearsal) === 'classroom', hour);
    life?.stop();
  });

  it('gives no machine to jobs that could last too long, and ends none', async () => {
    const rehearsal = room({ hosts: 1 });
    const life = await rehearsal.begin();
    await until(rehearsal, 4.9);
    rehearsal.submit(['-q', 'grid', '-l', 'walltime=02:00:00'], 'sleep 7000\n'); // 7 h is too late, at the latest
    rehearsal.submit(['-q', 'grid', '-l', 'walltime=02:00:00'], 'sleep 7000\n');
    await until(rehearsal, 5.6);
    rehearsal.submit(['-q', 'grid', '-l', 'walltime=02:00:00'], 'sleep 100\n');
    await until(rehearsal, 9);
    expect(lives(rehearsal)).toBe('classroom');
    const runs = rehearsal.core.facts().jobs.map((job) => job.runs.map((run) => run.why));
    expect(runs.flat()).toEqual(['completed', 'completed']);
    await until(rehearsal, 22);
    expect(rehearsal.core.facts().completed).toBe(3);
    expect(minute).toBe(60_000);
    life?.stop();
  });

  it('is told hours before that it will not be in time, by the walltime of a job that no queue has bounded; and no job is ended', async () => {
    const rehearsal = room({ hosts: 1 });
    const life = await rehearsal.begin();
    await until(rehearsal, 3);
    expect(said(life, 'host:post01')).not.toContain('will not be ready');
    const job = rehearsal.submit(['-q', 'grid', '-l', 'walltime=08:00:00'], 'sleep 25000\n'); // till 10 h: no setup gave the queue its bound
    await rehearsal.until('it runs', () => rehearsal.core.facts().byState.R === 1, hour);
    await until(rehearsal, 4);
    expect(said(life, 'host:post01')).toContain(`will not be ready at Mon 2026-01-05 08:00 UTC (the classroom’s): job ${job} may run until then`);
    const present = life?.present;
    expect(present === undefined ? [] : conditionsOf(present, 1e12).map(({ kind, subject }) => [kind, subject])).toEqual([['room-late', 'host:post01']]);
    await until(rehearsal, 9);
    expect(said(life, 'host:post01')).toContain('was not ready at');
    expect(lives(rehearsal)).toBe('dom0');
    await until(rehearsal, 11);
    expect(rehearsal.core.facts().completed).toBe(1);
    expect(lives(rehearsal)).toBe('classroom');
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });
});

describe('jobs that are still there when their host must go', () => {
  it('brings to its end what is still there when the host must go: neither waits for the other', async () => {
    const rehearsal = room({ hosts: 1, classroom: { unattended: 'wait' } });
    const life = await rehearsal.begin();
    host(rehearsal, 'post01').other.saysJobless = () => false; // no watcher helps
    await until(rehearsal, 4.5);
    rehearsal.submit(['-q', 'grid', '-l', 'walltime=02:00:00'], 'sleep 6000\n');
    await until(rehearsal, 5.2);
    life?.stop();
    await until(rehearsal, 7.62); // the daemon was dead meanwhile: the host should be on its way by now
    expect(host(rehearsal, 'post01').guests.size).toBe(1);
    const next = await rehearsal.begin();
    await rehearsal.until('it is due', () => next?.ledger.rows.tenancies.get('post01')?.state === 'leaving', hour);
    expect(host(rehearsal, 'post01').guests.size).toBe(1);
    await rehearsal.until('it is the classroom’s', () => lives(rehearsal) === 'classroom', hour);
    expect(rehearsal.core.facts().jobs.flatMap((job) => job.runs.map((run) => run.why))).toEqual(['completed']);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    next?.stop();
  });

  it('go back into their queue where the site says so, if they are rerunnable, and never unannounced', async () => {
    const rehearsal = room({ hosts: 1, classroom: { requeue: 'rerunnable', noticeMs: 30 * minute } });
    const life = await rehearsal.begin();
    await until(rehearsal, 3);
    const rerunnable = rehearsal.submit(['-q', 'grid', '-l', 'walltime=08:00:00'], 'sleep 25000\n');
    await rehearsal.until('it runs', () => rehearsal.core.facts().byState.R === 1, hour);
    const emptyBy = 7 + 34 / 60 - 4 / 60; // margin and two tries before eight, and the time to end a guest
    await until(rehearsal, emptyBy - 0.3);
    expect(said(life, `job:main/${rerunnable}`)).toMatch(/goes back into its queue at Mon 2026-01-05 07:3\d UTC: its host is due back/);
    expect(rehearsal.core.facts().byState.R).toBe(1);
    await until(rehearsal, 8);
    expect(lives(rehearsal)).toBe('classroom');
    expect(rehearsal.core.facts().byState).toMatchObject({ R: 0, Q: 1 });
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('stay where they are, if they are not', async () => {
    const rehearsal = room({ hosts: 1, classroom: { requeue: 'rerunnable', noticeMs: 30 * minute } });
    const life = await rehearsal.begin();
    await until(rehearsal, 3);
    rehearsal.submit(['-q', 'grid', '-r', 'n', '-l', 'walltime=08:00:00'], 'sleep 25000\n');
    await until(rehearsal, 8);
    expect(lives(rehearsal)).toBe('dom0');
    await until(rehearsal, 11);
    expect(lives(rehearsal)).toBe('classroom');
    expect(rehearsal.core.facts().completed).toBe(1);
    life?.stop();
  });
});

describe('the daemon and the boot server, killed at 03:00', () => {
  it('leave a room that is people’s at eight all the same: every Dom0 carries its return time, its menu gives Dom0 only once', async () => {
    const rehearsal = room({ hosts: 3 });
    const life = await rehearsal.begin();
    await until(rehearsal, 24 + 1.9); // the second night: hosts were taken from their classrooms
    for (let job = 0; job < 3; job++) rehearsal.submit(['-q', 'grid', '-l', 'walltime=02:00:00'], 'sleep 6500\n');
    await until(rehearsal, 24 + 3);
    expect(rehearsal.core.facts().byState.R).toBe(3);
    life?.stop();
    rehearsal.boots.down = true;
    // as hooks/node-check tells each host: no job there, and none is taken since the time has come
    for (const each of rehearsal.datacentre.hosts.values())
      if (each.classroom !== undefined)
        each.classroom.saysJobless = ({ plan }) => plan.node !== undefined && rehearsal.datacentre.jobsOn(plan.node).length === 0;
    host(rehearsal, 'post03').crash(); // a power cut, and no boot server to ask
    await until(rehearsal, 24 + 8);
    expect(lives(rehearsal)).toBe('classroom classroom classroom');
    expect(rehearsal.core.facts().jobs.filter((job) => job.runs.some((run) => run.why === 'completed')).length).toBeGreaterThanOrEqual(2);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    // the next life finds them where they are
    rehearsal.boots.down = false;
    const next = await rehearsal.begin();
    await until(rehearsal, 24 + 12);
    expect(lives(rehearsal)).toBe('classroom classroom classroom');
    await until(rehearsal, 24 + 21);
    expect(lives(rehearsal)).toBe('dom0 dom0 dom0');
    next?.stop();
  });

  it('leave a host with a job on it to that job: it goes when the job has ended, unless the site says otherwise', async () => {
    for (const [unattended, at8] of [
      ['wait', 'dom0'],
      ['reboot', 'classroom'],
    ] as const) {
      const rehearsal = room({ hosts: 1, classroom: { unattended } });
      const life = await rehearsal.begin();
      await until(rehearsal, 3);
      rehearsal.submit(['-q', 'grid', '-l', 'walltime=08:00:00'], 'sleep 25000\n');
      await rehearsal.until('it runs', () => rehearsal.core.facts().byState.R === 1, hour);
      life?.stop();
      host(rehearsal, 'post01').other.saysJobless = ({ plan }) => plan.node !== undefined && rehearsal.datacentre.jobsOn(plan.node).length === 0;
      await until(rehearsal, 8);
      expect(lives(rehearsal)).toBe(at8);
      await until(rehearsal, 12);
      expect(lives(rehearsal)).toBe('classroom');
    }
  });

  it('only then: a daemon that waits for a job is left to wait for it, whatever the site said of hosts that are alone', async () => {
    const rehearsal = room({ hosts: 1, classroom: { unattended: 'reboot' } });
    const life = await rehearsal.begin();
    await until(rehearsal, 3);
    rehearsal.submit(['-q', 'grid', '-l', 'walltime=08:00:00'], 'sleep 25000\n');
    await rehearsal.until('it runs', () => rehearsal.core.facts().byState.R === 1, hour);
    await until(rehearsal, 9);
    expect(lives(rehearsal)).toBe('dom0');
    await until(rehearsal, 12);
    expect(rehearsal.core.facts().jobs.flatMap((job) => job.runs.map((run) => run.why))).toEqual(['completed']);
    expect(lives(rehearsal)).toBe('classroom');
    life?.stop();
  });

  it('leave one alone that somebody works on then, and a new word of the site is told though the time is the same', async () => {
    const rehearsal = room({ hosts: 2 });
    let life = await rehearsal.begin();
    await until(rehearsal, 2);
    const returns = (name: string) => host(rehearsal, name).other.returns;
    expect(returns('post01')).toMatchObject({ force: false });
    await ask(rehearsal, life, { kind: 'maintain', subject: 'post02', dueAt: monday + 6 * hour, untilAt: monday + 10 * hour, why: 'new memory' });
    await rehearsal.pass(5 * minute);
    expect(returns('post02')).toBeUndefined();
    life?.stop();
    rehearsal.policy = { ...rehearsal.policy, classroom: { ...classroomWish, unattended: 'reboot' } };
    life = await rehearsal.begin();
    await rehearsal.pass(5 * minute);
    expect(returns('post01')).toMatchObject({ force: true });
    life?.stop();
    await until(rehearsal, 9.5);
    expect(lives(rehearsal)).toBe('classroom dom0');
  });

  it('or only the boot server: nothing is taken that might not come up as Dom0, everything goes back', async () => {
    const rehearsal = room({ hosts: 2 });
    const life = await rehearsal.begin();
    await until(rehearsal, 3);
    rehearsal.boots.down = true;
    await until(rehearsal, 8);
    expect(lives(rehearsal)).toBe('classroom classroom');
    await until(rehearsal, 23);
    expect(lives(rehearsal)).toBe('classroom classroom');
    rehearsal.boots.down = false;
    await rehearsal.until('they are taken', () => lives(rehearsal) === 'dom0 dom0', 2 * hour);
    life?.stop();
  });
});

describe('hosts that do not obey', () => {
  it('that come up late, or not at the first try, are ready all the same: a second try is planned in', async () => {
    const rehearsal = room({ hosts: 2 });
    const life = await rehearsal.begin();
    await until(rehearsal, 6);
    // told at 7:34, and deaf until 7:40
    host(rehearsal, 'post01').power.fate = { kind: 'late', factor: 24 }; // 18 minutes, more than twice what it is given
    host(rehearsal, 'post02').trouble.afflict('pretend', { forMs: 100 * minute, concerns: (what) => what === 'host-reboot' });
    await until(rehearsal, 8);
    expect(lives(rehearsal)).toBe('classroom classroom');
    expect(life?.ledger.rows.tenancies.get('post01')).toMatchObject({ state: 'classroom', tries: 0 });
    life?.stop();
  });

  it('that are off are switched on for the opening, and those that the last student switched off for the jobs of the night', async () => {
    const rehearsal = room({ hosts: 2, power: {} });
    const life = await rehearsal.begin();
    await until(rehearsal, 5);
    expect(lives(rehearsal)).toBe('off off');
    await until(rehearsal, 8);
    expect(lives(rehearsal)).toBe('classroom classroom');
    host(rehearsal, 'post01').power.shutDown();
    await until(rehearsal, 19);
    expect(lives(rehearsal)).toBe('off classroom');
    await until(rehearsal, 21);
    rehearsal.submit(['-q', 'grid', '-l', 'walltime=01:00:00'], 'sleep 600\n');
    for (let job = 0; job < 3; job++) rehearsal.submit(['-q', 'grid', '-l', 'walltime=01:00:00'], 'sleep 3000\n');
    await rehearsal.until('they run on both', () => rehearsal.core.facts().byState.R === 4, 2 * hour);
    await until(rehearsal, 24 + 8);
    expect(lives(rehearsal)).toBe('classroom classroom');
    expect(rehearsal.core.facts().completed).toBe(4);
    expect(life?.ledger.rows.cordons.size).toBe(0);
    life?.stop();
  });

  it('that was told and forgotten by a life that ended goes on with the next', async () => {
    const rehearsal = room({ hosts: 2 });
    let life = await rehearsal.begin();
    await rehearsal.until('they go', () => life?.ledger.rows.tenancies.get('post01')?.state === 'leaving', 9 * hour);
    life?.stop();
    await rehearsal.pass(minute);
    life = await rehearsal.begin();
    await until(rehearsal, 8);
    expect(lives(rehearsal)).toBe('classroom classroom');
    life?.stop();
  });
});

describe('a maintenance', () => {
  it('is forecast when it is asked for, empties its hosts by then, keeps them empty, and expires', async () => {
    const rehearsal = room({ hosts: 2, windows: [], environment: { max: 4 } });
    const life = await rehearsal.begin();
    for (let job = 0; job < 4; job++) rehearsal.submit(['-q', 'grid', '-l', 'walltime=02:00:00'], 'sleep 7000\n');
    await rehearsal.until('they run', () => rehearsal.core.facts().byState.R === 4, hour);
    await rehearsal.pass(minute);
    const dueAt = monday + 5 * hour;
    const answer = await ask(rehearsal, life, { kind: 'maintain', subject: 'post01', dueAt, untilAt: dueAt + 4 * hour, why: 'new memory' });
    expect(answer).toContain('post01 (1 host(s)) is to be empty from Mon 2026-01-05 05:00 UTC until Mon 2026-01-05 09:00 UTC; all of it will be free by then');
    expect(await ask(rehearsal, life, { kind: 'maintain', subject: 'lab', dueAt: monday + hour, untilAt: monday + 2 * hour })).toMatch(
      /not free by then: post01 .*job .* may run until then.*No job is ended/,
    );
    const [lab] = [...(life?.ledger.rows.maintenances.keys() ?? [])].slice(-1);
    expect(await ask(rehearsal, life, { kind: 'unmaintain', subject: lab ?? '' })).toContain('is over');
    for (let job = 0; job < 60; job++) rehearsal.submit(['-q', 'grid', '-l', 'walltime=02:00:00'], 'sleep 3000\n');
    await until(rehearsal, 5.1);
    expect(host(rehearsal, 'post01').guests.size).toBe(0);
    expect(host(rehearsal, 'post02').guests.size).toBe(2);
    expect(said(life, 'host:post01')).toContain('kept empty for ada (new memory) until Mon 2026-01-05 09:00 UTC');
    await until(rehearsal, 8.9);
    expect(host(rehearsal, 'post01').guests.size).toBe(0);
    await until(rehearsal, 10);
    expect(life?.ledger.rows.maintenances.size).toBe(0);
    expect(host(rehearsal, 'post01').guests.size).toBe(2);
    expect(
      rehearsal.core
        .facts()
        .jobs.flatMap((job) => job.runs.map((run) => run.why))
        .filter((why) => why !== 'completed' && why !== undefined),
    ).toEqual([]);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(day).toBe(24 * hour);
    life?.stop();
  });

  it('is refused where it means nothing', async () => {
    const rehearsal = room({ hosts: 1, windows: [] });
    const life = await rehearsal.begin();
    const wish = { kind: 'maintain' as const, subject: 'post01' };
    expect(await ask(rehearsal, life, { ...wish, subject: 'nowhere', dueAt: 1, untilAt: monday + day })).toContain('no host or pool');
    expect(await ask(rehearsal, life, { ...wish, dueAt: monday + hour, untilAt: monday + hour })).toContain('over before it began');
    expect(await ask(rehearsal, life, { ...wish, dueAt: monday, untilAt: monday + 200 * day })).toContain('90 days');
    expect(await ask(rehearsal, life, { kind: 'unmaintain', subject: 'm-x' })).toContain('no maintenance');
    life?.stop();
  });
});
