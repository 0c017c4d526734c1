import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabFolder } from './folder.js';

/** The lab's own names: a hosts file, and a `getent` that looks there first and then asks the machine's. */
export function writeNames(folder: LabFolder, addresses: ReadonlyMap<string, string>): void {
  const hosts = join(folder.root, 'names');
  const file = join(folder.bin, 'getent');
  writeFileSync(hosts, [...addresses].map(([name, address]) => `${address} ${name}\n`).join(''));
  const lookUp = `awk -v name="$2" '$2 == name {print; found = 1} END {exit !found}' '${hosts}'`;
  writeFileSync(file, `#!/bin/sh\nif [ "$1" = hosts ] && ${lookUp}; then exit 0; fi\nexec /usr/bin/getent "$@"\n`);
  chmodSync(file, 0o755);
}
