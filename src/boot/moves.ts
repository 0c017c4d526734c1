import type { BootChoice, BootSeen, BootState } from '../model/boot.js';

/** Which root hosts boot. */
export interface RootUse {
  /** What every host shall run. */
  readonly wanted?: string;
  /** What they ran before: where `rollback` leads. */
  readonly before?: string;
  /** By host: the version in its menu. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Hosts on which `wanted` did not come up. One is enough: nobody moves further. */
  readonly failed: readonly string[];
}

/** What is known of one host when roots are handed out. */
export interface Mover {
  readonly name: string;
  readonly state: BootState;
  readonly choice: BootChoice | undefined;
  readonly seen: BootSeen | undefined;
}

/** It came up from that root. */
const provedOn = (host: Mover, root: string): boolean => host.seen?.root === root && host.seen.up;

/** It was to boot it, and either never showed itself within its window, or was lost before it was up. */
function failedOn(host: Mover, root: string, now: number): boolean {
  const { choice, seen, state } = host;
  if (provedOn(host, root)) return false;
  const asked = choice?.system === 'dom0' && choice.until > choice.at; // else nobody woke it yet
  const neverCame = asked && seen?.choice !== choice.id && now >= choice.until;
  const lostEarly = seen?.root === root && !seen.up && state.runs === 'classroom';
  return neverCame || lostEarly;
}

/**
 * Which root each host boots next. A host without one gets the wanted one. The others move one by one: at most `budget`
 * of them are given the wanted root before they have come up from it; where one does not come up it goes back, and no
 * other moves until somebody says `use` or `rollback` again. What a host runs now is not touched: it moves when it boots.
 */
export function moves(use: RootUse, hosts: readonly Mover[], budget: number, now: number): RootUse {
  const { wanted, before } = use;
  if (wanted === undefined) return use;
  const next: Record<string, string> = { ...use.hosts };
  const failed = new Set(use.failed);
  for (const host of hosts) next[host.name] ??= wanted;
  const onTrial = hosts.filter((host) => next[host.name] === wanted && before !== undefined && use.hosts[host.name] !== undefined && !provedOn(host, wanted));
  for (const host of onTrial) {
    if (before === undefined || !failedOn(host, wanted, now)) continue;
    failed.add(host.name);
    next[host.name] = before;
  }
  let room = failed.size > 0 ? 0 : budget - onTrial.length;
  for (const { name } of hosts) {
    if (next[name] === wanted || room <= 0) continue;
    next[name] = wanted;
    room--;
  }
  return { ...use, hosts: next, failed: [...failed].sort() };
}
