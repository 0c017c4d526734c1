import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageFile } from '../../src/paths.js';
import { commands, findTorque } from '../../xenlab/torque/found.js';
import { readJob, readNodes, startsIn } from '../../xenlab/torque/says.js';

const said = (name: string): string => readFileSync(packageFile(`test/fixtures/torque/${name}`), 'utf8');

describe('what TORQUE says to the laboratory', () => {
  test.each([
    ['qstat-x-one-running.xml', { state: 'R', exit: undefined, nodes: ['wn01.example.org'] }],
    ['qstat-x-multinode-running.xml', { state: 'R', exit: undefined, nodes: ['wn01.example.org', 'wn02.example.org'] }],
    ['qstat-x-completed.xml', { state: 'C', exit: 7, nodes: ['wn01.example.org', 'wn02.example.org'] }],
    ['qstat-x-nojobs.xml', { state: undefined, exit: undefined, nodes: [] }],
  ])('a job: %s', (name, expected) => {
    const first = said(name).split('</Job>')[0] ?? '';
    expect(readJob(first)).toEqual(expected);
  });

  test('nodes, with what their moms told of them', () => {
    expect(readNodes(said('pbsnodes-x-free.xml'))[2]).toEqual({ name: 'wn03.example.org', states: ['free'], cores: '2', memory: '24684084kb' });
    expect(readNodes(said('pbsnodes-x-3-never-reported.xml')).map(({ states, cores }) => [states.includes('offline'), cores])).toEqual(
      Array(3).fill([true, undefined]),
    );
    expect(readNodes('')).toEqual([]);
  });

  test('how often a job was started, by accounting', () => {
    const lines = ['1;Q;29.pbs;queue=a', '2;S;29.pbs;user=alice exec_host=a/0', '3;R;29.pbs;', '4;S;29.pbs;user=alice', '5;S;2.pbs;x', '6;E;29.pbs;y'];
    expect(startsIn(lines.map((line) => `11/21/2026 11:05:0${line}`).join('\n'), '29.pbs')).toBe(2);
  });
});

describe('the TORQUE of this machine', () => {
  const daemons = ['pbs_server', 'pbs_mom', 'trqauthd'];
  /** A folder as `make install` leaves it; `about` is what pbs_server says of itself. */
  function prefix(programs: readonly string[], about: (home: string) => string): string {
    const folder = mkdtempSync(join(tmpdir(), 'torque-'));
    for (const name of ['bin', 'sbin', 'spool']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'about'), about(join(folder, 'spool')));
    for (const name of programs) {
      const file = join(folder, name.startsWith('q') ? 'bin' : 'sbin', name);
      // a real program, for ldd; pbs_server is a script that ldd does not know
      execFileSync('cp', ['/bin/true', file]);
    }
    return folder;
  }
  const all = [...commands, ...daemons, 'pbs_sched'];

  test('is not looked for when it is not wanted, and not used when something of it is missing', () => {
    expect(findTorque('none', '/usr/bin')).toEqual({ why: 'DOMUS_XENLAB_TORQUE=none' });
    const few = prefix(['qsub', 'qstat'], () => '');
    const found = findTorque(undefined, `${few}/bin:${few}/sbin`);
    expect(found).toMatchObject({ why: expect.stringMatching(/^no qdel, .*pbs_server, pbs_mom, trqauthd of TORQUE$/) });
    const unscheduled = prefix([...commands, ...daemons], () => '');
    expect(findTorque(undefined, `${unscheduled}/bin:${unscheduled}/sbin`)).toEqual({ why: 'TORQUE without a scheduler (pbs_sched or maui)' });
  });

  test('must be whole where a folder is named', () => {
    expect(() => findTorque('/nowhere', '/usr/bin')).toThrow(/^DOMUS_XENLAB_TORQUE=\/nowhere: no qsub, .* of TORQUE$/);
  });

  test('says its home and version itself', () => {
    const mute = prefix(all, () => '');
    expect(findTorque(undefined, `${mute}/bin:${mute}/sbin`)).toMatchObject({
      why: expect.stringContaining('pbs_server --about does not say home and version'),
    });
    const whole = prefix(all, (home) => `Package:     torque 6.1.3\nServerhome:  ${home}\nVersion:     6.1.3\n`);
    const server = join(whole, 'sbin', 'pbs_server');
    execFileSync('rm', [server]);
    writeFileSync(server, `#!/bin/sh\n[ "$1" = --about ] && cat ${whole}/about\n`);
    chmodSync(server, 0o755);
    expect(findTorque(whole, '')).toMatchObject({
      version: '6.1.3',
      home: join(whole, 'spool'),
      scheduler: { kind: 'pbs_sched', program: join(whole, 'sbin', 'pbs_sched') },
    });
  });
});
