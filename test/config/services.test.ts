import { expect, test } from 'vitest';
import { compareConfigs } from '../../src/config/reload.js';
import type { Machine } from '../../src/model/machine.js';
import { domusText, gridText, problems, whole } from './files.js';

const seats = '  standin: {names: "post[01-03]-s.example.org", addresses: 10.1.3.1-10.1.3.3}\n';
const domus = domusText(seats);
const standin = (more = '', homes = 'post[01-03]'): string => `kind: service\nimage: {name: standin}\nmachine: {memory: 256MiB}\nhomes: ${homes}\n${more}`;
const files = (text: string) => ({ grid: gridText(), standin: text });

test('a file of kind service makes one permanent machine for each name, each with its home', () => {
  const { policy } = whole(domus, files(standin('restartWithin: 5m')));
  expect(Object.keys(policy.environments)).toEqual(['grid']);
  expect(Object.keys(policy.seats)).toHaveLength(4);
  expect(Object.values(policy.services ?? {}).map(({ name, home, address }) => `${name} ${home} ${address}`)).toEqual([
    'post01-s.example.org post01 10.1.3.1',
    'post02-s.example.org post02 10.1.3.2',
    'post03-s.example.org post03 10.1.3.3',
  ]);
  expect(policy.services?.['post01-s.example.org']).toMatchObject({
    group: 'standin',
    size: { cores: 1, memoryMiB: 256 },
    pools: ['lab'],
    restartWithinMs: 300_000,
    image: { name: 'standin', version: 'latest' },
    mac: expect.stringMatching(/^00:16:3e:/),
  });
});

test('one home is the home of all; without such a file nothing is said of services', () => {
  const { policy } = whole(domus, files(standin('', 'post02')));
  expect(new Set(Object.values(policy.services ?? {}).map(({ home }) => home))).toEqual(new Set(['post02']));
  expect(whole().policy.services).toBeUndefined();
});

test.each([
  ['homes that no pool names', standin('', 'post[01-04]'), /standin\.yaml:4:8: homes: found host "post04", expected hosts that a pool names/],
  ['too few homes', standin('', 'post[01-02]'), /found 2 home\(s\), expected one for all, or 3/],
  ['keys of jobs', standin('min: 3'), /standin\.yaml:5:1: min: found unknown key "min"/],
  ['a pool that is not there', standin('pools: [rack]'), /:5:9: pools\.0: found pool "rack", expected one of lab/],
  [
    'more than its home has',
    'kind: service\nimage: {name: s}\nmachine: {memory: 64GiB}\nhomes: post01\n',
    /machine: found 1 core\(s\) and 64GiB, expected what post01 has/,
  ],
  [
    'another kind',
    'kind: lease\nimage: {name: s}\nmachine: {cores: 1, memory: 1GiB}\nserves: {queues: [x]}\n',
    /kind: found "lease", expected worker or service/,
  ],
])('%s are a problem with its place', (_, text, line) => {
  expect(problems(domus, files(text)).join('\n')).toMatch(line);
});

test('a name that a seat has already is refused', () => {
  const twice = domusText('  standin: {names: "grid-01.example.org", addresses: 10.1.3.1}\n');
  expect(problems(twice, files(standin('', 'post01'))).join('\n')).toMatch(/seat name grid-01.example.org a second time/);
});

test('while its machine runs its address does not change; leaving the configuration is safe', () => {
  const before = whole(domus, files(standin()));
  const moved = whole(domus.replace('10.1.3.1-10.1.3.3', '10.1.3.2-10.1.3.4'), files(standin()));
  const row = { id: 'post01-s.example.org#1', seat: 'post01-s.example.org', kind: 'service', host: 'post01' } as Machine;
  expect(compareConfigs(before, moved, [row]).unsafe).toEqual([
    'the address of service post01-s.example.org changes from 10.1.3.1 to 10.1.3.2 while machine post01-s.example.org#1 runs',
  ]);
  expect(compareConfigs(before, whole(), [row]).unsafe).toEqual([]);
  expect(compareConfigs(before, whole(), []).differences).toContain('service post01-s.example.org removed');
});
