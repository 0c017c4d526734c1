import type { ClassroomReading, Tenant } from '../model/tenancy.js';

/**
 * Speaks to the hosts of one pool while they run their classroom's own system. What is not known is told as unknown, and
 * such a host is left alone. That a host has booted the other system is seen by who answers, never by what is said here.
 * All raise Failure.
 */
export interface Classroom {
  /** Raises `unreachable` where the classroom's system does not answer: the host is off, or runs Dom0. */
  read(host: string, signal: AbortSignal): Promise<ClassroomReading>;
  /**
   * Boots it. `next` is for hosts that choose by themselves what they boot (GRUB's `grub-reboot`); with a boot server the
   * choice stands there. Raises `busy` when somebody is logged in, `refused` where a person must do it.
   */
  reboot(host: string, next: Tenant, signal: AbortSignal): Promise<void>;
  /** Switches it off. Raises `busy` when somebody is logged in, `refused` where a person must do it. */
  off(host: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The part of the boot server (`boot.ts`) that handing a host over needs. */
export interface BootChoices {
  /** What the host boots next: Dom0 for one boot, then the classroom's system again. Raises Failure. */
  choose(host: string, system: Tenant, signal: AbortSignal): Promise<void>;
}
