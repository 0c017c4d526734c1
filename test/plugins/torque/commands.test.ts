import { describe, expect, it } from 'vitest';
import * as commands from '../../../plugins/torque/commands.js';
import { Failure } from '../../../src/drivers/failure.js';

const here: commands.Place = {};
const away: commands.Place = { server: 'torque.example.org:15001', bin: '/opt/torque/bin' };

describe('commands', () => {
  const expected: readonly (readonly [readonly string[], readonly string[]])[] = [
    [commands.listJobs(here), ['qstat', '-t', '-x']],
    [commands.listJob(here, '10[3].torque.example.org'), ['qstat', '-x', '10[3].torque.example.org']],
    [commands.listNodes(here), ['pbsnodes', '-x']],
    [commands.listNodes(here, ['wn01.example.org', 'wn02']), ['pbsnodes', '-x', 'wn01.example.org', 'wn02']],
    [commands.listQueues(here), ['qstat', '-Qf']],
    [commands.listServer(here), ['qmgr', '-c', 'list server']],
    [commands.listScheduling(here), ['qmgr', '-c', 'list server scheduling']],
    [commands.setOffline(here, 'wn01', 'domus: idle'), ['pbsnodes', '-o', '-N', 'domus: idle', 'wn01']],
    [commands.clearOffline(here, ['wn01', 'wn02']), ['pbsnodes', '-c', '-N', '', 'wn01', 'wn02']],
    [commands.manyDirectives(here), ['qmgr']],
    [commands.setNp(here, 'wn01', 8), ['qmgr', '-c', 'set node wn01 np = 8']],
    [commands.triggerCycle(here), ['qmgr', '-c', 'set server scheduling = True']],
    [commands.swapPlaces(here, '12.srv', '7.srv'), ['qorder', '12.srv', '7.srv']],
    [commands.requeueJob(here, '12.srv'), ['qrerun', '-f', '12.srv']],
    [commands.createNode(here, 'wn01', 8), ['qmgr', '-c', 'create node wn01 np=8']],
    [commands.addProperty(here, 'wn01', 'sl5'), ['qmgr', '-c', 'set node wn01 properties += sl5']],
    [commands.createQueue(here, 'grid'), ['qmgr', '-c', 'create queue grid']],
    [commands.setQueue(here, 'grid', 'resources_default.neednodes', 'sl5:big'), ['qmgr', '-c', 'set queue grid resources_default.neednodes = sl5:big']],
    [commands.keepNp(here), ['qmgr', '-c', 'set server auto_node_np = False']],
    [commands.resolveName('wn01'), ['getent', 'hosts', 'wn01']],
    [commands.resolveName('wn01', { bin: '/opt/torque/bin' }), ['env', 'PATH=/opt/torque/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'getent', 'hosts', 'wn01']],
    [commands.listJobs(away), ['env', 'PBS_DEFAULT=torque.example.org:15001', '/opt/torque/bin/qstat', '-t', '-x']],
  ];
  for (const [argv, words] of expected) it(`${words.join(' ')}`, () => expect(argv).toEqual(words));

  it('let no name through that means something else to TORQUE', () => {
    for (const name of ['', '-a', 'wn01,wn02', 'wn01 np=1', 'wn01\ndelete node wn02', '@default', 'a"b', "a'b", 'a;b', 'ä', 'x'.repeat(300)]) {
      for (const build of [
        () => commands.listNodes(here, [name]),
        () => commands.setOffline(here, name, 'domus: x'),
        () => commands.clearOffline(here, ['wn01', name]),
        () => commands.npDirective(name, 1),
        () => commands.createNode(here, name, 1),
        () => commands.addProperty(here, 'wn01', name),
        () => commands.createQueue(here, name),
        () => commands.resolveName(name),
      ]) {
        expect(build, JSON.stringify(name)).toThrow(Failure);
      }
    }
    for (const id of ['', '-f', '12.srv 13.srv', 'all', '12.srv\n', '12@other']) {
      expect(() => commands.requeueJob(here, id), JSON.stringify(id)).toThrow(Failure);
      expect(() => commands.listJob(here, id), JSON.stringify(id)).toThrow(Failure);
    }
    for (const value of ['', 'a b', 'a,b', 'True\nset']) expect(() => commands.setQueue(here, 'grid', 'enabled', value)).toThrow(Failure);
    for (const np of [0, -1, 1.5, Number.NaN, 1e9]) expect(() => commands.npDirective('wn01', np)).toThrow(Failure);
  });

  it('make one tidy line of a note', () => {
    expect(commands.tidyNote('domus: a\n b\t\u0007c  ')).toBe('domus: a b c');
    expect(commands.tidyNote(`domus: ${'x'.repeat(500)}`)).toHaveLength(200);
  });
});
