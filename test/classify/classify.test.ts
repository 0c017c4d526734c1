import { describe, expect, test } from 'vitest';
import { classify, createClassifier } from '../../src/classify/classify.js';
import { sentence } from '../../src/model/reason.js';
import type { Verdict } from '../../src/model/world.js';
import { jobOf, policyOf, queue } from './site.js';

const grid = { serves: { queues: ['grid'] } };
const sl5 = { serves: { queues: ['old'], properties: ['sl5'] }, extra: ['x86_64'] };
const sl6 = { serves: { properties: ['sl6'] }, extra: ['x86_64'] };
const said = (verdict: Verdict): string => ('environment' in verdict ? verdict.environment : `${verdict.unserved.code}: ${sentence(verdict.unserved)}`);

describe('a job goes to the environment', () => {
  const site = policyOf({
    grid,
    sl5,
    sl6,
    cms: { serves: { accounts: ['cms'] } },
    short: { serves: { queues: ['grid'], jobs: 'walltimeSeconds > 0 && walltimeSeconds <= 600' } },
  });
  test.each([
    ['that serves its queue', jobOf('grid'), 'grid'],
    ['that serves its queue, with nodes asked for', jobOf('grid', [{ count: 2, ppn: 2 }]), 'grid'],
    ['whose property it asks for', jobOf('any', [{ properties: ['sl6'] }]), 'sl6'],
    ['whose property it asks for, though its queue is another one’s', jobOf('grid', [{ properties: ['sl6'] }]), 'sl6'],
    ['whose property one of its chunks asks for', jobOf('old', [{ count: 1 }, { properties: ['sl6'] }]), 'sl6'],
    ['of its queue, when the property it asks for is on the seats of both', jobOf('old', [{ properties: ['x86_64'] }]), 'sl5'],
    ['whose property it asks for, beside one that others have too', jobOf('any', [{ properties: ['x86_64', 'sl5'] }]), 'sl5'],
    ['that serves its account, where only accounts are listed', jobOf('any', [], {}, { account: 'cms' }), 'cms'],
    ['whose expression holds, before the one that takes the whole queue', jobOf('grid', [], { walltimeMs: 600_000 }), 'short'],
    ['that takes the whole queue, where the other’s expression is false', jobOf('grid', [], { walltimeMs: 601_000 }), 'grid'],
  ])('%s', (_, job, expected) => {
    expect(said(classify(job, site, [queue('grid'), queue('old')]))).toBe(expected);
  });

  test('that the queue’s neednodes names, when it has no -l nodes', () => {
    const queues = [queue('any', { neednodes: 'sl6' })];
    expect(said(classify(jobOf('any'), site, queues))).toBe('sl6');
    expect(said(classify(jobOf('any', [], { procs: 2 }), site, queues))).toBe('sl6');
    expect(said(classify(jobOf('any'), site, [queue('any', { neednodes: '1:ppn=2:sl6' })]))).toBe('sl6');
  });

  test('and not one that the queue’s neednodes names, when it has -l nodes of its own', () => {
    expect(said(classify(jobOf('grid', [{}]), site, [queue('grid', { neednodes: 'sl6' })]))).toBe('grid');
    expect(said(classify(jobOf('any', [{}]), site, [queue('any', { neednodes: 'sl6' })]))).toBe('unserved-none: no environment serves queue any');
  });

  test('whose expression takes the queue’s default walltime for that of the job', () => {
    expect(said(classify(jobOf('grid'), site, [queue('grid', { defaultWalltimeMs: 300_000 })]))).toBe('short');
  });

  test('of its own batch server only', () => {
    const east = policyOf({ grid: { serves: { source: 'east', queues: ['grid'] } } });
    expect(said(classify(jobOf('grid'), east, []))).toBe('unserved-none: no environment serves queue grid');
    expect(said(classify(jobOf('grid', [], {}, { source: 'east' }), east, []))).toBe('grid');
  });
});

