import { describe, expect, it } from 'vitest';
import { Lab, recorded } from './given.js';

describe('qmgr', () => {
  it('goes on after a line that fails, echoes each line, and exits with the status of the last', () => {
    const lab = new Lab();
    lab.qmgr('create node wn01.example.org np=2');
    const lines = 'create node wn01.example.org np=2\ncreate node wn07.example.org np=2\n';
    const { exit, stdout, stderr } = lab.run(['qmgr'], 'root', lines);
    expect(exit).toBe(0);
    expect(stdout).toBe(recorded('qmgr-stdin-batch.stdout').toString());
    expect(stderr).toBe(recorded('qmgr-stdin-batch.stderr').toString());
    expect(lab.nodeState('wn07.example.org')).toBe('down,offline');
  });

  it('stops at the first error with -a', () => {
    const lab = new Lab();
    const { exit } = lab.run(['qmgr', '-a'], 'root', 'delete node nobody\ncreate node wn01 np=1\n');
    expect(exit).toBe(2);
    expect(lab.nodeState('wn01')).toBe('not listed');
  });

  it('exits 2 when only the last line fails', () => {
    expect(new Lab().run(['qmgr'], 'root', 'create node wn01 np=1\ndelete node nobody\n').exit).toBe(2);
  });

  it('lets an operator set np, offline and clear, and start a cycle, but neither properties nor create nor delete', () => {
    const lab = new Lab();
    lab.qmgr('create node wn01 np=2');
    const as = (directive: string): [number, string] => {
      const { exit, stderr } = lab.run(['qmgr', '-c', directive], 'domus');
      return [exit, stderr];
    };
    expect(as('set node wn01 np = 4')).toEqual([0, '']);
    expect(as('set node wn01 state = offline')).toEqual([0, '']);
    expect(as('set node wn01 state = free')).toEqual([0, '']);
    expect(as('set server scheduling = True')).toEqual([0, '']);
    for (const directive of ['create node wn02 np=1', 'delete node wn01', 'create queue q']) {
      expect(as(directive)[0]).toBe(2);
      expect(as(directive)[1]).toContain('PERM_MANAGER');
    }
    expect(as('set node wn01 properties += foo')).toEqual([
      2,
      'qmgr obj=wn01 svr=default: Cannot set attribute, read only or insufficient permission  properties\n',
    ]);
    expect(as('set server managers += domus@*')[0]).toBe(2);
  });

  it('adds to and takes from lists', () => {
    const lab = new Lab();
    lab.qmgr('create node wn01 np=1,properties=a', 'set node wn01 properties += b', 'set node wn01 properties += c', 'set node wn01 properties -= a');
    expect(lab.say('pbsnodes -x').stdout).toContain('<properties>b,c</properties>');
    lab.qmgr('set server operators += eve@*');
    expect(lab.run(['qmgr', '-c', 'set node wn01 np=2'], 'eve').exit).toBe(0);
    lab.qmgr('set server operators -= eve@*');
    expect(lab.run(['qmgr', '-c', 'set node wn01 np=3'], 'eve').exit).toBe(2);
  });

  it('shows one attribute of the server, or all', () => {
    const lab = new Lab();
    expect(lab.run(['qmgr', '-c', 'list server scheduling']).stdout).toBe('Server torque.example.org\n\tscheduling = True\n\n');
    const all = lab.run(['qmgr', '-c', 'list server'], 'alice').stdout;
    for (const line of ['\tpbs_version = 4.2.10', '\tscheduler_iteration = 600', '\toperators = root@*,domus@*']) expect(all).toContain(`${line}\n`);
  });

  it('prints and lists nodes with the recorded attributes', async () => {
    const lab = new Lab();
    lab.worker('wn01.example.org', 2, 'sl5');
    lab.qmgr('create node wn02.example.org np=1');
    await lab.pass(1000);
    const tidy = (text: string): string[] =>
      text
        .split('\n')
        .map((line) => line.replace(/=\S*\d[^,]*/g, '=').replace(/wn0\d/g, 'wn'))
        .filter((line) => /^(Node|\t|create|set|#)/.test(line));
    const theirs = (file: string, from: string, to: string): string[] => {
      const text = recorded(file).toString();
      return tidy(text.slice(text.indexOf(from), text.indexOf(to)));
    };
    const list = lab.run(['qmgr', '-c', 'list node @default']).stdout;
    expect(tidy(list.slice(0, list.indexOf('Node wn02'))).map((line) => line.replace(/=.*/, '='))).toEqual(
      theirs('qmgr-list-node-default.txt', 'Node wn01', 'Node wn02').map((line) => line.replace(/=.*/, '=')),
    );
    const print = lab.run(['qmgr', '-c', 'print node @default']).stdout;
    expect(
      tidy(print.slice(0, print.indexOf('# Create and define node wn02'))).map((line) => line.split('=').slice(0, 2).join('=').replace(/\d+$/, '')),
    ).toEqual(
      theirs('qmgr-print-node-default.txt', '#', '# Create and define node wn02').map((line) => line.split('=').slice(0, 2).join('=').replace(/\d+$/, '')),
    );
    expect(print).toContain('set node wn02.example.org state = down\nset node wn02.example.org state += offline\n');
  });

  it('does not delete a queue with jobs', () => {
    const lab = new Lab();
    lab.queue();
    lab.submit([]);
    expect(lab.run(['qmgr', '-c', 'delete queue grid'])).toMatchObject({ exit: 2, stderr: 'qmgr obj=grid svr=default: Cannot delete busy queue \n' });
  });

  it('takes scheduler_iteration into account at once', async () => {
    const lab = new Lab();
    lab.queue();
    lab.worker('wn01', 1);
    lab.say('pbsnodes -o wn01');
    const id = lab.submit([]);
    await lab.pass(1000);
    lab.say('pbsnodes -c wn01');
    lab.qmgr('set server scheduler_iteration = 30');
    await lab.pass(31_000);
    expect(lab.state(id)).toBe('R');
  });
});
