import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hostAmong,
  parseExecHosts,
  parseListed,
  parseNodeJobs,
  parseNodes,
  parsePrinted,
  parseQueues,
  parseRequest,
  parseServer,
} from '../../../plugins/torque/parse.js';
import { durationMs, mebibytes } from '../../../plugins/torque/parse-text.js';
import { complaints, kindOf, meansNoNodes, refusal } from '../../../plugins/torque/refusals.js';
import { Failure } from '../../../src/drivers/failure.js';
import { bytesOf, textOf } from './fixtures.js';

const isHost = hostAmong(new Set(['wn01', 'wn02']));
const request = (resources: Readonly<Record<string, string>>) => parseRequest(new Map(Object.entries(resources)), isHost);

describe('a job request', () => {
  const chunks: readonly (readonly [string, unknown])[] = [
    ['1', [{ count: 1, ppn: 1, properties: [] }]],
    ['4:ppn=8', [{ count: 4, ppn: 8, properties: [] }]],
    ['2:sl5:ppn=2:big-mem', [{ count: 2, ppn: 2, properties: ['sl5', 'big-mem'] }]],
    ['sl6', [{ count: 1, ppn: 1, properties: ['sl6'] }]],
    ['sl6:ppn=3', [{ count: 1, ppn: 3, properties: ['sl6'] }]],
    [
      '1:sl5+2:ppn=2:sl6+x86_64',
      [
        { count: 1, ppn: 1, properties: ['sl5'] },
        { count: 2, ppn: 2, properties: ['sl6'] },
        { count: 1, ppn: 1, properties: ['x86_64'] },
      ],
    ],
  ];
  for (const [text, expected] of chunks) {
    it(`reads nodes=${text} whole`, () => expect(request({ nodes: text })).toEqual({ chunks: expected, unsupported: [] }));
  }

  const unserved: readonly (readonly [Readonly<Record<string, string>>, readonly string[]])[] = [
    [{ nodes: 'wn01:ppn=2' }, ['host wn01']],
    [{ nodes: 'wn09.example.org+2:ppn=2' }, ['host wn09.example.org']],
    [{ nodes: '1:ppn=2:gpus=1' }, ['gpus=1']],
    [{ nodes: '1:mics=2' }, ['mics=2']],
    [{ nodes: '2:ppn=two' }, ['nodes=2:ppn=two']],
    [{ nodes: '0:ppn=2' }, ['nodes=0:ppn=2']],
    [{ nodes: '2:ppn=0' }, ['nodes=2:ppn=0']],
    [{ nodes: '2:ppn=2#shared' }, ['nodes=2:ppn=2#shared']],
    [{ nodes: '' }, ['nodes=']],
    [{ nodes: '1++1' }, ['nodes=1++1']],
    [{ procs: '0' }, ['procs=0']],
    [{ procs: 'many' }, ['procs=many']],
    [{ mem: '2 gigs' }, ['mem=2 gigs']],
    [{ walltime: 'tomorrow' }, ['walltime=tomorrow']],
    [{ gpus: '2' }, ['gpus=2']],
    [{ feature: 'foo' }, ['feature=foo']],
    [{ host: 'wn01' }, ['host=wn01']],
    [{ ncpus: '4' }, ['ncpus=4']],
    [{ naccesspolicy: 'singlejob' }, ['naccesspolicy=singlejob']],
  ];
  for (const [resources, expected] of unserved) {
    it(`names ${JSON.stringify(resources)} as not served`, () => expect(request(resources).unsupported).toEqual(expected));
  }

  it('passes over what changes nothing', () => {
    expect(request({ neednodes: 'sl5', nodect: '2', cput: '01:00', nice: '5', ncpus: '1' })).toEqual({ chunks: [], unsupported: [] });
  });

  it('takes virtual memory for memory only where no physical one is asked for', () => {
    expect(request({ mem: '1gb', vmem: '4gb' }).memoryMiB).toBe(1024);
    expect(request({ vmem: '4gb' }).memoryMiB).toBe(4096);
    expect(request({ pvmem: '300mb' }).memoryPerProcMiB).toBe(300);
  });

  it('never raises, whatever users write', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('nodes', 'procs', 'mem', 'walltime', 'pmem', 'gpus', '__proto__'), fc.string()), (resources) => {
        const read = request(resources);
        expect(read.chunks.every((c) => c.count > 0 && c.ppn > 0)).toBe(true);
      }),
    );
  });
});

