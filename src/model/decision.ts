import type { Reason } from './reason.js';
import type { Size } from './size.js';

/** What the capacity steps (demand ... budget) want, before it becomes rows and deeds (`outcome.ts`). */
export type Decision =
  /** A new machine: seat and host are free and fit. */
  | {
      readonly kind: 'start';
      /** A permanent machine: `seat` is its service's name, `environment` its group. */
      readonly service?: true;
      readonly environment: string;
      readonly seat: string;
      readonly host: string;
      readonly size: Size;
      readonly image: { readonly name: string; readonly version: string };
      readonly reason: Reason;
    }
  /** A machine's goal becomes `gone`; it is drained first. */
  | { readonly kind: 'drain'; readonly machine: string; readonly reason: Reason }
  /** An idle machine's goal becomes `serve` with another size. */
  | { readonly kind: 'resize'; readonly machine: string; readonly size: Size; readonly reason: Reason }
  /** A drain is taken back: demand returned before the guest was told to stop. */
  | { readonly kind: 'keep'; readonly machine: string; readonly reason: Reason }
  /** A machine is moved to another host: its room there is claimed from now on. */
  | { readonly kind: 'move'; readonly machine: string; readonly to: string; readonly way: 'live' | 'saved'; readonly reason: Reason }
  /** A host that is off is switched on; one that is on and empty, off. */
  | { readonly kind: 'wake'; readonly host: string; readonly reason: Reason }
  | { readonly kind: 'sleep'; readonly host: string; readonly reason: Reason }
  /** A host goes back to its classroom; one that nobody uses there boots Dom0. */
  | { readonly kind: 'leave'; readonly host: string; readonly reason: Reason }
  | { readonly kind: 'take'; readonly host: string; readonly reason: Reason };
