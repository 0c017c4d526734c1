import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exportsOf, ganeshaConf, kernelExports, numbered, withoutClients } from '../../src/boot/exports.js';
import { choice, host, minute, noon, seen, site } from './given-boot.js';

const states = [
  {},
  { choice: choice({ system: 'classroom' }) },
  { choice: choice() },
  { choice: choice(), now: noon + 20 * minute },
  { choice: choice(), seen: seen() },
  { choice: choice(), seen: seen({ root: 'v0' }) },
  { choice: choice(), seen: seen({ lost: { at: noon, how: 'gone' } }) },
  { choice: choice(), seen: seen({ lost: { at: noon - minute, how: 'silent' } }) },
  { choice: choice(), seen: seen({ lost: { at: noon - 15 * minute, how: 'silent' } }) },
] as const;

describe('exports follow what each host is', () => {
  test('nothing at all is exported while everybody is in the classroom', () => {
    const closed = site([host(1), host(2, states[6])]);
    expect(exportsOf(closed)).toEqual([]);
    expect(ganeshaConf(closed, [], {})).not.toContain('EXPORT {');
    expect(kernelExports(closed, [], {}).split('\n')).toHaveLength(2);
  });

  test('one that is still booting reads its root, and neither images nor disks', () => {
    expect(exportsOf(site([host(1, states[2])]))).toEqual([{ path: '/srv/domus/roots/v1/root', write: false, clients: ['10.1.0.11'] }]);
  });

  test('whatever the hosts are, a closed one is named nowhere, and one that showed its secret may write its own disks only', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 6 }), (given) => {
        const all = site(given.map((state, at) => host(at + 1, state)));
        const exports = exportsOf(all);
        const named = new Set(exports.flatMap(({ clients }) => clients));
        for (const each of all.hosts) {
          expect(named.has(each.address)).toBe(each.state.open);
          const writes = exports.filter(({ write, clients }) => write && clients.includes(each.address)).map(({ path }) => path);
          expect(writes).toEqual(each.state.runs === 'dom0' ? [`/srv/domus/overlays/${each.name}`] : []);
        }
        expect(exports.every(({ clients }) => clients.length > 0)).toBe(true);
        expect(exports.filter(({ write, clients }) => write && clients.length !== 1)).toEqual([]);
      }),
    );
  });

  test('where disks are shared by the pool, its open hosts write one folder, and closed ones none', () => {
    const all = site([host(1, states[4]), host(2, states[5]), host(3), host(4, states[2])], { overlays: 'pool' });
    expect(exportsOf(all).filter(({ write }) => write)).toEqual([{ path: '/srv/domus/overlays/lab', write: true, clients: ['10.1.0.11', '10.1.0.12'] }]);
  });

  test('a host that runs an old root keeps it, and may mount the one it boots next', () => {
    const paths = exportsOf(site([host(1, states[5])])).map(({ path }) => path);
    expect(paths).toEqual(['/srv/domus/images', '/srv/domus/roots/v0/root', '/srv/domus/roots/v1/root', '/srv/domus/overlays/post01']);
  });

  test('a path keeps its number for ever, whoever comes and goes', () => {
    const first = numbered([{ path: '/a' }, { path: '/b' }], {});
    expect(first).toEqual({ '/a': 1, '/b': 2 });
    expect(numbered([{ path: '/0' }, { path: '/b' }], first)).toEqual({ '/a': 1, '/b': 2, '/0': 3 });
    expect(numbered([{ path: '/c' }], { '/b': 2 })).toEqual({ '/b': 2, '/c': 1 });
  });

  test.each(['ganesha', 'kernel'] as const)('who is gone can be taken out of what is published for %s, and nothing else changes', (nfs) => {
    const [up, shared] = [states[4], { nfs, overlays: 'pool' } as const];
    const render = (all: ReturnType<typeof site>): string => {
      const exports = exportsOf(all);
      const ids = numbered(exportsOf(site([host(1, up), host(2, up)], shared)), {});
      return nfs === 'ganesha' ? ganeshaConf(all, exports, ids) : kernelExports(all, exports, ids);
    };
    const both = render(site([host(1, up), host(2, up)], shared));
    expect(withoutClients(both, nfs, new Set(['10.1.0.11']))).toBe(render(site([host(1), host(2, up)], shared)));
    expect(withoutClients(both, nfs, new Set(['10.1.0.11', '10.1.0.12']))).toBe(render(site([host(1), host(2)], shared)));
    expect(withoutClients(both, nfs, new Set(['10.1.0.1']))).toBe(both);
  });
});
