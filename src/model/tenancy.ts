/**
 * Whose a workstation is. `cluster`: Dom0's, on or off. `leaving`: due back: it is emptied and told to boot the classroom's
 * system. `classroom`: people's. `coming`: told to boot Dom0.
 */
export const tenancyStates = ['cluster', 'leaving', 'classroom', 'coming'] as const;
export type TenancyState = (typeof tenancyStates)[number];

/** The two systems that a workstation boots. */
export type Tenant = 'dom0' | 'classroom';

/** What a host in its classroom's system says of itself. */
export interface ClassroomReading {
  /** Its services are up: people can log in. */
  readonly ready: boolean;
  /** Who is logged in, at the console or from afar; absent: nobody can tell, and then it is left alone. */
  readonly people?: readonly string[];
  /** Names this boot, where it tells. */
  readonly bootId?: string;
}

/** What is remembered of whose one host is. */
export interface Tenancy {
  readonly host: string;
  readonly state: TenancyState;
  /** When that state began, epoch ms. */
  readonly since: number;
  /** Who brought it there; `nobody`: it was so when first seen. */
  readonly by: 'domus' | 'person' | 'nobody';
  /** When it was told to boot the other system, in this state; absent = not yet. */
  readonly orderedAt?: number;
  /** The boot of Dom0 that was there when it was told. */
  readonly bootId?: string;
  /** Of `classroom`: when it was first seen ready. */
  readonly readyAt?: number;
  /** Of `classroom`: since when nobody has been logged in; absent while somebody is, or nobody knows. */
  readonly quietSince?: number;
  /** When it was first announced that jobs on it go back into their queue, before this way to the classroom. */
  readonly announcedAt?: number;
  /** Tries in a row that were not obeyed in time. */
  readonly tries: number;
  /** Nothing is tried again before. */
  readonly notBefore?: number;
  /** How long its last ways took, from being told to being seen there, ms, the newest last. */
  readonly leavesMs: readonly number[];
  readonly comesMs: readonly number[];
  /** Why the last try failed, as a sentence; gone with the next that succeeds. */
  readonly failing?: string;
}

/** How hosts are handed over. Durations ms. */
export interface ClassroomPolicy {
  /** Ready this long before the door opens. */
  readonly marginMs: number;
  /** A host without a history of its own takes at most so long from Dom0 to its classroom's system, and back. */
  readonly leaveLimitMs: number;
  readonly comeLimitMs: number;
  /** The door has been closed, and nobody logged in, this long before a host is taken. */
  readonly quietMs: number;
  /** A closed time that leaves less than this for jobs is not worth two boots. */
  readonly shortestMs: number;
  /** At most so many boot another system at a time. */
  readonly atOnce: number;
  readonly tries: number;
  readonly retryMs: number;
  /** Hosts that are off are switched on for the opening. */
  readonly wake: boolean;
  /** Jobs that are still there when the host must go: waited for, or (rerunnable ones) put back into their queue. */
  readonly requeue: 'never' | 'rerunnable';
  /** They are announced this long before. */
  readonly noticeMs: number;
  /** What a host does at its return time when no daemon speaks to it and guests still run: waits for their end, or reboots. */
  readonly unattended: 'wait' | 'reboot';
}

/** Hosts that are to be empty from an instant on, for somebody who works on them. */
export interface Maintenance {
  readonly id: string;
  /** As it was asked for: a host or a pool. */
  readonly of: string;
  readonly hosts: readonly string[];
  readonly who: string;
  readonly why: string;
  /** When it was asked for, when the hosts must be empty, and when they are the cluster's again, epoch ms. */
  readonly at: number;
  readonly due: number;
  readonly until: number;
}

/** Neither Dom0's nor expected to be: that its runner is silent is no news. */
export const isElsewhere = (tenancy: Tenancy | undefined): boolean => tenancy !== undefined && tenancy.state !== 'cluster';