describe('units', () => {
  it('reads times as TORQUE writes them', () => {
    expect(['90', '01:30', '02:00:00', '1:00:00:00', '00:00:10.5'].map(durationMs)).toEqual([90_000, 90_000, 7_200_000, 86_400_000, 10_000]);
    expect(['', 'x', '1:2:3:4:5', '-1', '1:-1'].map(durationMs)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  it('reads sizes as TORQUE writes them, rounded up to MiB', () => {
    expect(['2gb', '500mb', '1tb', '2048kb', '1mw', '1048577b', '1048576', '10W', '0kb', '2G'].map(mebibytes)).toEqual([
      2048, 500, 1_048_576, 2, 8, 2, 1, 1, 0, 2048,
    ]);
    expect(['', 'gb', '1.5gb', '-1mb', '1pb'].map(mebibytes)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });
});

describe('slots', () => {
  it('reads both ways of writing the jobs of a node', () => {
    expect(parseNodeJobs('')).toEqual([]);
    expect(parseNodeJobs('0/1.srv,1/1.srv,2/10[3].srv')).toEqual([
      { id: '1.srv', slots: 2 },
      { id: '10[3].srv', slots: 1 },
    ]);
    expect(parseNodeJobs('0-1/0.srv,2/7.srv')).toEqual([
      { id: '0.srv', slots: 2 },
      { id: '7.srv', slots: 1 },
    ]);
    expect(parseNodeJobs('0,2-3/5.srv, 1/6.srv')).toEqual([
      { id: '5.srv', slots: 3 },
      { id: '6.srv', slots: 1 },
    ]);
  });

  it('reads both ways of writing where a job runs', () => {
    expect(parseExecHosts('wn01.x/0+wn01.x/1+wn02.x/0')).toEqual([
      { node: 'wn01.x', slots: 2 },
      { node: 'wn02.x', slots: 1 },
    ]);
    expect(parseExecHosts('wn02/0-1+wn01/0,3')).toEqual([
      { node: 'wn02', slots: 2 },
      { node: 'wn01', slots: 2 },
    ]);
  });

  it('overlooks no job that it cannot read', () => {
    for (const text of ['x/1.srv', '0/', '3-1/1.srv', '0/1.srv,7', '0-9999999/1.srv', '/1.srv']) expect(() => parseNodeJobs(text)).toThrow(Failure);
    for (const text of ['wn01', '/0', 'wn01/', 'wn01/a', 'wn01/0+', 'wn01/2-1']) expect(() => parseExecHosts(text)).toThrow(Failure);
  });

  it('counts every slot it writes', () => {
    const slots = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[1-9]\d{0,3}$/), slots), (jobs) => {
        const text = Object.entries(jobs)
          .flatMap(([id, taken]) => taken.map((slot) => `${slot}/${id}.srv`))
          .join(',');
        const read = parseNodeJobs(text);
        expect(Object.fromEntries(read.map((j) => [j.id, j.slots]))).toEqual(
          Object.fromEntries(Object.entries(jobs).map(([id, taken]) => [`${id}.srv`, taken.length])),
        );
      }),
    );
  });
});

