import { useEffect, useState } from 'preact/hooks';
import type { WeekRecord } from '../src/api/schema/week.js';

import { client } from './session.js';
import { told } from './wish.js';
import { count, duration, hue, instant, longer, short } from './words.js';

type Environment = WeekRecord['environments'][number];
type Done = Extract<WeekRecord['estimate'], { state: 'done' }>;
type Estimated = Done['environments'][number];
type Thought = WeekRecord['thoughts'][number];

const wait = (ms: number | undefined): string => (ms === undefined ? '–' : longer(ms));
const shown = 50;
const none = (value: number): string => (value === 0 ? 'none' : whole(value));
const whole = (value: number): string => Math.round(value).toLocaleString('en');

/** How long jobs waited, and would have: two bars of one scale. */
function Waits({ really, would }: { really: number | undefined; would: number | undefined }) {
  const most = Math.max(really ?? 0, would ?? 0, 1);
  const bar = (title: string, ms: number | undefined, kind: string) => (
    <div class="against">
      <span>{title}</span>
      <i class={kind} style={{ width: `${(60 * (ms ?? 0)) / most}%` }} aria-hidden="true" />
      <b>{wait(ms)}</b>
    </div>
  );
  return (
    <>
      {bar('waited', really, 'was')}
      {bar('would have', would, 'would')}
    </>
  );
}

function Figures({ estimated }: { estimated: Estimated }) {
  const { jobs, unstarted, waitMeanMs, waitP95Ms, longWaits, really, machinesAtMost, machineHours } = estimated;
  if (jobs === 0) return <p class="quiet">None of its jobs was seen this week.</p>;
  return (
    <>
      <h3>Mean wait of {count(jobs, 'job')}, estimated</h3>
      <Waits really={really.waitMeanMs} would={waitMeanMs} />
      <p class="why">
        95 % would have waited less than {wait(waitP95Ms)}; {none(longWaits)} longer than ten minutes; in truth {none(really.longWaits)} did
        {unstarted === 0 ? '' : `; ${whole(unstarted)} would still wait`}. At most {count(machinesAtMost, 'machine')} at a time, {whole(machineHours)} machine
        hours.
      </p>
    </>
  );
}

function Card({ env, estimated }: { env: Environment; estimated: Estimated | undefined }) {
  const { start = 0, drain = 0, resize = 0 } = env.decisions;
  return (
    <article class={`card hue-${hue(env.name)}`}>
      <header>
        <h2>{env.name}</h2>
        <span class={`mode mode-${env.mode}`}>{env.mode}</span>
      </header>
      {(env.mode === 'watch' || start + drain + resize > 0) && (
        <dl class="figures">
          <div>
            <dt>would start</dt>
            <dd>{whole(start)}</dd>
          </div>
          <div>
            <dt>at one time</dt>
            <dd>{whole(env.mostAtOnce)}</dd>
          </div>
          <div>
            <dt>would stop</dt>
            <dd>{whole(drain)}</dd>
          </div>
          {resize > 0 && (
            <div>
              <dt>would resize</dt>
              <dd>{whole(resize)}</dd>
            </div>
          )}
        </dl>
      )}
      {estimated !== undefined && <Figures estimated={estimated} />}
      {estimated === undefined && env.seen.started > 0 && (
        <p class="why">
          {count(env.seen.started, 'job')} started and waited {wait(env.seen.waitMeanMs)} on average.
        </p>
      )}
    </article>
  );
}

function Estimate({ estimate }: { estimate: WeekRecord['estimate'] }) {
  switch (estimate.state) {
    case 'none':
      return null;
    case 'working':
      return (
        <section class="card">
          <h2>What would have come of it</h2>
          <p class="quiet" role="status">
            The simulator lets this week's jobs run again: {Math.round(100 * estimate.part)} % …
          </p>
        </section>
      );
    case 'failed':
      return <p class="notice">No estimate: {estimate.why}</p>;
    case 'done':
      return (
        <section class="card">
          <h2>What would have come of it: an estimate</h2>
          <p>
            {count(estimate.site.boots, 'machine')} started.{' '}
            {estimate.site.switchesHosts
              ? `Hosts on for ${whole(estimate.site.hostsOnHours)} of ${whole(estimate.site.alwaysOnHours)} hours, about ${whole(estimate.site.energyKWh)} kWh; always on it is ${whole(estimate.site.alwaysOnKWh)} kWh.`
              : `Hosts always on: about ${whole(estimate.site.energyKWh)} kWh.`}
          </p>
          <h3>It holds for</h3>
          <ul class="assumed">
            {estimate.assumed.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </section>
      );
  }
}

const stood = ({ since, until }: Thought): string => (until - since < 1000 ? 'for a moment' : `for ${duration(until - since)}`);

function Thoughts({ week }: { week: WeekRecord }) {
  return (
    <section class="card">
      <h2>Decided, and only written down</h2>
      {week.thoughts.length === 0 && <p class="quiet">Nothing: no job waited for a machine, or what is decided is done.</p>}
      <ul class="decisions">
        {week.thoughts.slice(0, shown).map((thought) => (
          <li key={`${thought.key} ${thought.since}`}>
            <time class="quiet">{instant(thought.since, week.until)}</time>{' '}
            <b>
              would {thought.kind} {short(thought.subject.slice(thought.subject.indexOf(':') + 1))}
              {thought.host === undefined ? '' : ` on ${short(thought.host)}`}
            </b>{' '}
            {thought.why} <span class="quiet">({stood(thought)})</span>
          </li>
        ))}
        {week.thoughtsTotal > shown && (
          <li class="quiet">and {whole(week.thoughtsTotal - Math.min(shown, week.thoughts.length))} more: domus week --json has the newest 200</li>
        )}
      </ul>
    </section>
  );
}

/** What Domus would have done in the last seven days, for who has not switched it on yet. */
export function Week() {
  const [week, setWeek] = useState<WeekRecord>();
  const [failed, setFailed] = useState('');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new AbortController();
    const read = async (): Promise<void> => {
      try {
        const answer = await client.ask('GET /week', {}, over.signal);
        setWeek(answer);
        setFailed('');
        timer = setTimeout(() => void read(), answer.estimate.state === 'working' ? 2000 : 60_000);
      } catch (thrown) {
        if (over.signal.aborted) return;
        setFailed(told(thrown));
        timer = setTimeout(() => void read(), 10_000);
      }
    };
    void read();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, []);
  if (week === undefined) return failed === '' ? <p class="empty">The week is being read …</p> : <p class="notice">{failed}</p>;
  const { estimate, environments, watches, since, until, heardMs } = week;
  const guesses = estimate.state === 'done' ? estimate.environments : [];
  return (
    <>
      {failed !== '' && <p class="notice">{failed}</p>}
      <p class="lead">
        {watches ? 'What Domus would have done' : 'No environment is in mode watch, so this is what was done, and what the simulator makes of the same jobs'} in
        the last {longer(until - since)}; the batch server was heard for {longer(heardMs)}.
      </p>
      <div class="cards">
        {environments.map((env) => (
          <Card key={env.name} env={env} estimated={guesses.find(({ name }) => name === env.name)} />
        ))}
      </div>
      <Estimate estimate={estimate} />
      <Thoughts week={week} />
    </>
  );
}
