/** Who acts: hosts refuse a foreign deployment, a foreign journal, and a reign older than the newest they have seen. */
export interface Fence {
  readonly deployment: string;
  /** Random id given to the journal when it was made: a second daemon with its own journal is foreign. */
  readonly journal: string;
  /** Number of the leader's reign; rises by one with each start. */
  readonly epoch: number;
  /** Random id of the daemon's life: two copies of one journal cannot share an epoch. */
  readonly life: string;
  /** Said by a person at start: the journal that held the hosts is gone. Another deployment's hosts are never taken. */
  readonly takeOver?: true;
}

/** May `claimant` act where `holder` acted last? The runner asks the same. */
export function mayAct(holder: Fence | undefined, claimant: Fence): boolean {
  if (holder === undefined) return true;
  if (holder.deployment !== claimant.deployment) return false;
  if (holder.journal !== claimant.journal) return claimant.takeOver === true;
  return claimant.epoch > holder.epoch || (claimant.epoch === holder.epoch && claimant.life === holder.life);
}
