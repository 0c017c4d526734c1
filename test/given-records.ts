import type { Environment } from '../src/model/environment.js';
import type { HostSpec } from '../src/model/host.js';
import type { Job } from '../src/model/job.js';
import type { Seat } from '../src/model/seat.js';

/** The instant of every given present: 2026-01-05 12:00 UTC. */
export const givenAt = Date.UTC(2026, 0, 5, 12);

export const givenEnvironment = (name: string, more: Partial<Environment> = {}): Environment => ({
  name,
  mode: 'act',
  image: { name: `${name}-node`, version: 'latest' },
  boot: { type: 'pvh', kernel: 'vmlinuz', args: [] },
  cores: { min: 1, max: 4, step: 1 },
  memoryMiB: { min: 1024, max: 8192, step: 1024 },
  memoryPerCoreMiB: 1024,
  diskMiB: 4096,
  serves: { source: 'torque', queues: [name], properties: [], accounts: [] },
  pools: ['lab'],
  min: 0,
  max: 4,
  spare: 0,
  feasibilitySeats: 0,
  idleMs: 300_000,
  priority: 1,
  share: 0,
  bootDeadlineMs: 300_000,
  keepFailedMs: 3_600_000,
  lostJobs: 'leave',
  checks: [],
  ...more,
});

export const givenHost = (name: string, more: Partial<HostSpec> = {}): HostSpec => ({
  name,
  pool: 'lab',
  address: '10.0.0.1',
  port: 22,
  cores: 8,
  memoryMiB: 32_768,
  reserve: { cores: 1, memoryMiB: 2048 },
  ...more,
});

export const givenJob = (id: string, more: Partial<Job> = {}): Job => ({
  source: 'torque',
  id,
  name: `job-${id}`,
  owner: 'anna',
  queue: 'grid',
  state: 'queued',
  request: { chunks: [{ count: 1, ppn: 1, properties: [] }], unsupported: [] },
  submittedAt: givenAt - 600_000,
  eligibleAt: givenAt - 600_000,
  execHosts: [],
  dependent: false,
  holds: '',
  rerunnable: true,
  ...more,
});

export const givenSeat = (name: string, environment: string, more: Partial<Seat> = {}): Seat => ({
  name,
  environment,
  source: 'torque',
  address: '10.0.1.1',
  mac: '00:16:3e:00:00:01',
  largestNp: 4,
  properties: [environment],
  feasibility: false,
  ...more,
});
