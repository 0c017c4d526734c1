import type { EnvironmentRecord } from '../src/api/schema/environments.js';
import type { MachineRecord } from '../src/api/schema/machines.js';
import type { PlanRecord } from '../src/api/schema/plan.js';
import type { StatusRecord } from '../src/api/schema/status.js';
import { Rack } from './rack.js';
import { still } from './same.js';
import type { Seen } from './seen.js';
import { Services } from './services.js';
import { count, duration, hue, longer, short } from './words.js';

const isSleepy = (at: number, due: number): boolean => Date.now() - Math.max(at, due) > 120_000;

function Alarms({ status, deaf }: { status: StatusRecord; deaf: string | undefined }) {
  const { frozen, silent } = status;
  return (
    <div role="status" aria-live="polite">
      {deaf !== undefined && <p class="alarm">{deaf}</p>}
      {deaf === undefined && isSleepy(status.at, status.due) && <p class="alarm">the daemon has not looked for {duration(Date.now() - status.at)}</p>}
      {frozen !== undefined && (
        <p class="notice">
          <b>Frozen</b> by {frozen.by}: {frozen.why}. Nothing is done until somebody thaws it.
        </p>
      )}
      {silent.slice(0, 8).map((source) => (
        <p class="alarm" key={`${source.kind} ${source.name}`}>
          <a href={`#/why/${source.kind === 'batch' ? 'source' : 'host'}/${encodeURIComponent(source.name)}`}>
            {source.kind === 'batch' ? 'Batch server' : 'Host'} <b>{source.name}</b>
          </a>{' '}
          is silent{source.silentSince === undefined ? '' : ` for ${duration(status.at - source.silentSince)}`}
          {source.cause === undefined ? '' : `: ${source.cause}`}
        </p>
      ))}
      {silent.length > 8 && <p class="alarm">and {silent.length - 8} more do not answer</p>}
    </div>
  );
}

const stages = ['busy', 'idle', 'coming', 'leaving', 'failed'] as const;

/** Machines by stage, as a bar of the environment's maximum. */
function Stages({ env }: { env: EnvironmentRecord }) {
  const { ready, busy, coming, leaving, failed } = env.machines;
  const counts = { busy: Math.min(busy, ready), idle: Math.max(0, ready - busy), coming, leaving, failed };
  const shown = stages.filter((stage) => counts[stage] > 0);
  const total = Math.max(env.max, ready + coming + leaving + failed, 1);
  return (
    <>
      <div class="bar" aria-hidden="true">
        {shown.map((stage) => (
          <i key={stage} class={`stage-${stage}`} style={{ width: `${(100 * counts[stage]) / total}%` }} />
        ))}
      </div>
      <ul class="legend">
        {shown.map((stage) => (
          <li key={stage}>
            <i class={`stage-${stage}`} aria-hidden="true" /> {counts[stage]} {stage}
          </li>
        ))}
        <li class="quiet">at most {env.max}</li>
      </ul>
    </>
  );
}

interface Line {
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly href?: string;
}

/** What the plan says of an environment: what comes, and what waits for what. */
export function linesOf(plan: PlanRecord | undefined, name: string): { readonly coming: readonly Line[]; readonly waits: readonly Line[] } {
  if (plan === undefined) return { coming: [], waits: [] };
  const starts = [...plan.decisions.map((each) => ({ ...each, would: false })), ...plan.recorded.map((each) => ({ ...each, would: true }))];
  const coming = starts
    .filter(({ environment }) => environment === name)
    .map(({ kind, subject, host, cores, why, would }) => ({
      key: `${kind}${subject}${would}`,
      title: `${would ? 'would ' : ''}${kind} ${short(subject.slice(subject.indexOf(':') + 1))}${host === undefined ? '' : ` on ${short(host)}`}${cores === undefined ? '' : `, ${count(cores, 'core')}`}`,
      text: why,
    }));
  const waits = plan.reasons
    .filter(({ subject }) => subject.startsWith('group:') && subject.split('|')[1] === name)
    .map(({ subject, title, said }) => ({ key: subject, title: title ?? 'jobs', text: said.map(({ text }) => text).join('; ') }));
  return { coming, waits };
}

function Lines({ title, lines }: { title: string; lines: readonly Line[] }) {
  if (lines.length === 0) return null;
  const shown = lines.slice(0, 4);
  return (
    <section class="lines">
      <h3>{title}</h3>
      <ul>
        {shown.map(({ key, title: what, text, href }) => (
          <li key={key}>
            <b>{href === undefined ? what : <a href={href}>{what}</a>}</b> {text}
          </li>
        ))}
        {lines.length > shown.length && <li class="quiet">and {lines.length - shown.length} more</li>}
      </ul>
    </section>
  );
}

const phases: Readonly<Partial<Record<MachineRecord['phase'], string>>> = {
  wanted: 'is begun',
  preparing: 'gets its disk',
  booting: 'boots',
  joining: 'joins the batch system',
};

