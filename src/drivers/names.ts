/** A name, address and MAC that the site's DHCP and resolver must know. */
export interface NameEntry {
  readonly name: string;
  readonly address: string;
  readonly mac: string;
}

/** DHCP reservations and hosts entries. */
export interface Names {
  /** Publishes exactly these entries, atomically (a reader sees the old set or the new one). True when something changed. Raises Failure. */
  publish(entries: readonly NameEntry[], signal: AbortSignal): Promise<boolean>;
  /** What is published now. */
  published(signal: AbortSignal): Promise<readonly NameEntry[]>;
}
