import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDuration, writeDuration } from '../../src/config/duration.js';
import { readMebibytes, writeMebibytes } from '../../src/config/memory.js';

describe('durations are read as people write them', () => {
  test.each([
    ['5m', 300_000],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1m500ms', 60_500],
    ['90d', 7_776_000_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
    [' 5m ', 300_000],
    ['1d2h3m4s5ms', 93_784_005],
  ])('%s is %d ms', (text, value) => {
    expect(readDuration(text)).toEqual({ value });
  });

  test.each(['', 'm', '5', '5 m', '5M', '5min', '-5m', '1.5h', '5m5m', '30m1h', '1h-30m', '5mm', '1e3s', '٥m', '5m!', '101y', '40000d'])(
    '%j is refused',
    (text) => {
      expect(readDuration(text)).toHaveProperty('expected');
    },
  );

  test('a bare number gets the hint which units there are', () => {
    expect(readDuration('300')).toEqual({ expected: 'a unit (300s for seconds, 300m for minutes)' });
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000_000_000_000 }), (ms) => {
        expect(readDuration(writeDuration(ms))).toEqual({ value: ms });
      }),
    );
  });
});

describe('sizes are read as people write them', () => {
  test.each([
    ['512MiB', 512],
    ['2GiB', 2048],
    ['1.5GiB', 1536],
    ['1TiB', 1_048_576],
    ['2048KiB', 2],
    ['2 GiB', 2048],
    ['0MiB', 0],
  ])('%s is %d MiB', (text, value) => {
    expect(readMebibytes(text)).toEqual({ value });
  });

  test.each(['', 'GiB', '2', '2.5', '-2GiB', '2gib', '1KiB', '0.3MiB', '2GiB2MiB', '1e3MiB', '9999999TiB', 'lots'])('%j is refused', (text) => {
    expect(readMebibytes(text)).toHaveProperty('expected');
  });

  test.each([
    ['2G', '2GiB'],
    ['2GB', '2GiB'],
    ['512M', '512MiB'],
    ['512mb', '512MiB'],
    ['100k', '100KiB'],
  ])('%s is refused with the hint %s', (text, hint) => {
    expect(readMebibytes(text)).toEqual({ expected: `a size in powers of 1024, such as ${hint}` });
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (mib) => {
        expect(readMebibytes(writeMebibytes(mib))).toEqual({ value: mib });
      }),
    );
  });
});
