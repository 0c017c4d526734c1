import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/clock.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import type { RunOptions, Shell } from '../../src/drivers/shell.js';
import { summed } from '../../src/images/checksums.js';
import { type Manifest, pieceBytes } from '../../src/images/manifest.js';
import { ImageStore } from '../../src/images/store.js';
import { Workshop } from '../../src/images/workshop.js';

/** 2026-11-21 12:00 UTC. */
export const noon = 1_795_262_400_000;
export const frozen: Clock = { ...systemClock, wall: () => noon };
export const never = new AbortController().signal;
export const folder = (): string => mkdtempSync(join(tmpdir(), 'domus-image-'));
export const openStore = (root = folder()): ImageStore => new ImageStore(root, frozen);

/** Real commands, but for those that are answered here. */
export function shellWith(stands: (argv: readonly string[]) => readonly string[]): Shell {
  const real = execaShell(systemClock);
  return {
    run: (argv: readonly string[], options: RunOptions) => real.run(stands(argv), options),
    stream: (argv, options) => real.stream(stands(argv), options),
  };
}
export const workshopOf = (stands: (argv: readonly string[]) => readonly string[] = (argv) => argv, signal = never): Workshop =>
  new Workshop({ shell: shellWith(stands), clock: systemClock, signal, say: () => undefined });

/** Makes a version out of a text instead of a system. */
export const textVersion =
  (text: string) =>
  async (at: string): Promise<Omit<Manifest, 'v' | 'name' | 'version' | 'madeAt'>> => {
    writeFileSync(join(at, 'disk.qcow2'), text);
    return { how: 'import', from: 'a text', diskMiB: 64, pieceBytes, files: [await summed(at, 'disk.qcow2', never)] };
  };

/** A folder that looks like what mmdebstrap makes, as a program that makes it. */
export function fakeDebootstrap(at: string, more = ''): string {
  const program = join(at, 'fake-mmdebstrap');
  writeFileSync(
    program,
    `#!/bin/sh
set -e
tree=$1
mkdir -p "$tree/boot" "$tree/etc/ssh" "$tree/usr/sbin" "$tree/usr/bin" "$tree/var/lib/dpkg" "$tree/tmp" "$tree/run" "$tree/proc" "$tree/root"
ln -s usr/bin "$tree/bin"; ln -s usr/sbin "$tree/sbin"; ln -s /run "$tree/var/run"
cp "$(command -v busybox)" "$tree/usr/bin/busybox"
for name in sh env cat sed touch; do ln -s busybox "$tree/usr/bin/$name"; done
for release in 6.1.0-9-cloud-amd64 6.1.0-56-cloud-amd64; do
  echo "kernel $release" >"$tree/boot/vmlinuz-$release"; echo "ramdisk $release" >"$tree/boot/initrd.img-$release"
  printf 'CONFIG_PVH=y\\nCONFIG_XEN_BLKDEV_FRONTEND=m\\n' >"$tree/boot/config-$release"
done
echo secret >"$tree/etc/ssh/ssh_host_rsa_key"; echo 1234 >"$tree/etc/machine-id"; echo left >"$tree/tmp/left"
printf 'Package: busybox\\nStatus: install ok installed\\nVersion: 1:1.35\\n\\nPackage: gone\\nStatus: deinstall ok config-files\\nVersion: 1\\n' >"$tree/var/lib/dpkg/status"
${more}
`,
  );
  chmodSync(program, 0o755);
  return program;
}

/** A recipe with an overlay beside it. */
export function givenRecipe(at: string, text = 'rootfs: false\noverlays: [site]\ncommands: [[touch, /etc/commanded]]\n'): string {
  mkdirSync(join(at, 'site/sbin'), { recursive: true });
  mkdirSync(join(at, 'site/etc'), { recursive: true });
  writeFileSync(join(at, 'site/sbin/ours'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(at, 'site/etc/site.conf'), 'site=1\n');
  const file = join(at, 'tiny.yaml');
  writeFileSync(file, text);
  return file;
}
