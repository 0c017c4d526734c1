import type { HostRecord } from '../src/api/schema/hosts.js';
import type { MachineRecord } from '../src/api/schema/machines.js';
import { still } from './same.js';
import { count, duration, hue, memory, short } from './words.js';

const stages: Readonly<Record<MachineRecord['phase'], string>> = {
  wanted: 'coming',
  preparing: 'coming',
  booting: 'coming',
  joining: 'coming',
  ready: 'idle',
  resizing: 'idle',
  migrating: 'moving',
  draining: 'leaving',
  stopping: 'leaving',
  gone: 'leaving',
  failed: 'failed',
  lost: 'failed',
};
/** A permanent machine is never idle: it is there for its own sake. */
const stageOf = (machine: MachineRecord): string =>
  machine.phase === 'ready' && (machine.jobs.length > 0 || machine.kind === 'service') ? 'busy' : stages[machine.phase];

const told = (machine: MachineRecord): string =>
  [
    `${short(machine.id)} (${machine.environment}): ${machine.phase}${machine.movingTo === undefined ? '' : `, goes to ${short(machine.movingTo)}`}`,
    `${count(machine.cores, 'core')}, ${memory(machine.memoryMiB)}, ${machine.kind === 'service' ? 'permanent' : count(machine.jobs.length, 'job')}`,
    machine.held === undefined ? '' : `held: ${machine.held}`,
    machine.failing ?? machine.why ?? '',
  ]
    .filter((line) => line !== '')
    .join('\n');

/** Where there is little room, the number stays and the rest of the name goes. */
function GuestName({ name }: { name: string }) {
  const at = name.search(/\d+$/);
  return at < 1 ? (
    <span>{name}</span>
  ) : (
    <>
      <span>{name.slice(0, at)}</span>
      <b>{name.slice(at)}</b>
    </>
  );
}

const Guest = still(({ machine }: { machine: MachineRecord }) => (
  <a
    data-to={machine.movingTo === undefined ? undefined : short(machine.movingTo)}
    class={`guest hue-${hue(machine.environment)} is-${stageOf(machine)}`}
    style={{ flexGrow: machine.cores }}
    href={`#/why/machine/${encodeURIComponent(machine.id)}`}
    title={told(machine)}
    aria-label={told(machine)}
  >
    <GuestName name={short(machine.seat)} />
  </a>
));

function Gauge({ name, used, of, text }: { name: string; used: number; of: number; text: string }) {
  return (
    <span class="gauge" title={`${name}: ${text}`}>
      <span class="sr">
        {name} {text}
      </span>
      <i aria-hidden="true" style={{ width: `${of === 0 ? 0 : Math.min(100, (100 * used) / of)}%` }} />
    </span>
  );
}

function state(host: HostRecord, at: number): readonly [string, string] {
  if (host.power !== undefined && host.power !== 'on')
    return ['off', { off: 'switched off', waking: 'is being switched on', sleeping: 'is being switched off' }[host.power]];
  if (!host.heard) return ['silent', `silent${host.silentSince === undefined ? '' : ` for ${duration(at - host.silentSince)}`}: ${host.cause ?? 'no answer'}`];
  if (host.cordoned !== undefined) return ['cordoned', host.cordoned];
  return host.blocked === undefined ? ['on', ''] : ['blocked', host.blocked];
}

/** `at` only where the cell tells how long: a cell that does not is left alone from tick to tick. */
const Cell = still(({ host, machines, at }: { host: HostRecord; machines: readonly MachineRecord[]; at: number }) => {
  const [kind, text] = state(host, at);
  const used = host.cores - host.freeCores;
  const usedMemory = host.memoryMiB - host.freeMemoryMiB;
  return (
    <article class={`host host-${kind}`}>
      <header>
        <a href={`#/why/host/${encodeURIComponent(host.name)}`}>{short(host.name)}</a>
        <span class="quiet">
          {(host.load === 'over' || host.load === 'under') && (
            <b
              class={`load load-${host.load}`}
              title={`${host.loadPercent} % of its cores in use over 15 minutes: ${host.load === 'over' ? 'overloaded' : 'underloaded'}`}
            >
              {host.load === 'over' ? '▲' : '▽'}
            </b>
          )}
          {host.arriving.length > 0 && <b title={`${count(host.arriving.length, 'machine')} being moved`}>⇄{host.arriving.length}</b>} {used}/{host.cores}
        </span>
      </header>
      <Gauge name="cores in use" used={used} of={host.cores} text={`${used} of ${host.cores}`} />
      <Gauge name="memory in use" used={usedMemory} of={host.memoryMiB} text={`${memory(usedMemory)} of ${memory(host.memoryMiB)}`} />
      <div class="guests">
        {machines.map((machine) => (
          <Guest key={machine.id} machine={machine} />
        ))}
        {host.heard && host.freeCores > 0 && <span class="free" style={{ flexGrow: host.freeCores }} title={`${count(host.freeCores, 'core')} free`} />}
      </div>
      {text !== '' && <p class="state">{text}</p>}
    </article>
  );
});

interface RackProps {
  readonly hosts: ReadonlyMap<string, HostRecord>;
  readonly machines: ReadonlyMap<string, MachineRecord>;
  readonly at: number;
  readonly loaded: boolean;
}

function grouped<R>(records: Iterable<R>, of: (record: R) => string): ReadonlyMap<string, readonly R[]> {
  const groups = new Map<string, R[]>();
  for (const record of records) {
    const list = groups.get(of(record));
    if (list === undefined) groups.set(of(record), [record]);
    else list.push(record);
  }
  return groups;
}

const none: readonly MachineRecord[] = [];
const minute = 60_000;

/** Hosts as cells, pool by pool. */
export function Rack({ hosts, machines, at, loaded }: RackProps) {
  const there = grouped(machines.values(), ({ host }) => host);
  const pools = grouped(hosts.values(), ({ pool }) => pool);
  if (!loaded) return <p class="empty">Hosts and machines are being read …</p>;
  return (
    <>
      {[...pools].map(([pool, all]) => (
        <section key={pool} class="pool" aria-label={`pool ${pool}`}>
          <h2>
            {pool} <small>{count(all.length, 'host')}</small>
          </h2>
          <div class="rack">
            {all.map((host) => (
              <Cell key={host.name} host={host} machines={there.get(host.name) ?? none} at={host.heard ? 0 : Math.floor(at / minute) * minute} />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}
