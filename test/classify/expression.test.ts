import { describe, expect, test } from 'vitest';
import { compileExpression, longestExpression } from '../../src/classify/expression.js';
import { factsOf } from '../../src/classify/facts.js';
import type { Job } from '../../src/model/job.js';
import { jobOf, queue } from './site.js';

function answer(text: string, job: Job, inQueue = queue(job.queue)): unknown {
  const compiled = compileExpression(text);
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled.expression(factsOf(job, inQueue, [...new Set(job.request.chunks.flatMap((chunk) => chunk.properties))]));
}
const problem = (text: string): string | undefined => {
  const compiled = compileExpression(text);
  return 'problem' in compiled ? compiled.problem : undefined;
};

describe('an expression sees a job', () => {
  const job = jobOf(
    'grid',
    [{ count: 2, ppn: 4, properties: ['sl6'] }, { ppn: 1 }],
    { memoryMiB: 4000, walltimeMs: 3_600_500 },
    { group: 'users', account: 'cms' },
  );
  test.each([
    'queue == "grid"',
    'owner == "anna"',
    'group == "users" && account == "cms"',
    'name == "job-1.srv"',
    'slots == 9',
    'nodes == 3 && ppn == 4',
    'memoryMiB == 4000',
    'walltimeSeconds == 3600',
    '"sl6" in properties && size(properties) == 1',
    'properties.exists(p, p.startsWith("sl"))',
    '!array',
  ])('%s', (text) => {
    expect(answer(text, job)).toEqual({ holds: true });
  });

  test('what it does not ask for is 0, the words it does not have are empty', () => {
    expect(
      answer('memoryMiB == 0 && walltimeSeconds == 0 && group == "" && account == "" && size(properties) == 0 && slots == 1 && nodes == 1', jobOf('grid')),
    ).toEqual({
      holds: true,
    });
  });

  test('memory of each process counts for all of them', () => {
    expect(answer('memoryMiB == 6000', jobOf('grid', [], { procs: 3, memoryPerProcMiB: 2000 }))).toEqual({ holds: true });
  });

  test('an element of an array says so', () => {
    expect(answer('array', jobOf('grid', [], {}, { id: '7[3].srv' }))).toEqual({ holds: true });
  });
});

describe('an expression is refused', () => {
  test.each([
    ['that is no CEL', 'slots >', /Unexpected token/],
    ['that names what a job does not have', 'runtime > 5', /Unknown variable: runtime/],
    ['that compares unlike things', 'owner > 5', /no such overload/],
    ['that is no question', 'slots * 2', /gives int, not true or false/],
    ['with a loop in a loop', 'properties.all(a, properties.exists(b, a == b))', /exists\(\) inside another loop/],
    ['with a loop over a loop', 'properties.filter(a, a != "x").map(b, b + "y").exists(c, c == "zy")', /inside another loop/],
    ['with a pattern', 'name.matches("(a+)+b")', /matches\(\) is not served/],
    ['that is too long', `queue == "${'x'.repeat(longestExpression)}"`, /characters long/],
    ['that is too deep', `${'('.repeat(300)}array${')'.repeat(300)}`, /depth|limit|exceed/i],
    ['that reaches for the machinery', 'queue.constructor == "x"', /./],
    ['that reaches for a prototype', '__proto__ == "x"', /./],
  ])('%s', (_, text, expected) => {
    expect(problem(text)).toMatch(expected);
  });
});

test('an expression that fails on a job says so, and is neither true nor false', () => {
  expect(answer('10 / slots > 1 && 1 / memoryMiB > 1', jobOf('grid'))).toEqual({ error: 'division by zero' });
  expect(answer('properties[2] == "a"', jobOf('grid'))).toEqual({ error: expect.stringContaining('index') });
});