describe('a list of nodes', () => {
  const node = (inner: string): string => `<Data><Node><name>wn01</name><state>free</state><np>2</np>${inner}</Node></Data>\n`;

  it('is garbled as a whole when any node is, or when it is cut off', () => {
    const whole = textOf('v6-pbsnodes-x-jobs.xml').trimEnd();
    for (let length = 0; length < whole.length; length += 7) expect(() => parseNodes(whole.slice(0, length))).toThrow(Failure);
    for (const inner of [
      '<note>a & b</note>',
      '<note>a < b</note>',
      '<jobs>who</jobs>',
      '</Node><Node><np>1</np>',
      '</Node><Node><name>x</name><state>free</state>',
    ]) {
      expect(() => parseNodes(node(inner)), inner).toThrow(Failure);
    }
  });

  it('takes control bytes out of a note', () => expect(parseNodes(node('<note>a\u0001b</note>'))[0]?.note).toBe('ab'));

  it('is empty for an empty document and reads several documents', () => {
    expect(parseNodes('<Data></Data>')).toEqual([]);
    expect(parseNodes(node('') + node('').replace('wn01', 'wn02')).map((n) => n.name)).toEqual(['wn01', 'wn02']);
  });

  it('tolerates unknown words and elements, and finds rectime wherever it stands', () => {
    const [read] = parseNodes(node('<power_state>x</power_state><status>uname=Linux a #1 b,jobs=1.srv 2.srv,message=ERROR,x,rectime=12</status>'));
    expect(read).toMatchObject({ momJobs: ['1.srv', '2.srv'], reportedAt: 12_000 });
  });

  it('never raises anything but garbled', () => {
    const pieces = fc.constantFrom(
      '<Data>',
      '</Data>',
      '<Node>',
      '</Node>',
      '<name>a</name>',
      '<np>1</np>',
      '<state>free</state>',
      '<__proto__>',
      '&',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 10 }), (parts) => {
        try {
          parseNodes(parts.join(''));
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'Failure', kind: 'garbled' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what qmgr and qstat list', () => {
  it('is empty for nothing, garbled for anything else', () => {
    expect(parseQueues('')).toEqual([]);
    expect(parseQueues('\n')).toEqual([]);
    for (const text of ['noise', 'Queue: a\nnoise', '    key = value', 'Queue: a\n    = b']) expect(() => parseQueues(text)).toThrow(Failure);
    expect(() => parseServer('Queue: a\n    enabled = True\n')).toThrow(/server should be listed/);
    expect(() => parsePrinted('set nothing')).toThrow(Failure);
  });

  it('unfolds both ways of folding', () => {
    const [server] = parseListed('Server srv\n\tscheduling = True\n\tmanagers = a@*,\n                 b@*\n\tempty = \n\n');
    expect([...(server?.attributes ?? [])]).toEqual([
      ['scheduling', 'True'],
      ['managers', 'a@*,b@*'],
      ['empty', ''],
    ]);
  });

  it('takes scheduling that is not shown for off', () => {
    expect(parseServer('Server srv\n\tdefault_queue = any\n')).toEqual({
      name: 'srv',
      version: 'unknown',
      scheduling: false,
      iterationMs: 600_000,
      autoNodeNp: false,
    });
    expect(parseServer('Server srv\n\tscheduling = True\n\tscheduler_iteration = 60\n\tauto_node_np = True\n')).toMatchObject({
      scheduling: true,
      iterationMs: 60_000,
      autoNodeNp: true,
    });
  });

  it('never raises anything but garbled', () => {
    const anything = fc.oneof(fc.string(), fc.stringMatching(/^(Server a|Queue: b|\tkey = value| {4}x = |\n){0,9}$/));
    fc.assert(
      fc.property(anything, (text) => {
        for (const read of [parseListed, parsePrinted, parseQueues, parseServer]) {
          try {
            read(text);
          } catch (thrown) {
            expect(thrown).toMatchObject({ name: 'Failure', kind: 'garbled' });
          }
        }
      }),
    );
  });
});

describe('refusals', () => {
  it('tell no nodes from no server', () => {
    expect(meansNoNodes(1, 'pbsnodes: cannot connect to server srv, error=111 (Connection refused)')).toBe(false);
    expect(meansNoNodes(0, 'No nodes found')).toBe(false);
  });

  it('name trqauthd when it does not run', () => {
    expect(refusal('asking', 33, 'socket_connect_unix failed: 15137\n')).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('trqauthd') });
  });

  it('know an exit code without a word, and call the unknown uncertain', () => {
    expect(refusal('asking', 153, '').kind).toBe('absent');
    expect(refusal('asking', 42, '').kind).toBe('uncertain');
    expect(refusal('asking', 224, 'qdel: Server could not connect to MOM 1.srv').kind).toBe('uncertain');
    expect(kindOf('all is well')).toBeUndefined();
  });

  it('find what pbsnodes and qmgr complain of although they exit 0', () => {
    const stderr = [
      'qmgr obj=wn01 svr=default: Unauthorized Request  MSG=error in permissions (PERM_OPorMGR)',
      'Error marking node wn02 - Unknown node ',
      'something else',
      'qmgr obj=wn03 svr=default: Illegal value for  np',
    ].join('\n');
    expect([...complaints(stderr)].map(([name, failure]) => [name, failure.kind])).toEqual([
      ['wn01', 'denied'],
      ['wn02', 'absent'],
      ['wn03', 'refused'],
    ]);
  });
});

it('reads a node list of thousands without a hitch', () => {
  const one = bytesOf('pbsnodes-x-free.xml').toString().replace('<Data>', '').replace('</Data>', '').trim();
  expect(parseNodes(`<Data>${one.repeat(1000)}</Data>`)).toHaveLength(3000);
});
