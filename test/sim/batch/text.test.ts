import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBytes, toBytes } from '../../../src/sim/batch/bytes.js';
import { clockText, ctimeText, instantOf } from '../../../src/sim/batch/civil.js';
import { parseMiB, parseNodes, parseSeconds } from '../../../src/sim/batch/resources.js';
import { readScript, words } from '../../../src/sim/batch/script.js';

describe('bytes as text', () => {
  it('come back as they were, whatever they are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => toBytes(fromBytes(bytes)).equals(bytes)));
  });
  it('are plain text where they are UTF-8', () => expect(fromBytes(Buffer.from('Grüße €😀'))).toBe('Grüße €😀'));
});

describe('the calendar', () => {
  it('agrees with the engine about every day of 400 years', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12_000_000_000_000 }), (at) => {
        const engine = new Date(at).toUTCString(); // Sat, 21 Nov 2026 04:02:30 GMT
        const [, weekday, day, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/.exec(engine) ?? [];
        return ctimeText(at) === `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
      }),
    );
  });
  it('reads what qsub -a takes', () => {
    const now = Date.UTC(2026, 10, 21, 12, 0);
    expect(instantOf('203001010000', now)).toBe(Date.UTC(2030, 0, 1));
    expect(instantOf('3001010000.30', now)).toBe(Date.UTC(2030, 0, 1, 0, 0, 30));
    expect(instantOf('1300', now)).toBe(Date.UTC(2026, 10, 21, 13, 0));
    expect(instantOf('1100', now)).toBe(Date.UTC(2026, 10, 22, 11, 0));
    expect(instantOf('tomorrow', now)).toBeUndefined();
  });
  it('writes hours beyond a day', () => expect(clockText(100 * 3600 + 61)).toBe('100:01:01'));
});

describe('resources', () => {
  it('of nodes are read part by part', () => {
    expect(parseNodes('1:sl5+2:ppn=2:sl6:gpus=1')).toEqual([
      { count: 1, ppn: 1, properties: ['sl5'], extras: [] },
      { count: 2, ppn: 2, properties: ['sl6'], extras: ['gpus=1'] },
    ]);
    expect(parseNodes('wn01:ppn=3')).toEqual([{ count: 1, ppn: 3, properties: ['wn01'], extras: [] }]);
    for (const wrong of ['', '0', '1:ppn=0', '1::x', '1+']) expect(parseNodes(wrong)).toBeUndefined();
  });
  it('of size and time are read in their units', () => {
    expect(['2gb', '500mb', '1048576', '1000kb', '131072kw', 'x'].map(parseMiB)).toEqual([2048, 500, 1, 1, 1024, undefined]);
    expect(['90', '01:30', '01:00:00', '1:00:00:00', 'x'].map(parseSeconds)).toEqual([90, 90, 3600, 86_400, undefined]);
  });
});

describe('a script', () => {
  it('runs as long as its sleeps and exits as it says', () => {
    expect(readScript('#!/bin/sh\nsleep 10\n  sleep 2m # rest\nexit 3\n')).toEqual({ runSeconds: 130, exit: 3, directives: [] });
    expect(readScript('#LAB run=7\nsleep 100\n').runSeconds).toBe(7);
    expect(readScript('true\n').runSeconds).toBe(1);
  });
  it('has its #PBS lines split like a shell would', () => {
    expect(words(`-N "two words" -v 'a b'=c\\ d -l x=1`)).toEqual(['-N', 'two words', '-v', 'a b=c d', '-l', 'x=1']);
    expect(readScript('#PBS -q a\n\n# comment\n#PBS -l b=c\necho\n#PBS -N late\n').directives).toEqual(['-q', 'a', '-l', 'b=c']);
  });
});
