import { describe, expect, test } from 'vitest';
import { expandAddresses, expandMacs, expandNames } from '../../src/config/expand.js';
import { deriveMacs } from '../../src/config/mac.js';
import { nearest } from '../../src/config/nearest.js';

describe('one line names many', () => {
  test.each([
    [expandNames('wn[08-11].a.org'), ['wn08.a.org', 'wn09.a.org', 'wn10.a.org', 'wn11.a.org']],
    [expandNames('wn[1,3,7-9]'), ['wn1', 'wn3', 'wn7', 'wn8', 'wn9']],
    [expandNames('[1-2]'), ['1', '2']],
    [expandNames('wn[099-100]'), ['wn099', 'wn100']],
    [expandNames('wn'), ['wn']],
    [expandAddresses('10.1.2.254-10.1.3.1'), ['10.1.2.254', '10.1.2.255', '10.1.3.0', '10.1.3.1']],
    [expandAddresses('10.1.2.1 - 10.1.2.2'), ['10.1.2.1', '10.1.2.2']],
    [expandAddresses('10.1.2.1'), ['10.1.2.1']],
    [expandMacs('00:16:3E:00:00:FF-00:16:3e:00:01:01'), ['00:16:3e:00:00:ff', '00:16:3e:00:01:00', '00:16:3e:00:01:01']],
  ])('%j', (expanded, values) => {
    expect(expanded).toEqual({ values });
  });

  test.each([
    expandNames('wn[1-2][3-4]'),
    expandNames('wn[a-b]'),
    expandNames('wn[2-1]'),
    expandNames('wn[]'),
    expandNames('wn]1['),
    expandNames('wn[1-999999999]'),
    expandNames('wn[1-9999,1-9999]'),
    expandAddresses('10.1.2.2-10.1.2.1'),
    expandAddresses('10.1.2.1-10.1.2.2-10.1.2.3'),
    expandAddresses('10.1.2'),
    expandAddresses('0.0.0.0-255.255.255.255'),
    expandMacs('00:16:3e:00:00:02-00:16:3e:00:00:01'),
    expandMacs('01:16:3e:00:00:02'),
    expandMacs('00-16-3e-00-00-02'),
  ])('is refused: %j', (expanded) => {
    expect(expanded).toHaveProperty('expected');
  });
});

describe('MAC addresses are derived from deployment and seat', () => {
  const seats = Array.from({ length: 6000 }, (_, n) => `seat-${n}`);
  const macs = deriveMacs('physics', seats, new Set());

  test('each seat has its own, under Xen’s prefix', () => {
    expect(new Set(macs.values()).size).toBe(6000);
    for (const mac of macs.values()) expect(mac).toMatch(/^00:16:3e(:[0-9a-f]{2}){3}$/);
  });

  test('seats added at the end change nobody’s', () => {
    const fewer = deriveMacs('physics', seats.slice(0, 3000), new Set());
    for (const [seat, mac] of fewer) expect(macs.get(seat)).toBe(mac);
  });

  test('another deployment has others', () => {
    expect(deriveMacs('other', ['seat-0'], new Set()).get('seat-0')).not.toBe(macs.get('seat-0'));
  });

  test('one that a person gave to another seat is not used', () => {
    const own = macs.get('seat-0') ?? '';
    expect(deriveMacs('physics', ['seat-0'], new Set([own])).get('seat-0')).not.toBe(own);
  });
});

describe('the nearest valid word', () => {
  const words = ['min', 'max', 'feasibility', 'bootDeadline', 'startsAtOnce', 'startsAtOncePerHost'];
  test.each([
    ['feasability', 'feasibility'],
    ['boot-deadline', 'bootDeadline'],
    ['BOOT_DEADLINE', 'bootDeadline'],
    ['startsAtOnec', 'startsAtOnce'],
    ['minimum', 'min'],
    ['mxa', 'max'],
    ['colour', undefined],
    ['', undefined],
    ['x'.repeat(1000), undefined],
  ])('to %j is %j', (word, expected) => {
    expect(nearest(word, words)).toBe(expected);
  });
});
