import type { WhatIfAnswer } from '../api/schema/what-if.js';
import type { JobRows } from '../drivers/job-rows.js';
import type { BatchSnapshot } from '../model/batch.js';
import type { HostSnapshot } from '../model/host.js';
import type { Policy } from '../model/policy.js';
import type { PowerReading } from '../model/power.js';
import type { Reading } from '../model/reading.js';
import type { Rows } from '../model/rows.js';
import type { SchedulerSnapshot } from '../model/scheduler.js';

/** What the thread is given, piece by piece: no piece takes the loop's thread long to send. */
export type Piece =
  | { readonly piece: 'rows'; readonly rows: Partial<Rows> }
  | { readonly piece: 'hosts'; readonly hosts: readonly (readonly [string, Reading<HostSnapshot>])[] }
  | { readonly piece: 'meters'; readonly meters: readonly (readonly [string, Reading<PowerReading>])[] }
  | { readonly piece: 'source'; readonly name: string; readonly reading: Reading<BatchSnapshot>; readonly scheduler?: Reading<SchedulerSnapshot> }
  | { readonly piece: 'jobs'; readonly name: string; readonly jobs: JobRows }
  | {
      readonly piece: 'plan';
      readonly before: Policy;
      readonly policy: Policy;
      readonly at: number;
      readonly revision: number;
      readonly epoch: number;
      readonly life: { readonly id: string; readonly startedAt: number };
      readonly clockJumpAt?: number;
      readonly full: boolean;
    };

export type Planned = { readonly ok: true; readonly answer: Omit<WhatIfAnswer, 'tookMs' | 'before'> } | { readonly ok: false; readonly message: string };
