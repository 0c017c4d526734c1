import { useState } from 'preact/hooks';
import type { Answer, SentTo } from '../src/api/routes/table.js';
import type { EnvironmentRecord } from '../src/api/schema/environments.js';
import type { DecisionRecord } from '../src/api/schema/plan.js';
import { Decisions } from './do.js';
import type { Seen } from './seen.js';
import { client } from './session.js';
import { told } from './wish.js';
import { count } from './words.js';

type Asked = SentTo<'POST /plan/what-if'>['body'];
type Shown = Answer<'POST /plan/what-if'>;
type Mode = EnvironmentRecord['mode'];

const numbers = [
  ['min', 'at least'],
  ['max', 'at most'],
  ['spare', 'spare'],
  ['priority', 'priority'],
] as const;

/** What the form says differently from what is. */
function changed(form: FormData, env: EnvironmentRecord): Asked {
  const own: Partial<Record<(typeof numbers)[number][0], number>> = {};
  for (const [field] of numbers) {
    const value = Number(form.get(field));
    if (form.get(field) !== '' && value !== env[field]) own[field] = value;
  }
  const mode = String(form.get('mode'));
  const everywhere = mode === '' ? {} : { mode: mode as Mode, pools: Object.fromEntries(env.pools.map((pool) => [pool, { mode: mode as Mode }])) };
  return { ...everywhere, environments: { [env.name]: { ...own, ...(mode === '' ? {} : { mode: mode as Mode }) } } };
}

const keyOf = ({ kind, subject, host }: DecisionRecord): string => `${kind} ${subject} ${host}`;
/** What is in one list and not in the other. */
function beyond(these: readonly DecisionRecord[], those: readonly DecisionRecord[]): readonly DecisionRecord[] {
  const known = new Set(those.map(keyOf));
  return these.filter((each) => !known.has(keyOf(each)));
}

function Outcome({ shown }: { shown: Shown }) {
  const { before, after, waiting, tookMs } = shown;
  return (
    <>
      <p class="notice good" role="status">
        This look would decide {count(after.decisions.length, 'thing')} instead of {before.decisions.length}, and hold back {after.recorded.length} instead of{' '}
        {before.recorded.length}. Waiting: {waiting.map(({ environment, jobs }) => `${count(jobs, 'job')} of ${environment}`).join(', ') || 'nothing'}.{' '}
        <small>Worked out in {Math.round(tookMs)} ms; nothing is changed.</small>
      </p>
      <Decisions title="Would be done, and is not now" list={beyond(after.decisions, before.decisions)} empty="Nothing more than now." />
      <Decisions title="Is done now, and would not be" list={beyond(before.decisions, after.decisions)} empty="Nothing less than now." />
      <Decisions title="Would be held back by the mode or a missing yes" list={after.recorded} empty="Nothing." />
    </>
  );
}

/** An environment's limits changed, and the plan that would follow. Nothing is applied. */
export function WhatIf({ seen }: { seen: Seen }) {
  const [chosen, setChosen] = useState('');
  const [shown, setShown] = useState<Shown>();
  const [failed, setFailed] = useState('');
  const [busy, setBusy] = useState(false);
  const env = seen.environments.get(chosen) ?? seen.environments.values().next().value;
  if (env === undefined) return <p class="empty">No environment is known yet.</p>;
  const ask = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFailed('');
    try {
      setShown(await client.ask('POST /plan/what-if', { body: changed(new FormData(event.currentTarget as HTMLFormElement), env) }));
    } catch (thrown) {
      setFailed(told(thrown));
    }
    setBusy(false);
  };
  return (
    <>
      <form class="card what-if" onSubmit={(event) => void ask(event)} key={env.name}>
        <h2>What if …</h2>
        <label>
          environment
          <select value={env.name} onChange={(event) => setChosen(event.currentTarget.value)}>
            {[...seen.environments.keys()].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {numbers.map(([field, title]) => (
          <label key={field}>
            {title}
            <input name={field} type="number" min={0} step={field === 'priority' ? 'any' : 1} defaultValue={String(env[field])} required />
          </label>
        ))}
        <label>
          mode
          <select name="mode">
            <option value="">as it is ({env.mode})</option>
            <option value="act">act</option>
            <option value="advise">advise</option>
            <option value="watch">watch</option>
          </select>
        </label>
        <button type="submit" class="main" disabled={busy}>
          {busy ? 'Being worked out …' : 'See the plan'}
        </button>
      </form>
      {failed !== '' && (
        <p class="alarm" role="alert">
          {failed}
        </p>
      )}
      {shown !== undefined && <Outcome shown={shown} />}
    </>
  );
}
