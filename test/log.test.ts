import { expect, test } from 'vitest';
import { createLog, readableLine } from '../src/log.js';

const written = (format: 'text' | 'json', work: (log: ReturnType<typeof createLog>) => void): string => {
  let text = '';
  work(
    createLog('info', {
      format,
      write: (line) => {
        text += line;
      },
    }),
  );
  return text;
};

test('a line is JSON for programs, and one line of text for people', () => {
  const work = (log: ReturnType<typeof createLog>): void => log.warn({ op: '3-ab-1', why: 'no route', count: 2 }, 'a deed failed');
  expect(JSON.parse(written('json', work))).toMatchObject({ level: 40, op: '3-ab-1', why: 'no route', msg: 'a deed failed' });
  expect(written('text', work)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d WARN {2}a deed failed op=3-ab-1 why="no route" count=2\n$/);
});

test('nothing from outside moves the cursor or begins a line', () => {
  const line = written('text', (log) => log.info({ name2: 'a\u001b[2Jb\nc\u202e', list: ['\u009b31m'] }, 'x\r\ny'));
  expect(line.match(/\n/g)).toHaveLength(1);
  expect(line).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('no secret is written, in either form', () => {
  for (const format of ['json', 'text'] as const) {
    const line = written(format, (log) => log.info({ password: 'hunter2', settings: { token: 'hunter2', secret: 'hunter2', server: 'pbs' } }, 'read'));
    expect(line).not.toContain('hunter2');
    expect(line).toContain('pbs');
  }
});

test('a level that has no name, and no message, are shown all the same', () => {
  expect(readableLine('{"time":0,"level":35,"a":null}')).toMatch(/ 35 {4} a=null\n$/);
});
