/** Bytes of a MAC address. */
const bytesOf = (mac: string): number[] => mac.split(':').map((byte) => Number.parseInt(byte, 16));

/** What a sleeping card waits for: six bytes of ff, then its own address sixteen times; 102 bytes. */
export function magicPacket(mac: string): Uint8Array {
  const own = bytesOf(mac);
  return Uint8Array.from([...Array<number>(6).fill(0xff), ...Array.from({ length: 16 }, () => own).flat()]);
}

/** The directed broadcast of an IPv4 network: the address with every bit of the host part set. */
export function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((part, at) => (Number(part) | (~(mask[at] ?? 255) & 255)).toString())
    .join('.');
}
