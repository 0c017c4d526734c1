import { describe, expect, test } from 'vitest';
import { checkLength, longestCommandLines } from '../../src/boot/arguments.js';
import { treeOf } from '../../src/boot/tree.js';
import { choice, classroom, dedicated, host, seen, site } from './given-boot.js';

const text = (tree: ReturnType<typeof treeOf>, path: string): string => {
  const entry = tree.get(path);
  return entry !== undefined && 'text' in entry ? entry.text : '';
};
const files = (...hosts: ReturnType<typeof host>[]) => treeOf(site(hosts), {});

describe('what a host is handed', () => {
  const booting = host(1, { choice: choice() });
  const up = host(1, { choice: choice(), seen: seen() });

  test('Dom0 by every loader, from the root that is its own', () => {
    const tree = files(booting);
    expect(text(tree, 'tftp/10.1.0.11/boot.ipxe')).toBe(`#!ipxe
# Written by Domus (deployment physics). Changes made here are overwritten.
echo post01: works for the cluster (pool lab, root v1)
iseq \${platform} efi && goto efi ||
kernel root/xen dom0_mem=768M,max:768M dom0_max_vcpus=1 || goto failed
module root/vmlinuz console=hvc0 quiet panic=10 domus.net=10.1.0.11/24 domus.mac=52:54:00:00:00:11 domus.bridge=xenbr0 domus.server=10.1.0.1 || goto failed
module root/initrd.img || goto failed
boot || goto failed
:efi
kernel root/xen.efi || goto failed
initrd xen.cfg || goto failed
initrd root/vmlinuz || goto failed
initrd root/initrd.img || goto failed
boot || goto failed
:failed
echo Dom0 cannot be loaded: trying again in 30 s
sleep 30
reboot
`);
    expect(text(tree, 'tftp/10.1.0.11/pxelinux.cfg/default')).toContain(
      'APPEND root/xen dom0_mem=768M,max:768M dom0_max_vcpus=1 --- root/vmlinuz console=hvc0 quiet panic=10 domus.net=10.1.0.11/24',
    );
    expect(text(tree, 'tftp/10.1.0.11/xen.cfg')).toContain('kernel=vmlinuz console=hvc0 quiet panic=10 domus.net=10.1.0.11/24');
    expect(text(tree, 'tftp/10.1.0.11/host.conf')).toContain(
      `host=post01\nrouter=10.1.0.254\nroot=/srv/domus/roots/v1/root\nsum=${'a'.repeat(64)}\ndoor=8646,${'f'.repeat(64)}\n`,
    );
    expect(tree.get('tftp/10.1.0.11/root')).toEqual({ link: '/srv/domus/roots/v1/boot' });
  });

  test('back to the classroom once Dom0 is up: no root, no secret, nothing of Dom0', () => {
    const tree = files(up);
    expect(text(tree, 'tftp/10.1.0.11/boot.ipxe')).toContain('sanboot --no-describe --drive 0x80 || exit');
    expect(text(tree, 'tftp/10.1.0.11/pxelinux.cfg/default')).toContain('LOCALBOOT 0');
    expect([...tree.keys()].filter((path) => /host\.conf|\/root$|xen\.cfg/.test(path))).toEqual([]);
  });

  test('its secret stands in no file, whatever it boots: every computer on the network may read them', () => {
    for (const state of [booting, up, host(1, { choice: choice({ once: false, id: 'c2' }), seen: seen(), boot: dedicated })])
      expect([...files(state, host(2))].filter(([, entry]) => JSON.stringify(entry).includes('SSSS'))).toEqual([]);
  });

  test('another boot server for the classroom', () => {
    const tree = files(host(1, { boot: { ...classroom, classroom: '10.1.0.2/room/pxelinux.0' } }));
    expect(text(tree, 'tftp/10.1.0.11/boot.ipxe')).toContain('set next-server 10.1.0.2\nset filename room/pxelinux.0\nchain tftp://');
    expect(text(tree, 'tftp/10.1.0.11/pxelinux.cfg/default')).toContain('KERNEL pxechn.c32\n  APPEND 10.1.0.2::room/pxelinux.0');
  });

  test('nobody at the keyboard has a choice, a prompt or a shell', () => {
    for (const state of [booting, up]) {
      const tree = files(state);
      const ipxe = text(tree, 'tftp/10.1.0.11/boot.ipxe');
      expect(ipxe).not.toMatch(/^(shell|menu|choose|prompt|config|login)\b/m);
      for (const line of ipxe.split('\n').filter((line) => /^(kernel|module|initrd|chain|boot)\b/.test(line))) expect(line).toMatch(/\|\| goto failed$/);
      expect(text(tree, 'tftp/10.1.0.11/pxelinux.cfg/default')).toMatch(/PROMPT 0\nTIMEOUT 0\nNOESCAPE 1\nALLOWOPTIONS 0/);
    }
  });

  test('a host without a root is left to its classroom', () => {
    const { root: _, ...bare } = booting;
    expect(text(files(bare), 'tftp/10.1.0.11/boot.ipxe')).toContain('sanboot');
  });

  test('command lines that iPXE would cut off are refused, to the character', () => {
    const linux = (length: number) => site([booting], { linux: ['x'.repeat(length)] });
    const spare = [...Array(400).keys()].findLast((length) => {
      try {
        checkLength(linux(length), booting);
        return true;
      } catch {
        return false;
      }
    });
    const lines = (n: number): string =>
      `tftp://10.1.0.1/root/xen dom0_mem=768M,max:768M dom0_max_vcpus=1\0tftp://10.1.0.1/root/vmlinuz console=hvc0 quiet panic=10 ${'x'.repeat(n)} domus.net=10.1.0.11/24 domus.mac=52:54:00:00:00:11 domus.bridge=xenbr0 domus.server=10.1.0.1\0tftp://10.1.0.1/root/initrd.img`;
    expect(lines(spare ?? 0).length).toBeLessThanOrEqual(longestCommandLines);
    expect(lines(spare ?? 0).length).toBeGreaterThan(longestCommandLines - 10);
    expect(() => treeOf(linux(400), {})).toThrow(/command lines of post01 are \d+ characters long/);
  });
});
