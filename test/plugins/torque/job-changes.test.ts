import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JobElements } from '../../../plugins/torque/job-elements.js';
import { JobsReader, readList } from '../../../plugins/torque/parse.js';
import { parseJob } from '../../../plugins/torque/parse-job.js';
import { PlainJobs } from '../../../plugins/torque/parse-plain.js';
import { SharedTexts } from '../../../plugins/torque/parse-shared.js';
import { clean } from '../../../plugins/torque/parse-text.js';
import { Failure } from '../../../src/drivers/failure.js';
import { changedList } from '../../../src/drivers/job-list-change.js';
import type { JobList } from '../../../src/drivers/job-lists.js';
import type { Job } from '../../../src/model/job.js';
import { bytesOf, fixtureNames } from './fixtures.js';

interface Given {
  readonly id: number;
  readonly state: 'Q' | 'H' | 'R';
  /** Element text as it is printed. */
  readonly extra: string;
  readonly remaining: number;
}

const record = ({ id, state, extra, remaining }: Given): string =>
  `<Job><Job_Id>${id}.srv.example.org</Job_Id><Job_Name>job-number-${id}</Job_Name><Job_Owner>alice@srv</Job_Owner><job_state>${state}</job_state>` +
  `<queue>grid</queue><ctime>1795233750</ctime><mtime>${1795233750 + remaining}</mtime><Rerunable>True</Rerunable>` +
  `<Resource_List><nodes>1:ppn=${1 + (id % 3)}:wn01</nodes></Resource_List><Variable_List>HOME=<&\x01,N=${id}</Variable_List>${extra}` +
  `${state === 'R' ? `<exec_host>wn01/${id}</exec_host><Walltime><Remaining>${remaining}</Remaining></Walltime>` : ''}</Job>`;
const document = (given: readonly Given[]): Buffer => Buffer.from(`<Data>${given.map(record).join('')}</Data>\n`, 'latin1');

const hostile = ['<comment>a & b</comment>', '<comment>a', '<comment>\x1b[31m\xff</comment>', '</Job><Job>', '<Job_Id>x</Job_Id>'];
const given: fc.Arbitrary<Given> = fc.record({
  id: fc.integer({ min: 1, max: 12 }),
  state: fc.constantFrom('Q', 'H', 'R'),
  extra: fc.oneof({ weight: 6, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom(...hostile, '<comment>&lt;ok&gt;</comment>') }),
  remaining: fc.integer({ min: 0, max: 2 }),
});

/** One reader over one list after the other, as a poller uses it. */
class Polls {
  readonly reader = new JobsReader('main');
  list: JobList = { jobs: [], warnings: [], unreadable: 0, showsNeednodes: undefined };
  fresh: readonly Job[] = [];

  poll(bytes: Uint8Array, nodes: readonly string[] = [], pieceBytes = 1000): JobList {
    this.reader.begin(nodes);
    const fresh: Job[] = [];
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      this.reader.feed(bytes.slice(at, at + pieceBytes));
      fresh.push(...this.reader.fresh());
    }
    const change = this.reader.end();
    fresh.push(...this.reader.fresh());
    this.fresh = fresh;
    this.list = changedList(this.list.jobs, change, fresh);
    return this.list;
  }
}

describe('one list of jobs after the other', () => {
  it('differences applied to the list before are the whole list, whatever the lists and their pieces', () => {
    const lists = fc.array(fc.array(given, { maxLength: 10 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 300 }), (documents, pieceBytes) => {
        const polls = new Polls();
        for (const one of documents) expect(polls.poll(document(one), [], pieceBytes)).toEqual(readList('main', [], [document(one)]));
      }),
      { numRuns: 300 },
    );
  });

  it('every recorded list read after every other is as if read alone', () => {
    const polls = new Polls();
    for (const name of fixtureNames.filter((file) => /qstat.*\.xml$/.test(file))) {
      expect(polls.poll(bytesOf(name)), name).toEqual(readList('main', [], [bytesOf(name)]));
      expect(polls.poll(bytesOf(name)), name).toEqual(readList('main', [], [bytesOf(name)]));
    }
  });

  const plain = (id: number, state: Given['state'] = 'Q', remaining = 0): Given => ({ id, state, extra: '', remaining });

  it('an unchanged job is the same record, an unchanged list the same array', () => {
    const polls = new Polls();
    const first = polls.poll(document([plain(1), plain(2), plain(3)])).jobs;
    expect(polls.poll(document([plain(1), plain(2), plain(3)])).jobs).toBe(first);
    const second = polls.poll(document([plain(1), plain(2, 'H'), plain(4), plain(3)])).jobs;
    expect(polls.fresh.map((job) => job.id)).toEqual(['2.srv.example.org', '4.srv.example.org']);
    expect([second[0], second[3]].map((job, at) => job === [first[0], first[2]][at])).toEqual([true, true]);
    expect(polls.poll(document([plain(3), plain(1)])).jobs.map((job) => second.includes(job))).toEqual([true, true]);
  });

  it('a running job whose time goes on is unchanged', () => {
    const polls = new Polls();
    const first = polls.poll(document([plain(1, 'R', 3600)])).jobs;
    expect(polls.poll(document([plain(1, 'R', 3585)])).jobs).toBe(first);
  });

  it('a list that is cut off changes nothing: the next one is compared with the last whole one', () => {
    const polls = new Polls();
    const first = polls.poll(document([plain(1), plain(2)])).jobs;
    const whole = document([plain(1), plain(3)]);
    for (const length of [1, 8, 100, whole.length - 3]) {
      expect(() => polls.poll(whole.subarray(0, length))).toThrow(Failure);
      expect(polls.list.jobs).toBe(first);
    }
    const next = polls.poll(whole).jobs;
    expect(next.map((job) => job.id)).toEqual(['1.srv.example.org', '3.srv.example.org']);
    expect(next[0]).toBe(first[0]);
    expect(polls.fresh).toHaveLength(1);
  });

  it('a damaged job costs only itself and is told at every poll', () => {
    const polls = new Polls();
    const bytes = document([plain(1), { ...plain(2), extra: '<comment>a & b</comment>' }, plain(3)]);
    const first = polls.poll(bytes);
    const second = polls.poll(bytes);
    expect(second.warnings).toEqual(first.warnings);
    expect(second.warnings).toHaveLength(1);
    expect(polls.fresh.map((job) => job.id)).toEqual(['2.srv.example.org']);
    expect([second.jobs[0] === first.jobs[0], second.jobs[2] === first.jobs[2]]).toEqual([true, true]);
  });

  it('looks at every job anew when the listed nodes change: a word may now be a host', () => {
    const polls = new Polls();
    const bytes = document([plain(1)]);
    expect(polls.poll(bytes).jobs[0]?.request.unsupported).toEqual([]);
    expect(polls.poll(bytes, ['wn01']).jobs[0]?.request.unsupported).toEqual(['host wn01']);
    expect(polls.poll(bytes, []).jobs[0]?.request.unsupported).toEqual([]);
  });

  it('forgotten, everything is fresh', () => {
    const polls = new Polls();
    const bytes = document([plain(1), plain(2)]);
    polls.poll(bytes);
    polls.reader.forget();
    polls.poll(bytes);
    expect(polls.fresh).toHaveLength(2);
  });
});