describe('a job that nobody serves says why', () => {
  const site = policyOf({ grid, sl5, sl6, atlas: { serves: { queues: ['atlas'], accounts: ['atlas'] } } });
  test.each([
    ['its queue is nobody’s', jobOf('other'), 'unserved-none: no environment serves queue other'],
    ['its property is nobody’s', jobOf('other', [{ properties: ['gpu'] }]), 'unserved-none: no environment serves queue other with properties gpu'],
    ['its account is not served', jobOf('atlas', [], {}, { account: 'cms' }), 'unserved-none: no environment serves queue atlas'],
    ['it has no account where one is wanted', jobOf('atlas'), 'unserved-none: no environment serves queue atlas'],
    [
      'too many slots on one node',
      jobOf('grid', [{ ppn: 5 }]),
      'unserved-wide: asks for 5 slot(s) on one node, more than the largest machine of grid has (4 slot(s), 8192 MiB)',
    ],
    [
      'too much memory on one node',
      jobOf('grid', [{ ppn: 2 }], { memoryMiB: 9000 }),
      'unserved-wide: asks for 2 slot(s) on one node with 4500 MiB each, more than the largest machine of grid has (4 slot(s), 8192 MiB)',
    ],
    ['too many nodes at once', jobOf('grid', [{ count: 3 }, { count: 2, ppn: 2 }]), 'unserved-nodes: asks for 5 nodes at once, environment grid may have 4'],
    ['too many processes at once', jobOf('grid', [], { procs: 17 }), 'unserved-nodes: asks for 5 nodes at once, environment grid may have 4'],
    [
      'too large processes at once',
      jobOf('grid', [], { procs: 5, memoryPerProcMiB: 8192 }),
      'unserved-nodes: asks for 5 nodes at once, environment grid may have 4',
    ],
    ['a property that no seat has', jobOf('grid', [{ properties: ['gpu'] }]), 'unserved-property: asks for property gpu, which no seat of grid has'],
    [
      'a property that no seat of the named environment has',
      jobOf('grid', [{ properties: ['sl6', 'gpu'] }]),
      'unserved-property: asks for property gpu, which no seat of sl6 has',
    ],
    [
      'syntax we do not serve',
      jobOf('grid', [{}], { unsupported: ['gpus=2', 'host wn07'] }),
      'unserved-syntax: asks for gpus=2, host wn07, which Domus does not serve',
    ],
    [
      'nodes of two environments',
      jobOf('grid', [{ properties: ['sl5'] }, { properties: ['sl6'] }]),
      'unserved-spans: asks for nodes of several environments at once (sl5, sl6)',
    ],
    [
      'one node of two environments',
      jobOf('grid', [{ properties: ['sl5', 'sl6'] }]),
      'unserved-spans: asks for nodes of several environments at once (sl5, sl6)',
    ],
    [
      'a damaged record',
      jobOf('grid', [], {}, { damaged: 'bytes that are no UTF-8' }),
      'unserved-damaged: its record could not be read: bytes that are no UTF-8',
    ],
  ])('%s', (_, job, expected) => {
    expect(said(classify(job, site, []))).toBe(expected);
  });

  test('the largest job that fits is served', () => {
    expect(said(classify(jobOf('grid', [{ count: 4, ppn: 4 }], { memoryMiB: 4 * 8192 }), site, []))).toBe('grid');
    expect(said(classify(jobOf('grid', [], { procs: 16 }), site, []))).toBe('grid');
  });

  test('an expression’s error is never read as an answer, even where another environment would take the job', () => {
    const broken = policyOf({ grid, odd: { serves: { queues: ['grid'], jobs: 'properties[0] == "a"' } } });
    expect(said(classify(jobOf('grid'), broken, []))).toMatch(/^unserved-expression: the job expression of odd failed on it: .*index/);
    expect(said(classify(jobOf('grid', [{ properties: ['odd'] }]), broken, []))).toMatch(/^unserved-property/);
  });

  test('an expression that cannot be compiled fails every job it is asked about', () => {
    const broken = policyOf({ odd: { serves: { queues: ['grid'], jobs: 'slots >' } } });
    expect(said(classify(jobOf('grid'), broken, []))).toMatch(/^unserved-expression: the job expression of odd failed on it: Unexpected token/);
  });

  test('two environments that serve it alike are named, and neither is guessed', () => {
    const twins = policyOf({ b: grid, a: grid });
    expect(said(classify(jobOf('grid'), twins, []))).toBe('unserved-ambiguous: environments a, b serve it alike, and nothing tells their jobs apart');
    const [first] = [classify(jobOf('grid'), twins, [])];
    expect(first && 'unserved' in first && first.unserved.refs).toEqual(['environment:a', 'environment:b']);
  });

  test('an environment that may have no machine serves nobody', () => {
    const paused = policyOf({ grid: { ...grid, more: { max: 0 } } });
    expect(said(classify(jobOf('grid'), paused, []))).toBe('unserved-nodes: asks for 1 nodes at once, environment grid may have 0');
  });
});

test('the order in which environments are written does not matter', () => {
  const parts = { grid, sl5, sl6 };
  const turned = Object.fromEntries(Object.entries(parts).reverse());
  for (const job of [jobOf('grid'), jobOf('old', [{ properties: ['x86_64'] }]), jobOf('x', [{ properties: ['sl5', 'sl6'] }])])
    expect(classify(job, policyOf(turned), [])).toEqual(classify(job, policyOf(parts), []));
});

test('the compiled form says what the plain one says', () => {
  const site = policyOf({ grid, sl5, sl6 });
  const classifier = createClassifier(site);
  for (const job of [jobOf('grid'), jobOf('other'), jobOf('old', [{ properties: ['sl6'] }])]) expect(classifier(job, [])).toEqual(classify(job, site, []));
});

test('a hundred thousand jobs are classified within seconds', () => {
  const classifier = createClassifier(policyOf({ grid, sl5, sl6, short: { serves: { queues: ['grid'], jobs: 'walltimeSeconds > 0 && owner != "x"' } } }));
  const job = jobOf('grid', [{ ppn: 2 }], { walltimeMs: 60_000 });
  const before = process.cpuUsage();
  for (let n = 0; n < 100_000; n++) classifier(job, []);
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(8);
});
