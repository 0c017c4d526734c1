import { expect, it } from 'vitest';
import { makeQueue } from '../batch.js';
import { run } from '../children.js';
import type { Lab } from '../lab.js';
import { recipes } from '../recipe.js';
import { whole } from '../site.js';
import { hand, machinesOf, minute, plain, ranWell, reaches, tell } from './telling.js';

type Opened = () => Lab;

/** An environment more for a pool that works: the image that the repository's own recipe makes, a whole Debian with systemd. */
export function wholeSystem(lab: Opened): void {
  it('builds the image of recipes/worker.yaml while the pool works', { timeout: 20 * minute }, async () => {
    const room = lab();
    const argv = ['image', 'build', room.recipe(recipes.worker), '--as', '1', '--publish', '--work', room.place.at('work-whole')];
    room.say(await room.buildOnce('site/store/images/worker', argv));
  });

  it('offers it: a queue, its nodes, and a job that runs in it as its owner', { timeout: 25 * minute }, async () => {
    const room = lab();
    await makeQueue(room.batch, whole.name, whole.name);
    await room.offerWhole();
    expect(await room.domus(['torque', 'setup', '--apply'])).toMatchObject({ exit: 0 });
    await room.batch.afterSetup();
    const job = await hand(room, whole.name, { script: `until [ -e looked ]; do sleep 1; done\n${plain}` });
    room.told('a whole Debian with systemd, submitted to running', `${await reaches(room, job, 'R', 20 * minute)} s`);
    const machine = (await machinesOf(room)).find(({ seat }) => whole.seats.some(({ name }) => name === seat));
    const address = room.addressOf(machine?.seat ?? '');
    const inside = async (command: string): Promise<string> => (await run(room.guestShell(address, command))).stdout.replaceAll('\r', '');
    for (const unit of ['domus-boot', 'domus-site', 'domus-report', 'domus-accounts.timer']) {
      const state = await inside(`systemctl show -P Result ${unit}; systemctl show -P ActiveState ${unit}`);
      room.say(`${unit}: ${state.trim().replace('\n', ', ')}`);
      expect(state, unit).toMatch(/^success\n(in)?active\n$/);
    }
    const failed = await inside('systemctl --failed --plain --no-legend');
    room.say(`units that failed: ${failed.trim() || 'none'}`);
    expect(failed.trim()).toBe('');
    tell(room, 'looked');
    await ranWell(room, job, 3 * minute);
  });
}
