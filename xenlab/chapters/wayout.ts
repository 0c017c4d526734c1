import { expect, it } from 'vitest';
import type { Lab } from '../lab.js';
import { hand, minute, ranWell, reaches } from './telling.js';

type Opened = () => Lab;

/** Domus goes, and the cluster stays. */
export function wayOut(lab: Opened): void {
  it('leaves a plain static cluster behind: what domus retire prints is typed, the daemon is gone, and jobs run', { timeout: 15 * minute }, async () => {
    const room = lab();
    const last = await hand(room, 'light');
    await reaches(room, last, 'R', 9 * minute);
    expect(await room.domus(['freeze', '--why', 'retiring'])).toMatchObject({ exit: 0 });
    await ranWell(room, last, 3 * minute);
    const { exit, stdout, stderr } = await room.domus(['retire']);
    expect(exit, stderr).toBe(0);
    await room.daemon.stop();
    // what is for the batch server's machine; quoted where a word is empty or has blanks
    const typed = stdout
      .split('\n')
      .flatMap((line) => (/^\s*(qmgr|pbsnodes) /.test(line) ? [[...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')] : []));
    for (const argv of typed) expect(await room.batch.type(argv), argv.join(' ')).toMatchObject({ exit: 0 });
    room.say(`${typed.length} commands of domus retire were typed`);
    const nodes = (await room.batch.nodes()).map(({ name, isOffline }) => `${name}${isOffline ? ' offline' : ''}`);
    expect(nodes).toEqual(await room.batch.nodesOf(last.id));
    const after = await hand(room, 'light');
    await ranWell(room, after, 3 * minute);
    room.told('without Domus, submitted to done on the static cluster that it left', `${Math.round(room.seconds - after.at)} s`);
  });
}
