import { describe, expect, test } from 'vitest';
import { script } from '../../src/cli/retire.js';
import { retirement } from '../../src/cli/retirement.js';
import { because } from '../../src/model/reason.js';
import { given } from '../given.js';

const lab = given()
  .host('post01')
  .host('post02')
  .host('post03')
  .env('grid', { cores: { min: 1, max: 8, step: 1 } })
  .seats('grid', 4);
const surroundings = { boots: new Map(), images: '/srv/images', overlays: '/srv/overlays' } as const;
const built = lab
  .machine('grid-01', 'ready', { host: 'post01', size: { cores: 2, memoryMiB: 2048 } })
  .machine('grid-02', 'booting', { host: 'post01' })
  .machine('grid-03', 'draining', { host: 'post02', leaving: because('drain-idle', { idleMs: 1 }) });
const { policy } = built;
const { rows } = built.world();

describe('domus retire', () => {
  const text = script(retirement(policy, rows, surroundings));

  test('leaves every node that serves, at its real size, online and without our note', () => {
    expect(text).toContain(`qmgr -c 'set node grid-01 np = 2'\npbsnodes -c -N '' grid-01\n`);
    expect(text).toContain('1 stay, 3 go');
  });

  test('takes away every node in which nobody serves, one that boots or drains too', () => {
    expect(text.match(/^qmgr -c 'delete node (.*)'$/gm)).toEqual(['02', '03', '04'].map((n) => `qmgr -c 'delete node grid-${n}'`));
  });

  test('keeps the guests that serve, where a host keeps anything', () => {
    expect(text).toContain('install -D -m 600 /run/domus/guests/domus-test-grid-01-1.cfg /etc/xen/auto/domus-test-grid-01-1.cfg');
    expect(text).not.toContain('grid-02-1.cfg');
    const netbooted = script(retirement(policy, rows, { ...surroundings, boots: new Map([['post01', 'dom0']]) }));
    expect(netbooted).not.toContain('/etc/xen/auto');
    expect(netbooted).toContain('# domus-test-grid-01-1 (grid-01) runs on post01 until that is switched off');
  });

  test('gives a room back to its classroom, and lets nobody of Domus onto the other hosts', () => {
    const mixed = script(
      retirement(policy, rows, {
        ...surroundings,
        boots: new Map([
          ['post01', 'dom0'],
          ['post02', 'classroom'],
        ] as const),
      }),
    );
    expect(mixed).toContain('domus boot choose post02 classroom\n');
    expect(mixed).not.toContain('choose post01');
    expect(mixed.match(/^ssh root@\S+ sed -i \/domus-runner\/d \/root\/\.ssh\/authorized_keys$/gm)).toHaveLength(1);
  });

  test('is a shell script: what is not a command is a remark, what a shell would read is quoted', () => {
    for (const line of text.split('\n')) expect(line).toMatch(/^$|^# |^(qmgr|pbsnodes|ssh|systemctl|domus) /);
    expect(script([{ title: 'x\ny', lines: [['a', "it's; rm -rf /"], 'a\nb'] }])).toBe("# 1. x?y\na 'it'\\''s; rm -rf /'\n# a?b\n");
  });
});