/** About when a machine that comes is ready: in steps of five seconds, so that it does not flicker. */
function readyIn(expectedAt: number | undefined, at: number): string {
  if (expectedAt === undefined) return 'how long it takes is not known yet';
  const leftMs = expectedAt - at;
  if (leftMs <= 0) return `takes ${longer(-leftMs)} longer than usual`;
  return `ready in about ${longer(Math.max(5000, Math.ceil(leftMs / 5000) * 5000))}`;
}

/** Machines that are on their way, the next one first. */
function arrivals(machines: readonly MachineRecord[], at: number): readonly Line[] {
  const sorted = [...machines].sort((a, b) => (a.expectedAt ?? Number.POSITIVE_INFINITY) - (b.expectedAt ?? Number.POSITIVE_INFINITY));
  return sorted.map(({ id, host, phase, expectedAt }) => ({
    key: id,
    title: `${short(id)} on ${short(host)}`,
    text: `${phases[phase] ?? phase}, ${readyIn(expectedAt, at)}`,
    href: `#/why/machine/${encodeURIComponent(id)}`,
  }));
}

interface EnvironmentProps {
  readonly env: EnvironmentRecord;
  readonly plan: PlanRecord | undefined;
  readonly coming: readonly MachineRecord[];
  /** Absent of one where nothing comes: it is not drawn again as time passes. */
  readonly at: number;
}

const Environment = still(({ env, plan, coming, at }: EnvironmentProps) => {
  const { coming: planned, waits } = linesOf(plan, env.name);
  return (
    <article class={`card hue-${hue(env.name)}`}>
      <header>
        <h2>
          <a href={`#/why/environment/${encodeURIComponent(env.name)}`}>{env.name}</a>
        </h2>
        <span class={`mode mode-${env.mode}`}>{env.mode}</span>
      </header>
      <dl class="figures">
        <div>
          <dt>waiting</dt>
          <dd>{env.jobs.waiting.toLocaleString('en')}</dd>
        </div>
        <div>
          <dt>running</dt>
          <dd>{env.jobs.running.toLocaleString('en')}</dd>
        </div>
        <div>
          <dt>free slots</dt>
          <dd>{env.slotsFree.toLocaleString('en')}</dd>
        </div>
      </dl>
      <Stages env={env} />
      {env.paused !== undefined && <p class="alarm small">Paused: {env.paused}</p>}
      {env.why !== undefined && <p class="why">{env.why}</p>}
      <Lines
        title={planned.length === 0 || env.usualReadyMs === undefined ? 'Coming' : `Coming; a start takes about ${longer(env.usualReadyMs)}`}
        lines={[...arrivals(coming, at), ...planned]}
      />
      <Lines title="Waiting" lines={waits} />
    </article>
  );
});

const none: readonly MachineRecord[] = [];

/** Machines that will serve and do not yet, by environment. */
function comingOf(machines: ReadonlyMap<string, MachineRecord>): ReadonlyMap<string, readonly MachineRecord[]> {
  const coming = new Map<string, MachineRecord[]>();
  for (const machine of machines.values()) {
    if (phases[machine.phase] === undefined || machine.goal !== 'serve') continue;
    const known = coming.get(machine.environment);
    if (known === undefined) coming.set(machine.environment, [machine]);
    else known.push(machine);
  }
  return coming;
}

export function Now({ seen }: { seen: Seen }) {
  const { status, environments, hosts, machines, plan, deaf } = seen;
  const coming = comingOf(machines);
  if (status === undefined) return <p class="empty">{deaf ?? 'The daemon is being asked …'}</p>;
  return (
    <>
      <Alarms status={status} deaf={deaf} />
      <dl class="totals">
        <div>
          <dt>jobs waiting</dt>
          <dd>{status.jobs.waiting.toLocaleString('en')}</dd>
        </div>
        <div>
          <dt>running</dt>
          <dd>{status.jobs.running.toLocaleString('en')}</dd>
        </div>
        <div>
          <dt>machines</dt>
          <dd>{status.machines.total.toLocaleString('en')}</dd>
        </div>
        <div>
          <dt>hosts that answer</dt>
          <dd class={status.hosts.heard < status.hosts.total ? 'bad' : ''}>
            {status.hosts.heard} <small>of {status.hosts.total}</small>
          </dd>
        </div>
        {status.jobs.unserved > 0 && (
          <div>
            <dt>served by nobody</dt>
            <dd class="bad">{status.jobs.unserved}</dd>
          </div>
        )}
        {status.proposals > 0 && (
          <div>
            <dt>
              <a href="#/do">wait for a yes</a>
            </dt>
            <dd>{status.proposals}</dd>
          </div>
        )}
      </dl>
      <div class="cards">
        {[...environments.values()].map((env) => (
          <Environment key={env.name} env={env} plan={plan} coming={coming.get(env.name) ?? none} at={coming.has(env.name) ? status.at : 0} />
        ))}
      </div>
      <Services />
      <Rack hosts={hosts} machines={machines} at={status.at} loaded={seen.loaded} />
    </>
  );
}
