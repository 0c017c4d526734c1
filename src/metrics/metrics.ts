import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const toolSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const callSeconds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const waitSeconds = [1, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400, 259_200];
const phaseSeconds = [0.5, 1, 2, 5, 10, 20, 30, 60, 90, 120, 180, 300, 600, 1800];

/**
 * Every metric of Domus. Labels are bounded by the configuration (environments, pools, batch servers, channels) or by closed
 * lists (phases, verbs, outcomes): no job, user, machine or host is ever a label. docs/metrics.md explains each; a test
 * holds the two together.
 */
export function createMetrics(version: string) {
  const registry = new Registry();
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, ...labelNames: readonly L[]): Gauge<L> => new Gauge({ name, help, labelNames, registers });
  const counter = <L extends string>(name: string, help: string, ...labelNames: readonly L[]): Counter<L> => new Counter({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], ...labelNames: readonly L[]): Histogram<L> =>
    new Histogram({ name, help, labelNames, buckets, registers });
  collectDefaultMetrics({ register: registry });
  const build = gauge('domus_build_info', 'Always 1; the version that runs.', 'version');
  build.set({ version }, 1);
  return {
    registry,
    // the daemon's own work
    tick: histogram('domus_tick_duration_seconds', 'One tick: join, plan, commit.', toolSeconds),
    lastTick: gauge('domus_last_tick_timestamp_seconds', 'When the newest tick began. An old one means that the loop hangs.'),
    commits: histogram('domus_journal_commit_duration_seconds', 'One commit of the journal.', toolSeconds, 'durable'),
    epoch: gauge('domus_epoch', 'Number of the present reign; it rises with each start of the daemon.'),
    mode: gauge('domus_mode_info', 'Always 1; the mode of the deployment.', 'mode'),
    frozen: gauge('domus_frozen', '1 while a person has stopped all deeds.'),
    // sources
    polls: histogram('domus_poll_duration_seconds', 'One answered question to a source.', callSeconds, 'kind'),
    sourceUp: gauge('domus_source_up', '1 while the batch server (or the scheduler beside it) answers, 0 while it is silent.', 'kind', 'source'),
    sourceAge: gauge('domus_source_answer_timestamp_seconds', 'When the batch server (or the scheduler beside it) last answered.', 'kind', 'source'),
    hosts: gauge('domus_hosts', 'Hosts by state: on, off, or unknown (silent).', 'pool', 'state'),
    loads: gauge('domus_hosts_by_load', 'Hosts by class of their load over `consolidation.window`.', 'pool', 'class'),
    moves: gauge('domus_moves_open', 'Machines that are to go to another host, or are on their way.'),
    power: gauge('domus_power_watts', 'Estimated draw of the hosts whose state is known.', 'pool'),
    busyCores: gauge('domus_host_cores_busy', 'Cores of hosts that hold jobs.', 'pool'),
    coresOn: gauge('domus_host_cores_on', 'Cores of hosts that are on.', 'pool'),
    // demand and supply
    jobsWaiting: gauge('domus_jobs_waiting', 'Eligible jobs that wait for a node; absent while the batch server is silent.', 'environment'),
    slotsWaiting: gauge('domus_job_slots_waiting', 'Slots that the waiting jobs ask for.', 'environment'),
    jobsRunning: gauge('domus_jobs_running', 'Jobs that hold slots.', 'environment'),
    slotsRunning: gauge('domus_job_slots_running', 'Slots that running jobs hold.', 'environment'),
    machines: gauge('domus_machines', 'Machines by phase; ready is told apart as idle and busy.', 'environment', 'phase'),
    slots: gauge('domus_machine_slots', 'Slots (np) of machines whose guest is there.', 'environment'),
    busySlots: gauge('domus_machine_slots_busy', 'Slots of machines that hold jobs.', 'environment'),
    jobWait: histogram('domus_job_wait_seconds', 'From eligible to started, of every job that started.', waitSeconds, 'environment'),
    machineWait: histogram(
      'domus_job_queued_to_machine_ready_seconds',
      'From eligible to the machine started for the job being online.',
      waitSeconds,
      'environment',
    ),
    phases: histogram(
      'domus_machine_phase_duration_seconds',
      'How long machines were in a phase, told when they leave it.',
      phaseSeconds,
      'environment',
      'phase',
    ),
    // deeds and troubles
    deeds: counter('domus_deeds_total', 'Deeds that ended, by verb and outcome (done, or the kind of failure).', 'verb', 'outcome'),
    deedSeconds: histogram('domus_deed_duration_seconds', 'Deeds that were done.', callSeconds, 'verb'),
    intents: gauge('domus_intents_open', 'Deeds under way, or whose outcome is looked for.'),
    breakers: gauge('domus_breakers_open', 'Breakers that are open now: environments, hosts, and what else pauses after failures.', 'kind'),
    breaker: gauge('domus_environment_breaker_open', '1 while the environment is paused after repeated failures.', 'environment'),
    failedMachines: gauge('domus_machines_failed', 'Machines that failed and are kept for inspection.', 'environment'),
    strays: gauge('domus_strays', 'Guests and disks that belong to nobody.', 'kind'),
    proposals: gauge('domus_proposals_open', 'Decisions that wait for a person (advise mode).'),
    notices: counter('domus_notices_total', 'Notices by channel and outcome (sent, failed: tried again, given-up).', 'channel', 'outcome'),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;
