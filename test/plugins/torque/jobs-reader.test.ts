import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAnywhere } from '../../../plugins/torque/parse-job.js';
import { Failure } from '../../../src/drivers/failure.js';
import { isEligible } from '../../../src/model/job.js';
import { bytesOf, fixtureNames, jobsOf } from './fixtures.js';

const job = (id: number, extra = '', state = 'Q'): string =>
  `<Job><Job_Id>${id}.srv</Job_Id><Job_Name>j${id}</Job_Name><Job_Owner>alice@srv</Job_Owner><job_state>${state}</job_state><queue>grid</queue>` +
  `<ctime>1795233750</ctime><Rerunable>True</Rerunable>${extra}</Job>`;
const list = (...jobs: readonly string[]): Buffer => Buffer.from(`<Data>${jobs.join('')}</Data>\n`, 'latin1');
const idsOf = (bytes: Uint8Array): string[] => jobsOf(bytes).jobs.map((j) => j.id);
const failureOf = (work: () => unknown): Failure => {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  throw new Error('a Failure was expected');
};

describe('the list of jobs', () => {
  it('is empty for no bytes, blank bytes and an empty document, with or without a declaration', () => {
    for (const text of ['', ' \n', '<Data></Data>', '<Data/>', '<?xml version="1.0"?>\n<Data></Data>\n']) {
      expect(jobsOf(Buffer.from(text))).toMatchObject({ jobs: [], warnings: [], unreadable: 0 });
    }
  });

  it('is garbled when it is cut off anywhere', () => {
    const whole = list(job(1), job(2), job(3));
    for (let length = 1; length < whole.length - 1; length++) {
      expect(failureOf(() => jobsOf(whole.subarray(0, length))).kind, `${length} bytes`).toBe('garbled');
    }
    expect(idsOf(whole.subarray(0, whole.length - 1))).toEqual(['1.srv', '2.srv', '3.srv']);
  });

  it('is garbled when it is no such document, or when more follows', () => {
    for (const text of ['qstat: cannot connect', 'Job id  Name\n', '<Other></Other>', '<Data></Data>noise', '<html><Data></Data></html>']) {
      expect(failureOf(() => jobsOf(Buffer.from(text))).kind).toBe('garbled');
    }
  });

  it('takes control bytes and invalid UTF-8 out of a name and keeps the job', () => {
    const { jobs, warnings } = jobsOf(list(job(1, '<comment>a\x1b[31m\x01b\xff\x00\x0b</comment>'), job(2)));
    expect(jobs[0]?.comment).toBe('a[31mb\ufffd');
    expect(jobs).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  const ills: readonly (readonly [string, string])[] = [
    ['a raw &', '<comment>a & b</comment>'],
    ['a raw <', '<comment>a < b</comment>'],
    ['an unknown entity', '<comment>&bomb;</comment>'],
    ['a control character by number', '<comment>&#27;</comment>'],
    ['an element that does not close', '<comment>a'],
    ['elements that close crosswise', '<a><b></a></b>'],
    ['a comment that does not end', '<!-- '],
    ['a CDATA that does not end', '<![CDATA[ '],
    ['a processing instruction that does not end', '<?xml '],
    ['a quote that does not end', '<comment a="b></comment>'],
  ];
  for (const [what, bytes] of ills) {
    it(`loses at most the job with ${what}, and says so`, () => {
      const { jobs, warnings, unreadable } = jobsOf(list(job(1), job(2, bytes), job(3)));
      expect(jobs.map((j) => [j.id, j.damaged !== undefined])).toEqual([
        ['1.srv', false],
        ['2.srv', true],
        ['3.srv', false],
      ]);
      expect(unreadable).toBe(0);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('2.srv');
    });
  }

  it('still knows where a damaged job runs, or says that it may be anywhere', () => {
    const here = '<exec_host>wn01/0-1+wn02/3</exec_host>';
    const known = jobsOf(list(job(1, `${here}<comment>a & b</comment>`, 'R'))).jobs[0];
    expect(known).toMatchObject({
      damaged: expect.any(String),
      state: 'running',
      execHosts: [
        { node: 'wn01', slots: 2 },
        { node: 'wn02', slots: 1 },
      ],
    });
    const unknown = jobsOf(list(job(1, '<exec_host>wn<01/0</exec_host>', 'R'))).jobs[0];
    expect(unknown === undefined || isAnywhere(unknown)).toBe(true);
    const noState = jobsOf(list(job(1, '', '?'))).jobs[0];
    expect(noState).toMatchObject({ damaged: expect.stringContaining('unknown') });
    expect(noState !== undefined && isAnywhere(noState) && !isEligible(noState)).toBe(true);
  });

  it('counts a record without a readable id as unreadable', () => {
    for (const broken of ['<Job><Job_Id>1.srv; rm</Job_Id></Job>', '<Job></Job>', '<Job><Job_Name>x</Job_Name></Job>', '<Job><Job_Id>', '</Job>']) {
      const { jobs, unreadable, warnings } = jobsOf(list(job(1), broken, job(3)));
      expect(jobs.map((j) => j.id)).toEqual(['1.srv', '3.srv']);
      expect(unreadable).toBe(1);
      expect(warnings).toHaveLength(1);
    }
  });

  it('finds the next job after one whose end is missing', () => {
    const { jobs } = jobsOf(list(job(1), '<Job><Job_Id>2.srv</Job_Id><job_state>R</job_state><exec_ho', job(3)));
    expect(jobs.map((j) => [j.id, j.damaged])).toEqual([
      ['1.srv', undefined],
      ['2.srv', expect.stringContaining('does not end')],
      ['3.srv', undefined],
    ]);
  });

  it('never looks into what the user put into environment and command line', () => {
    const poison = '<Variable_List>A=<&\x01</b>&bomb;</Variable_List>';
    const { jobs, warnings } = jobsOf(list(job(1, `${poison}<submit_args>-v <<&></submit_args><queue_rank>1</queue_rank>`)));
    expect(jobs).toHaveLength(1);
    expect(jobs[0]?.damaged).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('does not read a record of many megabytes, and reads the one after it', () => {
    const huge = job(1, `<comment>${'x'.repeat(9 * 1024 * 1024)}</comment>`);
    const bytes = list(huge, job(2));
    for (const piece of [1_000_003, bytes.length]) {
      const { jobs } = jobsOf(bytes, piece);
      expect(jobs.map((j) => [j.id, j.damaged])).toEqual([
        ['1.srv', 'its record is too long'],
        ['2.srv', undefined],
      ]);
    }
  });

  it('names a request outside Resource_List as unserved', () => {
    const request = (extra: string): readonly string[] | undefined => jobsOf(list(job(1, extra))).jobs[0]?.request.unsupported;
    expect(request('<request_version>2</request_version>')).toEqual(['-L']);
    expect(request('<request_version>1</request_version>')).toEqual([]);
    expect(request('<req_information><task_count.0>1</task_count.0></req_information>')).toEqual(['-L']);
    expect(request('<x>GRES:lic</x>')).toEqual(['-W x=GRES:lic']);
  });

  it('marks a job that lacks what every job has', () => {
    const bare = jobsOf(list('<Job><Job_Id>1.srv</Job_Id><job_state>Q</job_state></Job>')).jobs[0];
    expect(bare?.damaged).toBe('it has no time of submission; it names no queue');
  });

  it('is the same however it is cut into pieces', () => {
    const files = fixtureNames.filter((name) => /qstat.*\.xml$/.test(name));
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.integer({ min: 1, max: 3000 }), (file, piece) => {
        expect(jobsOf(bytesOf(file), piece)).toEqual(jobsOf(bytesOf(file), 1 << 20));
      }),
      { numRuns: 60 },
    );
  });

  it('never raises anything but garbled, and the same in pieces, whatever the bytes', () => {
    const fragment = fc.oneof(
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('<Data>', '</Data>', '<Job>', '</Job>', '<Job_Id>7.srv</Job_Id>', '<job_state>R</job_state>', '<x>', '&lt;', '&', '<')
        .map((t) => Buffer.from(t)),
      fc.constantFrom(job(1), job(2, '<x>'), job(3, '<Resource_List><nodes>2:ppn=2</nodes></Resource_List>')).map((t) => Buffer.from(t)),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), fc.boolean(), fc.integer({ min: 1, max: 40 }), (parts, framed, piece) => {
        const bytes = framed ? Buffer.concat([Buffer.from('<Data>'), ...parts, Buffer.from('</Data>')]) : Buffer.concat(parts);
        const outcome = (size: number): unknown => {
          try {
            return jobsOf(bytes, size);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(Failure);
            return (thrown as Failure).kind;
          }
        };
        const whole = outcome(bytes.length + 1);
        expect(outcome(piece)).toEqual(whole);
        if (typeof whole === 'string') expect(whole).toBe('garbled');
      }),
      { numRuns: 1500 },
    );
  });

  it('loses at most one job to noise inside one job', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 30 }), (noise) => {
        const bytes = Buffer.concat([Buffer.from(`<Data>${job(1)}`), Buffer.from(job(2).slice(0, -6)), noise, Buffer.from(`</Job>${job(3)}</Data>`)]);
        const ids = idsOf(bytes);
        expect(ids).toContain('1.srv');
        expect(ids).toContain('3.srv');
      }),
      { numRuns: 500 },
    );
  });
});
