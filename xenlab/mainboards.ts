import { createSocket, type Socket } from 'node:dgram';
import type { Workstation } from './workstation.js';

/** Six bytes of ff, then one address sixteen times: the sleeping card looks for it anywhere in a packet. */
function addressIn(packet: Buffer): string | undefined {
  const at = packet.indexOf(Buffer.alloc(6, 0xff));
  if (at < 0 || packet.length < at + 102) return undefined;
  const mac = packet.subarray(at + 6, at + 12);
  const rest = packet.subarray(at + 6, at + 102);
  for (let n = 0; n < 16; n++) if (!rest.subarray(n * 6, n * 6 + 6).equals(mac)) return undefined;
  return [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/**
 * The mainboards of switched-off workstations: QEMU has no card that could wake a process that is not there, so this listens on
 * the wire in their place and presses their buttons. A workstation that is on does not mind.
 */
export class Mainboards {
  readonly #socket: Socket;

  constructor(stations: readonly Workstation[], port: number, failed: (error: unknown) => void) {
    this.#socket = createSocket({ type: 'udp4', reuseAddr: true });
    this.#socket.on('error', failed);
    this.#socket.on('message', (packet) => {
      const mac = addressIn(packet);
      const station = stations.find(({ post }) => post.mac === mac);
      station?.on().catch(failed);
    });
    this.#socket.bind(port);
  }

  close(): void {
    this.#socket.close();
  }
}
