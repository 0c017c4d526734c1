import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { online } from '../batch.js';
import type { Lab } from '../lab.js';
import { posts } from '../place.js';
import { atRest, hand, machinesOf, minute, reaches } from './telling.js';

type Opened = () => Lab;
/** Machines that shall have come and gone; the story so far has made some twenty. DOMUS_XENLAB_MACHINES=50 makes it longer. */
const wanted = Number(process.env['DOMUS_XENLAB_MACHINES'] ?? 0);

const files = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' }).flatMap((entry) =>
        entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
      )
    : [];

/** What is left of machines when all have gone. */
export function strays(lab: Opened): void {
  it('leaves nothing stray on hosts, share, DHCP or batch server', { timeout: 60 * minute }, async () => {
    const room = lab();
    const made = (): number => room.diary.filter((line) => / mom of \S+ is up/.test(line)).length;
    await room.keepAwake(true);
    while (made() < wanted) {
      const jobs = await Promise.all(posts.flatMap(() => [1, 2, 3, 4]).map(() => hand(room, 'light', { script: 'sleep 20\n' })));
      for (const job of jobs) await reaches(room, job, 'C', 15 * minute);
      await atRest(room, 6 * minute);
      room.say(`${made()} machines have come and gone`);
    }
    await atRest(room, 6 * minute);
    expect(await machinesOf(room)).toEqual([]);
    expect(files(room.folder.overlays), 'disks').toEqual([]);
    for (const { post } of room.stations.filter((station) => station.isOn)) {
      expect(
        await room.mustOn(post, 'xl list | tail -n +3; ls /dev/mapper /run/domus/ops 2>/dev/null | grep domus-; ip -o link | grep -o "vif[0-9.]*" || true'),
        post.name,
      ).toBe('');
      expect(await room.mustOn(post, 'xenstore-ls -f /local/domain | grep -c "^/local/domain/[1-9][0-9]* " || true'), post.name).toBe('0\n');
    }
    const leases = files(room.place.root).filter((name) => name.endsWith('leases'));
    for (const name of leases) expect(readFileSync(name, 'utf8'), name).not.toMatch(/light|standin/);
    expect(await online(room.batch)).toEqual([]);
    room.told('machines that came and went', `${made()}; nothing of them is left on hosts, store, DHCP or batch server`);
  });
}
