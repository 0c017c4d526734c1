import { describe, expect, it } from 'vitest';
import { host, hour, lives, minute, room, said, until } from './classroom-given.js';

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
});
