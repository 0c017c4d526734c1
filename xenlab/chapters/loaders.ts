import { expect, it } from 'vitest';
import { until } from '../children.js';
import type { Lab } from '../lab.js';
import { posts } from '../place.js';
import { asleep, minute } from './telling.js';

type Opened = () => Lab;

/** Every way from a card to Dom0, once. iPXE on a BIOS is what the other chapters boot by. */
export function loaders(lab: Opened): void {
  const boots = async (room: Lab, which: string): Promise<void> => {
    const [station] = room.stations;
    const [post] = posts;
    if (station === undefined || post === undefined) throw new Error('there is no host');
    const from = station.said().length;
    const began = room.seconds;
    const enrolled = await room.domus(['boot', 'enrol', post.name]);
    expect(enrolled.exit, enrolled.stderr).toBe(0);
    await station.on();
    expect(await room.answers(post, 9 * minute), station.said().slice(from).slice(-800)).toBe(true);
    expect(station.said().slice(from)).toContain(`${post.name} is up`);
    room.told(`${which}: button to Dom0's sshd`, `${Math.round(room.seconds - began)} s`);
    expect(await room.mustOn(post, 'xl list')).toContain('Domain-0');
    await room.on(post, 'nohup sh -c "sleep 1; poweroff" >/dev/null 2>&1 &', 20_000);
    expect(await until(() => !station.isOn, 2 * minute)).toBe(true);
  };

  it('boots Dom0 by pxelinux', { timeout: 15 * minute }, async () => {
    const room = lab();
    await room.keepAwake(false);
    await asleep(room, 8 * minute);
    await room.daemon.stop();
    room.writeSite({ deployment: 'xenlab', bios: 'pxelinux' });
    await room.restartBootServer();
    await boots(room, 'pxelinux');
    room.writeSite({ deployment: 'xenlab' });
    await room.restartBootServer();
  });

  it('boots Dom0 on UEFI (OVMF)', { timeout: 15 * minute }, async () => {
    const room = lab();
    const [station] = room.stations;
    if (station === undefined) throw new Error('there is no host');
    const usual = station.machine;
    station.machine = { ...usual, firmware: 'uefi' };
    await boots(room, 'UEFI, iPXE');
    station.machine = usual;
    room.daemon.start();
  });
}
