import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkPluginPart, plainSettings } from '../../src/config/plugin-part.js';
import { renderProblem } from '../../src/config/problem.js';
import type { Path } from '../../src/config/spots.js';
import { check, domusText, gridText } from './files.js';

const schema = z.strictObject({
  privateKey: z.string().regex(/^\//, 'an absolute path'),
  keepAliveMs: z.int().min(1000).default(10_000),
  maxOutputMiB: z.int().default(8),
  retry: z.strictObject({ tries: z.int().max(9) }).optional(),
});

function problems(ssh: string): readonly string[] {
  const checked = check(domusText(ssh), { grid: gridText() });
  if (!checked.ok) throw new Error('the rest is right');
  return checkPluginPart(schema, checked.config.runner.settings, ['ssh'], checked.locate).map((problem) => renderProblem(problem).replace('/etc/domus/', ''));
}

describe('a plugin’s own part', () => {
  test('is right', () => {
    expect(problems('ssh: {privateKey: /k, keepAlive: 5s, maxOutput: 1GiB, retry: {tries: 3}}\n')).toEqual([]);
  });

  test('gets all its problems with their places', () => {
    expect(problems('ssh:\n  privatKey: /k\n  keepAlive: 10\n  maxOutput: 1GB\n  retry: {tries: 10, pauze: 1}\n')).toEqual([
      'domus.yaml:12:1: ssh.privateKey: found nothing, expected string',
      'domus.yaml:13:3: ssh.privatKey: found unknown key "privatKey", expected one of privateKey, keepAlive, maxOutput, retry, did you mean privateKey?',
      'domus.yaml:14:14: ssh.keepAlive: found 10, expected a unit (10s for seconds, 10m for minutes)',
      'domus.yaml:15:14: ssh.maxOutput: found "1GB", expected a size in powers of 1024, such as 1GiB',
      'domus.yaml:16:18: ssh.retry.tries: found 10, expected at most 9',
      'domus.yaml:16:22: ssh.retry.pauze: found unknown key "pauze", expected one of tries',
    ]);
  });

  test('takes the numbers of the program as well', () => {
    expect(problems('ssh: {privateKey: /k, keepAliveMs: 5000}\n')).toEqual([]);
    expect(plainSettings(schema, { keepAlive: '1m', maxOutput: '2GiB', privateKey: '/k' })).toEqual({
      keepAliveMs: 60_000,
      maxOutputMiB: 2048,
      privateKey: '/k',
    });
  });

  test('that the store fills in is blamed on the store', () => {
    const store = z.strictObject({ imagesDir: z.string().regex(/^\/srv\//, 'a folder under /srv'), overlaysDir: z.string() });
    const checked = check(domusText('store: {images: /images}\n'), { grid: gridText() });
    const locate = checked.ok ? checked.locate : (_: Path) => ({ file: '', line: 0, column: 0 });
    const found = checked.ok ? checkPluginPart(store, checked.config.hypervisor.settings, ['xen'], locate).map(renderProblem) : [];
    expect(found).toEqual(['/etc/domus/domus.yaml:12:17: store.images: found "/images", expected a folder under /srv']);
  });
});
