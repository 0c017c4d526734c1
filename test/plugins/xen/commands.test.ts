import { describe, expect, it } from 'vitest';
import { guestConfig } from '../../../plugins/xen/commands.js';
import { Failure } from '../../../src/drivers/failure.js';
import type { GuestSpec } from '../../../src/model/action.js';
import { givenSpec } from './given.js';

const folders = { imagesDir: '/share/images', overlaysDir: '/share/overlays', scratchDir: '/local/scratch' };

describe('the domain configuration of a guest', () => {
  it('is this text', () => {
    expect(guestConfig(givenSpec(), folders)).toBe(
      [
        'name = "domus-demo-grid-07-3"',
        'uuid = "11111111-0000-4000-8000-000000000001"',
        'type = "pvh"',
        'kernel = "/share/images/sl7/v1/boot/vmlinuz"',
        'ramdisk = "/share/images/sl7/v1/boot/initrd.img"',
        `extra = "root=/dev/xvda console=hvc0 domus.node=grid-07.example.org domus.environment=grid domus.address=10.0.0.7 domus.report=xenstore:data/domus domus.uuid=11111111-0000-4000-8000-000000000001 domus.checks=users,home"`,
        'memory = 512',
        'maxmem = 1024',
        'vcpus = 1',
        'maxvcpus = 2',
        'vif = ["mac=00:16:3e:00:00:07,bridge=xenbr0"]',
        'disk = ["format=qcow2,vdev=xvda,access=rw,target=/share/overlays/domus-demo-grid-07-3.qcow2"]',
        'on_poweroff = "destroy"',
        'on_reboot = "restart"',
        'on_crash = "preserve"',
        '',
      ].join('\n'),
    );
  });

  it('leaves out what the guest has not: no ramdisk, no checks', () => {
    const { ramdisk: _, ...spec } = givenSpec({ type: 'pv', checks: [] });
    const text = guestConfig(spec, folders);
    expect(text).not.toContain('ramdisk');
    expect(text).toContain('type = "pv"\n');
    expect(text).toContain('domus.checks="\n');
  });

  it('never gives maxima below the size', () => {
    const text = guestConfig(givenSpec({ size: { cores: 4, memoryMiB: 4096 } }), folders);
    expect(text).toContain('maxmem = 4096\n');
    expect(text).toContain('maxvcpus = 4\n');
  });

  it.each<[string, Partial<GuestSpec>]>([
    ['a name that ends the string', { name: 'a"\ndisk = ["/dev/sda,raw,xvda,rw"]' }],
    ['a name with a blank', { name: 'a b' }],
    ['an upper-case uuid', { uuid: 'ABCDEF00-0000-4000-8000-000000000001' }],
    ['a kernel outside its image', { kernel: '../../other/v1/vmlinuz' }],
    ['a kernel with an absolute path', { kernel: '/etc/passwd' }],
    ['a ramdisk with dots', { ramdisk: 'boot/../../x' }],
    ['an image name with a slash', { image: { name: 'a/b', version: 'v1' } }],
    ['an image version of dots', { image: { name: 'a', version: '..' } }],
    ['an overlay with a comma', { overlay: 'a,script=evil' }],
    ['an overlay with a slash', { overlay: '../a' }],
    ['a bridge with a script', { bridge: 'xenbr0,script=/tmp/x' }],
    ['a MAC with more', { mac: '00:16:3e:00:00:07,script=x' }],
    ['an argument with a quote', { args: ['a"b'] }],
    ['an argument with a backslash', { args: ['a\\b'] }],
    ['an argument with a blank', { args: ['a b'] }],
    ['an argument with a new line', { args: ['a\nb'] }],
    ['an empty argument', { args: [''] }],
    ['a node name with a blank', { node: 'a domus.node=b' }],
    ['an address with a blank', { address: '10.0.0.1 x' }],
    ['a check with a comma', { checks: ['a,b'] }],
    ['an environment with a quote', { environment: '"' }],
    ['no memory', { size: { cores: 1, memoryMiB: 0 } }],
    ['half a core', { size: { cores: 0.5, memoryMiB: 512 } }],
    ['memory that is no number', { size: { cores: 1, memoryMiB: Number.NaN } }],
    ['arguments beyond what a kernel reads', { args: Array.from({ length: 200 }, () => 'abcdefghij') }],
  ])('refuses %s', (_, hostile) => {
    let thrown: unknown;
    try {
      guestConfig(givenSpec(hostile), folders);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Failure);
    expect((thrown as Failure).kind).toBe('refused');
  });
});

describe('what a guest gets of its host', () => {
  it("is scratch space and swap on the host's own disk, CPUs by name, and the guest is told where", () => {
    const text = guestConfig(givenSpec({ overlay: 'o1', scratch: { on: 'host', sizeMiB: 64 }, swapMiB: 32, cpus: '2-7,^4' }), folders);
    expect(text).toContain(
      'disk = ["format=qcow2,vdev=xvda,access=rw,target=/share/overlays/o1.qcow2", "format=raw,vdev=xvdb,access=rw,target=/local/scratch/o1.scratch", "format=raw,vdev=xvdc,access=rw,target=/local/scratch/o1.swap"]\n',
    );
    expect(text).toContain('cpus = "2-7,^4"\n');
    expect(text).toContain(' domus.scratch=xvdb domus.swap=xvdc ');
  });
  it('is a part of its own memory where that is asked for, and needs no disk', () => {
    const text = guestConfig(givenSpec({ overlay: 'o1', scratch: { on: 'memory', sizeMiB: 64 } }), folders);
    expect(text).toContain(' domus.scratch=tmpfs:64 ');
    expect(text).not.toContain('xvdb');
  });
  it('is refused for CPUs that are none', () => {
    expect(() => guestConfig(givenSpec({ cpus: '1"\nscript="x' }), folders)).toThrow('cpus');
  });
});
