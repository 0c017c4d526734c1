const prime = 0x0000000001000000000000000000013bn;
const basis = 0x6c62272e07bb014262b821756295c58dn;
const mask = (1n << 128n) - 1n;

/** FNV-1a, 128 bits (draft-eastlake-fnv): names are not secret, they only must be the same each time. */
function fnv128(text: string): bigint {
  let hash = basis;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * prime) & mask;
  return hash;
}

/** The Xen UUID of a machine: derived from (deployment, seat, generation), so that a crash can never make a second one. Version 8 (RFC 9562). */
export function machineUuid(deployment: string, seat: string, generation: number): string {
  const hex = fnv128(`${deployment}\u0000${seat}\u0000${generation}`).toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Seat name without its domain. */
export const shortName = (seat: string): string => seat.split('.')[0] ?? seat;

/** Start of every guest and overlay name that this deployment makes. */
export const ownPrefix = (deployment: string): string => `domus-${deployment}-`;

/** Guest and overlay name of a machine: owner and generation are written in it. */
export const guestNameOf = (deployment: string, seat: string, generation: number): string => `${ownPrefix(deployment)}${shortName(seat)}-${generation}`;

/** A guest's own name: while it migrates, and where that was broken off, xl puts a word behind it. */
export const wholeName = (name: string): string => name.replace(/--(incoming|migratedaway)$/, '');
