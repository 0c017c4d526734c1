import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../plugins/xen/answers.js';
import { joinGuests, parseInfo, parseList, parseStates } from '../../../plugins/xen/parse.js';
import { Failure, type FailureKind } from '../../../src/drivers/failure.js';
import type { GuestState } from '../../../src/model/host.js';

const folder = join(import.meta.dirname, '../../fixtures/xl');
const files = readdirSync(folder).filter((name) => name !== 'README.md');
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** `xl list [-v]`: [name, domid, MiB, vcpus, state] of every domain but Dom0. */
const tables: Record<string, readonly (readonly [string, number, number, number, GuestState])[]> = {
  'list-dom0-only.out': [],
  'list-just-created.out': [['t1', 1, 128, 1, 'running']],
  'list-t1.out': [['t1', 1, 128, 1, 'blocked']],
  'list-one.out': [['t1', 1, 128, 1, 'blocked']],
  'list-v.out': [['t1', 1, 128, 1, 'blocked']],
  'list-n.out': [['t1', 1, 128, 1, 'blocked']],
  'list-mem-set.out': [['t1', 1, 192, 1, 'blocked']],
  'list-mem-set-down.out': [['t1', 1, 100, 1, 'blocked']],
  'list-paused.out': [['t1', 1, 100, 1, 'paused']],
  'list-after-errors.out': [['t1', 1, 100, 1, 'blocked']],
  'list-after-save.out': [],
  'list-after-restore.out': [['t1', 7, 100, 1, 'blocked']],
  'list-rebooting.out': [['t1', 7, 100, 1, 'rebooting']],
  'list-rebooted.out': [['t1', 8, 100, 1, 'blocked']],
  'list-after-shutdown.out': [['t1', 8, 100, 1, 'shutdown']],
  'list-pvh.out': [['tpvh', 10, 128, 1, 'blocked']],
  'list-crashed.out': [['tcrash', 13, 128, 2, 'crashed']],
  'list-v-crashed.out': [['tcrash', 13, 128, 2, 'crashed']],
  'list-no-init.out': [],
  'list-half-made-v.out': [['k6000', 5, 0, 0, 'paused']],
  'list-shut-preserve.out': [['tpre', 15, 128, 2, 'shutdown']],
  'disk-list.out': [
    ['raw', 3, 128, 1, 'blocked'],
    ['qcow2', 4, 128, 1, 'blocked'],
    ['keyval', 5, 128, 1, 'blocked'],
  ],
  'disk-list-2.out': [
    ['qcow2', 4, 128, 1, 'blocked'],
    ['twice', 6, 128, 1, 'running'],
  ],
};

/** `xl list -l`: [name, domid, max vcpus, max MiB, target MiB, disks]. */
const lists: Record<string, readonly (readonly [string, number, number, number, number, readonly string[]])[]> = {
  'list-l-dom0-only.out': [],
  'list-half-made-l.out': [],
  'list-l-one.out': [['t1', 1, 2, 256, 128, []]],
  'list-l-t1.out': [['t1', 1, 2, 256, 128, []]],
  'list-l-pvh.out': [['tpvh', 10, 2, 256, 128, []]],
  'list-l-crashed.out': [['tcrash', 13, 2, 256, 128, []]],
  'disk-list-l.out': [
    ['raw', 3, 1, 128, 128, ['/share/images/copy.raw']],
    ['qcow2', 4, 1, 128, 128, ['/share/images/ov1.qcow2']],
    ['keyval', 5, 1, 128, 128, ['/share/images/ov2.qcow2']],
  ],
};

/** `xl info`: free MiB. */
const infos: Record<string, number> = { 'info.out': 1004, 'info-n.out': 1004, 'info-with-t1.out': 876 };

/** What failed commands said. */
const complaints: Record<string, FailureKind> = {
  'create-bad-syntax.err': 'refused',
  'create-bad-value.err': 'refused',
  'create-missing-bridge.err': 'refused',
  'create-missing-disk.err': 'absent',
  'create-missing-kernel.err': 'absent',
  'create-name-exists.err': 'exists',
  'create-no-file.err': 'absent',
  'create-no-memory.err': 'full',
  'destroy-unknown.err': 'absent',
  'disk-block-detach.err': 'refused',
  'domid-unknown.err': 'absent',
  'list-unknown.err': 'absent',
  'mem-set-bad.err': 'refused',
  'mem-set-too-much.err': 'refused',
  'restore-bad.err': 'refused',
  'shutdown-crashed.err': 'refused',
  'shutdown-deaf-w.err': 'refused',
  'shutdown-preserve.err': 'refused',
  'shutdown-unknown.err': 'absent',
  'unknown-command.err': 'refused',
  'usage.err': 'refused',
  'vcpu-set-too-many.err': 'refused',
};

