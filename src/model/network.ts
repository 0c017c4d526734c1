/** An IPv4 address as a number; undefined where it is none. */
export function numberOf(address: string): number | undefined {
  const bytes = address.split('.').map(Number);
  return bytes.length === 4 && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)
    ? bytes.reduce((sum, byte) => sum * 256 + byte, 0)
    : undefined;
}

/** An address of a number. */
export const addressOf = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');

/** The prefix length of `10.1.0.0/24`; undefined where it is no network. */
export function bitsOf(network: string): number | undefined {
  const [address = '', bits = ''] = network.split('/');
  return numberOf(address) === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) > 32 ? undefined : Number(bits);
}

/** First address and netmask of `10.1.0.0/24`. Raises RangeError for what is no network. */
export function networkOf(network: string): { readonly first: string; readonly mask: string; readonly bits: number } {
  const bits = bitsOf(network);
  const address = numberOf(network.split('/')[0] ?? '');
  if (bits === undefined || address === undefined) throw new RangeError(`"${network}" is no network such as 10.1.0.0/24`);
  const size = 2 ** (32 - bits);
  return { first: addressOf(Math.floor(address / size) * size), mask: addressOf(2 ** 32 - size), bits };
}

/** The address belongs to the network; false where one of them is none. */
export function inNetwork(address: string, network: string): boolean {
  const n = numberOf(address);
  const bits = bitsOf(network);
  if (n === undefined || bits === undefined) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(n / size) === Math.floor((numberOf(network.split('/')[0] ?? '') ?? -1) / size);
}
