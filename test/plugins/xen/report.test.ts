import { expect, it } from 'vitest';
import { parseReport } from '../../../plugins/xen/report.js';

const uuid = '11111111-0000-4000-8000-000000000001';
const report = (overrides: Record<string, unknown> = {}): string => JSON.stringify({ v: 1, uuid, ready: true, checks: { users: 'ok' }, ...overrides });

it('takes a report that is whole', () => {
  expect(parseReport(report(), uuid)).toEqual({ ready: true, checks: { users: 'ok' } });
  expect(parseReport(report({ ready: false, checks: { users: 'no such user atlas01' } }), uuid)).toEqual({
    ready: false,
    checks: { users: 'no such user atlas01' },
  });
});

it('reads what xenstore-read has escaped', () => {
  const escaped = report({ ready: false, checks: { home: 'the "home" is Übervoll' } })
    .replaceAll('\\', '\\\\')
    .replace('Ü', '\\xc3\\x9c');
  expect(parseReport(escaped, uuid)).toEqual({ ready: false, checks: { home: 'the "home" is Übervoll' } });
});

it('is not ready while a check has failed, whatever else it says', () => {
  expect(parseReport(report({ checks: { users: 'ok', home: 'not mounted' } }), uuid).ready).toBe(false);
});

it.each([
  ['nothing', ''],
  ['no JSON', 'ready'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a cut report', report().slice(0, -5)],
  ['another version', report({ v: 2 })],
  ['ready that is a word', report({ ready: 'yes' })],
  ['checks that are a list', report({ checks: ['ok'] })],
  ['a check that is a number', report({ checks: { users: 1 } })],
])('takes %s as not ready, and says that it cannot be read', (_, text) => {
  expect(parseReport(text, uuid)).toEqual({ ready: false, checks: { report: 'cannot be read' } });
});

it('does not believe the report of another guest', () => {
  expect(parseReport(report({ uuid: uuid.replace('1', '2') }), uuid)).toEqual({ ready: false, checks: { report: 'is of another guest' } });
});

it('bounds what a guest may make us keep', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`check-${n}`, 'x'.repeat(5000)]));
  const { checks } = parseReport(report({ checks: many }), uuid);
  expect(Object.keys(checks)).toHaveLength(40);
  expect(Object.values(checks).every((said) => said.length === 200)).toBe(true);
});

it('does not let a guest reach a prototype', () => {
  const read = parseReport(`{"v":1,"uuid":"${uuid}","ready":true,"checks":{"__proto__":"bad","users":"ok"}}`, uuid);
  expect(Object.getPrototypeOf(read.checks)).toBe(Object.prototype);
});