const garbledBy = (read: () => unknown): boolean => {
  try {
    read();
    return false;
  } catch (thrown) {
    return thrown instanceof Failure && thrown.kind === 'garbled';
  }
};

describe('every recorded file of xl', () => {
  it.each(files)('%s is read as what it is, or refused as garbled', (name) => {
    const content = text(name);
    const table = tables[name];
    const list = lists[name];
    const info = infos[name];
    const complaint = complaints[name];
    if (table !== undefined) expect(parseStates(content).map((r) => [r.name, r.domid, r.memoryMiB, r.vcpus, r.state])).toEqual(table);
    else expect(garbledBy(() => parseStates(content))).toBe(true);
    if (list !== undefined) expect(parseList(content).map((d) => [d.name, d.domid, d.maxVcpus, d.maxMemoryMiB, d.targetMiB, d.disks])).toEqual(list);
    else expect(garbledBy(() => parseList(content))).toBe(true);
    if (info !== undefined) expect(parseInfo(content)).toMatchObject({ cores: 2, memoryMiB: 1535, freeMemoryMiB: info });
    else expect(garbledBy(() => parseInfo(content))).toBe(true);
    if (complaint !== undefined) expect(kindOf(content)).toBe(complaint);
  });

  it('has no expectation for a file that is not there', () => {
    const expected = [tables, lists, infos, complaints].flatMap((table) => Object.keys(table));
    expect(expected.filter((name) => !files.includes(name))).toEqual([]);
  });
});

describe('what the recorded host and guests are', () => {
  it('sees PVH and live migration where paging is assisted, and no live migration of PV without shadow paging', () => {
    expect(parseInfo(text('info.out')).capabilities).toEqual(['pv', 'hvm', 'pvh', 'hap', 'live-migration']);
    const without = text('info.out').replace('pv hvm hap', 'pv hvm');
    expect(parseInfo(without).capabilities).toEqual(['pv']);
    expect(parseInfo(text('info.out').replace('pv hvm hap', 'pv shadow')).capabilities).toEqual(['pv', 'pv-live-migration']);
  });

  it('tells what the processors can do, as one word of features', () => {
    expect(parseInfo(text('info.out')).cpuFeatures).toBe('178bf3fd:80002001:20100800:00000007:00000000:00000000:00000000:00000000');
    expect(parseInfo(text('info.out').replace('178bf3fd', 'nonsense')).cpuFeatures).toBeUndefined();
  });

  it('joins table and JSON of one look into guests', () => {
    expect(joinGuests(parseStates(text('list-v-crashed.out')), parseList(text('list-l-crashed.out')))).toEqual([
      {
        uuid: '416faf09-125d-40e1-95e1-d881ba6e6cf6',
        name: 'tcrash',
        domid: 13,
        state: 'crashed',
        memoryMiB: 128,
        targetMiB: 128,
        maxMemoryMiB: 256,
        vcpus: 2,
        maxVcpus: 2,
        cpuSeconds: 3.6,
        disks: [],
      },
    ]);
  });

  it('counts a domain that only one of the two lists has', () => {
    const onlyTable = joinGuests(parseStates(text('list-v.out')), []);
    expect(onlyTable).toMatchObject([{ name: 't1', uuid: '715fd244-a99a-4a75-9ab6-7818b66d818b', memoryMiB: 128, maxMemoryMiB: 128, disks: [] }]);
    const onlyJson = joinGuests([], parseList(text('list-l-t1.out')));
    expect(onlyJson).toMatchObject([{ name: 't1', uuid: '715fd244-a99a-4a75-9ab6-7818b66d818b', state: 'paused', targetMiB: 128 }]);
  });

  it('sees the others beside a domain that lacks everything but its number', () => {
    const odd = JSON.stringify([{ domid: 3 }, { domid: 4, config: { c_info: { name: null }, disks: [{ pdev_path: null }, { pdev_path: '/a' }] } }]);
    expect(parseList(odd)).toMatchObject([
      { domid: 3, name: '', disks: [] },
      { domid: 4, name: '', disks: ['/a'] },
    ]);
  });

  it('refuses a table cut off within a line', () => {
    const cut = text('list-v.out').slice(0, -90);
    expect(garbledBy(() => parseStates(cut))).toBe(true);
  });

  it('reads a name with blanks, as other tools may give', () => {
    const [row] = parseStates(text('list-v.out').replace(/^t1 {4}/m, 'my vm '));
    expect(row).toMatchObject({ name: 'my vm', domid: 1 });
  });
});
