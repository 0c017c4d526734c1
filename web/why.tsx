import { useEffect, useState } from 'preact/hooks';
import { ApiProblem } from '../src/api/client.js';
import type { EnvironmentRecord } from '../src/api/schema/environments.js';
import type { WhyRecord } from '../src/api/schema/why.js';

import type { Seen } from './seen.js';
import { client, type Person } from './session.js';
import { Deeds } from './wish.js';
import { count, instant, memory } from './words.js';

type Kind = WhyRecord['kind'];
const kinds: readonly string[] = ['job', 'machine', 'host', 'environment', 'seat', 'source', 'stray', 'proposal'] satisfies Kind[];

/** `machine:grid-01#3` as a link to its own story. */
function Subject({ subject, title }: { subject: string; title?: string | undefined }) {
  const [kind, name] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)];
  if (!kinds.includes(kind)) return <b>{title ?? name}</b>;
  return (
    <b>
      <a href={`#/why/${kind}/${encodeURIComponent(name)}`}>{title ?? `${kind} ${name}`}</a>
    </b>
  );
}

const shownFacts: Readonly<Record<string, (value: never) => string>> = {
  state: (value: string) => value,
  phase: (value: string) => value,
  environment: (value: string) => value,
  queue: (value: string) => value,
  owner: (value: string) => value,
  host: (value: string) => value,
  pool: (value: string) => value,
  request: (value: string) => value,
  slots: (value: number) => String(value),
  cores: (value: number | { min: number; max: number }) => (typeof value === 'number' ? String(value) : `${value.min} to ${value.max}`),
  memoryMiB: (value: number | { min: number; max: number }) => (typeof value === 'number' ? memory(value) : `${memory(value.min)} to ${memory(value.max)}`),
  image: (value: string) => value,
  share: (value: number) => (value === 0 ? '' : `${Number((value * 100).toFixed(1))} % of its pools' cores`),
  shareSet: ({ by, configured, until }: NonNullable<EnvironmentRecord['shareSet']>) =>
    `by ${by}, configured ${Number((configured * 100).toFixed(1))} %${until === undefined ? '' : `, until ${instant(until, 0)}`}`,
  power: (value: string) => value,
  held: (value: string) => value,
  cordoned: (value: string) => value,
  jobs: (value: unknown) => (Array.isArray(value) ? value.slice(0, 6).join(', ') + (value.length > 6 ? ` and ${value.length - 6} more` : '') : ''),
  nodes: (value: readonly string[]) => value.join(', '),
};
const factNames: Readonly<Record<string, string>> = { memoryMiB: 'memory', shareSet: 'share set' };

function Facts({ facts }: { facts: WhyRecord['facts'] }) {
  if (facts === undefined) return <p class="quiet">It is gone; this is what was stored of it.</p>;
  const lines = Object.entries(shownFacts).flatMap(([name, say]) => {
    const value = (facts as Readonly<Record<string, unknown>>)[name];
    const text = value === undefined ? '' : say(value as never);
    return text === '' ? [] : [[factNames[name] ?? name, text] as const];
  });
  return (
    <dl class="facts">
      {lines.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Story({ why, seen, person }: { why: WhyRecord; seen: Seen; person: Person | undefined }) {
  const name = why.subject.slice(why.subject.indexOf(':') + 1);
  return (
    <article class="card story">
      <header>
        <h2>
          {why.kind} {name}
        </h2>
      </header>
      <Facts facts={why.facts} />
      <Deeds kind={why.kind} name={name} seen={seen} person={person} />
      <h3>Now, because</h3>
      <ol class="chain">
        {why.chain.map(({ subject, title, said }) => (
          <li key={subject}>
            <Subject subject={subject} title={title} />
            {said.map(({ text }) => (
              <p key={text}>{text}</p>
            ))}
          </li>
        ))}
      </ol>
      <h3>Before</h3>
      {why.history.length === 0 && <p class="quiet">Nothing is stored of it.</p>}
      <ol class="chain past">
        {why.history.map(({ number, at, kind, text }) => (
          <li key={number} class={`event-${kind}`}>
            <time dateTime={new Date(at).toISOString()}>{instant(at, Date.now())}</time> <p>{text}</p>
          </li>
        ))}
      </ol>
    </article>
  );
}

function problem(thrown: unknown): { readonly message: string; readonly choices: readonly string[] } {
  if (!(thrown instanceof ApiProblem)) return { message: String(thrown), choices: [] };
  return {
    message: thrown.remedy === undefined ? thrown.message : `${thrown.message}; ${thrown.remedy}`,
    choices: thrown.code === 'ambiguous' ? thrown.details : [],
  };
}

function Choices({ choices }: { choices: readonly string[] }) {
  return (
    <ul>
      {choices.map((choice) => (
        <li key={choice}>
          <Subject subject={choice.replace(' ', ':')} />
        </li>
      ))}
    </ul>
  );
}

export function Why({ kind, name, seen, person }: { kind: string; name: string; seen: Seen; person: Person | undefined }) {
  const [why, setWhy] = useState<WhyRecord>();
  const [failed, setFailed] = useState<unknown>();
  const revision = seen.status?.revision;
  useEffect(() => {
    if (name === '') return undefined;
    const over = new AbortController();
    client
      .ask('GET /why/:kind/:id', { params: { kind: (kinds.includes(kind) ? kind : 'any') as Kind, id: name }, query: { history: 50 } }, over.signal)
      .then((answer) => {
        setWhy(answer);
        setFailed(undefined);
      })
      .catch((thrown: unknown) => {
        if (over.signal.aborted) return;
        setWhy(undefined);
        setFailed(thrown);
      });
    return () => over.abort();
  }, [kind, name, revision]);
  const ask = (event: Event): void => {
    event.preventDefault();
    const word = String(new FormData(event.currentTarget as HTMLFormElement).get('name') ?? '').trim();
    if (word !== '') location.hash = `#/why/any/${encodeURIComponent(word)}`;
  };
  const refusal = failed === undefined ? undefined : problem(failed);
  return (
    <>
      <form class="ask" onSubmit={ask}>
        <label for="subject">Why is it as it is?</label>
        <input id="subject" name="name" value={name} placeholder="a job, machine, host or environment" autocomplete="off" spellcheck={false} key={name} />
        <button type="submit">Ask</button>
      </form>
      {refusal !== undefined && (
        <div class="notice" role="alert">
          {refusal.message}
          <Choices choices={refusal.choices} />
        </div>
      )}
      {why !== undefined && name !== '' && <Story why={why} seen={seen} person={person} />}
      {name === '' && (
        <p class="quiet">
          A number is a job, a short name will do: {count(seen.machines.size, 'machine')} and {count(seen.hosts.size, 'host')} are known.
        </p>
      )}
    </>
  );
}