describe('a job read without an XML parser', () => {
  const name = fc.constantFrom('Job_Name', 'queue', 'comment', 'x', 'Resource_List', 'Walltime', 'nodes', 'Job_Id', 'etime');
  const text = fc.oneof(
    fc.constantFrom('a', '', '&amp;', '&', '&#65;', ']]>', '\r\n', ' \n\t', '>', '\u0001', 'ü€😀', '"', "it's"),
    fc.string({ maxLength: 5 }),
  );
  const element: fc.Arbitrary<string> = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(name, text).map(([n, t]) => `<${n}>${t}</${n}>`) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(name, fc.array(fc.tuple(name, text), { maxLength: 3 }))
        .map(([n, c]) => `<${n}>${c.map(([m, t]) => `<${m}>${t}</${m}>`).join('')}</${n}>`),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('<a/>', '<a b="c">d</a>', '<!-- c -->', '<![CDATA[x]]>', '<?pi?>', '<a>', '</a>', '<x><y><z>1</z></y></x>', 'text', ' '),
    },
  );

  /** Reads each job as the reader does, and where no parser was needed, as the parser does. Gives how many needed none. */
  function agree(bodies: readonly string[]): number {
    const shared = new SharedTexts();
    const quick = new PlainJobs(shared);
    let plain = 0;
    for (const body of bodies) {
      const raw = `<Job>${body}</Job>`;
      if (raw.lastIndexOf('<Job>') > 0 || raw.indexOf('</Job>') < raw.length - 6) continue;
      const read = quick.byShape(raw) ?? quick.read(clean(raw));
      if (read === undefined) continue;
      plain += 1;
      const parsed = new JobElements(shared).read(clean(raw));
      expect(parsed.damaged, raw).toBeUndefined();
      expect(
        parseJob('main', '1', read, () => false),
        raw,
      ).toEqual(parseJob('main', '1', parsed, () => false));
      expect(new Map(read.resources), raw).toEqual(new Map(parsed.resources));
      expect(read.own.get('Job_Id'), raw).toBe(parsed.own.get('Job_Id'));
    }
    return plain;
  }

  it('is as the parser reads it, or left to the parser, whatever its elements', () => {
    fc.assert(
      fc.property(fc.array(fc.array(element, { maxLength: 8 }), { minLength: 1, maxLength: 4 }), (jobs) => {
        const bodies = jobs.map((parts) => parts.join(''));
        agree([...bodies, ...bodies, ...bodies]);
      }),
      { numRuns: 800 },
    );
  });

  it('is as the parser reads it when jobs of one order of elements follow each other', () => {
    const names = ['Job_Id', 'Job_Name', 'comment', 'Error_Path', 'Resource_List', 'etime'];
    const inside = (name: string, texts: readonly string[], at: number): string =>
      name === 'Resource_List' ? `<nodes>${texts[at] ?? ''}</nodes><walltime>1:00</walltime>` : (texts[at] ?? '');
    const texts = fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant('plain') }, { weight: 1, arbitrary: text }), { minLength: 6, maxLength: 6 });
    const ordinary = Array.from({ length: 6 }, () => 'plain');
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 6 }), (jobs) => {
        const bodies = [ordinary, ordinary, ...jobs].map((row) => names.map((name, at) => `<${name}>${inside(name, row, at)}</${name}>`).join(''));
        expect(agree(bodies)).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 800 },
    );
  });
});
