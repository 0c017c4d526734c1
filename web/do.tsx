import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../src/api/client.js';
import type { DecisionRecord, ProposalRecord } from '../src/api/schema/plan.js';
import type { RequestRecord, Wish } from '../src/api/schema/requests.js';
import type { Preview } from '../src/api/schema/what-if.js';
import type { Seen } from './seen.js';
import { client, mayAct, type Person } from './session.js';
import { instant, short } from './words.js';

interface Wished {
  readonly verb: Wish['kind'];
  readonly subject: string;
  readonly drain?: boolean;
}
const label = ({ verb, drain }: Wished): string => (drain === true ? 'cordon and empty' : verb);

/** Asks until the planner has answered. */
async function answered(request: RequestRecord): Promise<RequestRecord> {
  let now = request;
  for (let turn = 0; now.state === 'open' && turn < 60; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = await client.ask('GET /requests/:id', { params: { id: request.id } });
  }
  return now;
}

export const told = (thrown: unknown): string =>
  thrown instanceof ApiProblem && thrown.remedy !== undefined
    ? `${thrown.message}; ${thrown.remedy}`
    : thrown instanceof Error
      ? thrown.message
      : String(thrown);

/** Jobs named in a preview, of each machine. */
const mostNamed = 6;

function Effect({ preview, failed }: { preview: Preview | undefined; failed: boolean }) {
  if (preview === undefined) return failed ? null : <p class="quiet">The daemon is being asked …</p>;
  return (
    <>
      <p class={preview.state === 'refused' ? 'notice' : ''}>{preview.text}</p>
      <ul class="preview">
        {preview.touches.slice(0, 50).map(({ subject, text, jobs }) => (
          <li key={subject}>
            <b>{short(subject.slice(subject.indexOf(':') + 1))}</b> {text}
            {jobs.length > 0 && (
              <span class="quiet">
                :{' '}
                {jobs
                  .slice(0, mostNamed)
                  .map(({ id, owner }) => (owner === undefined ? id : `${id} of ${owner}`))
                  .join(', ')}
                {jobs.length > mostNamed ? ` and ${jobs.length - mostNamed} more` : ''}
              </span>
            )}
          </li>
        ))}
        {preview.touches.length > 50 && <li class="quiet">and {preview.touches.length - 50} more</li>}
      </ul>
    </>
  );
}

/** Says what a wish will do, asks for the reason, sends it and shows the answer. */
function Confirm({ wished, seen, close }: { wished: Wished; seen: Seen; close: () => void }) {
  const box = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<RequestRecord>();
  const [failed, setFailed] = useState('');
  const [preview, setPreview] = useState<Preview>();
  const { verb, subject, drain = false } = wished;
  useEffect(() => {
    box.current?.showModal();
    client.ask('POST /requests/preview', { body: { kind: verb, subject, drain } }).then(setPreview, (thrown: unknown) => setFailed(told(thrown)));
  }, [verb, subject, drain]);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const why = String(new FormData(event.currentTarget as HTMLFormElement).get('why') ?? '');
    setBusy(true);
    setFailed('');
    try {
      setAnswer(await answered(await client.ask('POST /requests', { body: { kind: verb, subject, why, drain } })));
    } catch (thrown) {
      setFailed(told(thrown));
    }
    setBusy(false);
  };
  return (
    <dialog ref={box} onClose={close} aria-labelledby="wish">
      <form onSubmit={(event) => void send(event)}>
        <h2 id="wish">
          {label(wished)} {short(wished.subject)}
        </h2>
        {answer === undefined && (
          <>
            <h3>What will happen</h3>
            <Effect preview={preview} failed={failed !== ''} />
            {seen.status?.mode === 'watch' && <p class="quiet">The deployment only watches: deeds are recorded, not done.</p>}
            <label for="reason">Why? Everybody sees it.</label>
            <input id="reason" name="why" maxLength={500} required autocomplete="off" />
          </>
        )}
        {answer !== undefined && (
          <p class={answer.state === 'done' ? 'notice good' : 'notice'} role="status">
            {answer.state}: {answer.text ?? 'no answer yet; it stands in the list of wishes'}
          </p>
        )}
        {failed !== '' && (
          <p class="alarm small" role="alert">
            {failed}
          </p>
        )}
        <footer>
          <button type="button" onClick={() => box.current?.close()}>
            {answer === undefined ? 'Leave it' : 'Close'}
          </button>
          {answer === undefined && (
            <button type="submit" class="main" disabled={busy || preview?.state !== 'done'}>
              {busy ? 'Asking the planner …' : `Yes, ${label(wished)}`}
            </button>
          )}
        </footer>
      </form>
    </dialog>
  );
}

function Buttons({ wishes, seen }: { wishes: readonly Wished[]; seen: Seen }) {
  const [wished, setWished] = useState<Wished>();
  if (wishes.length === 0) return null;
  return (
    <div class="deeds">
      {wishes.map((wish) => (
        <button key={label(wish)} type="button" onClick={() => setWished(wish)}>
          {label(wish)} …
        </button>
      ))}
      {wished !== undefined && <Confirm wished={wished} seen={seen} close={() => setWished(undefined)} />}
    </div>
  );
}

/** What may be wished for a machine or host, as it is now. */
export function wishesFor(kind: string, name: string, seen: Seen): readonly Wished[] {
  if (kind === 'machine') {
    const machine = seen.machines.get(name);
    if (machine === undefined) return [];
    return [
      ...(machine.goal === 'serve' ? [{ verb: 'drain', subject: name } as const] : []),
      machine.held === undefined ? { verb: 'hold', subject: name } : { verb: 'release', subject: name },
    ];
  }
  const host = kind === 'host' ? seen.hosts.get(name) : undefined;
  if (host === undefined) return [];
  if (host.cordoned !== undefined) return [{ verb: 'uncordon', subject: name }, ...power(host.power, name)];
  return [{ verb: 'cordon', subject: name }, { verb: 'cordon', subject: name, drain: true }, ...power(host.power, name)];
}

function power(state: string | undefined, subject: string): readonly Wished[] {
  if (state === undefined) return [];
  return [{ verb: state === 'off' || state === 'sleeping' ? 'wake' : 'sleep', subject }];
}

/** Buttons for what this person may do with the subject; nothing for who may not. */
export function Deeds({ kind, name, seen, person }: { kind: string; name: string; seen: Seen; person: Person | undefined }) {
  const machine = kind === 'machine' ? seen.machines.get(name) : undefined;
  const host = seen.hosts.get(machine?.host ?? name);
  if (!mayAct(person, { pool: host?.pool, environment: machine?.environment })) return null;
  return <Buttons wishes={wishesFor(kind, name, seen)} seen={seen} />;
}

/** Decisions with their reasons, the first hundred. */
export function Decisions({ title, list, empty }: { title: string; list: readonly DecisionRecord[]; empty: string }) {
  return (
    <section class="card">
      <h2>{title}</h2>
      {list.length === 0 && <p class="quiet">{empty}</p>}
      <ul class="decisions">
        {list.slice(0, 100).map(({ kind, subject, host, why }) => (
          <li key={`${kind} ${subject} ${host}`}>
            <b>
              {kind} {short(subject.slice(subject.indexOf(':') + 1))}
              {host === undefined ? '' : ` on ${short(host)}`}
            </b>{' '}
            {why}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Wishes and proposals, read anew with every tick. */
function useWishes(revision: number | undefined): { readonly requests: readonly RequestRecord[]; readonly proposals: readonly ProposalRecord[] } {
  const [requests, setRequests] = useState<readonly RequestRecord[]>([]);
  const [proposals, setProposals] = useState<readonly ProposalRecord[]>([]);
  useEffect(() => {
    const over = new AbortController();
    const quietly = (): undefined => undefined; // who may not see wishes is shown none
    client.ask('GET /requests', { query: { limit: 20 } }, over.signal).then(({ requests: read }) => setRequests(read), quietly);
    client.ask('GET /proposals', {}, over.signal).then(({ proposals: read }) => setProposals(read), quietly);
    return () => over.abort();
  }, [revision]);
  return { requests, proposals };
}

/** The plan: what is done, what would be done and waits for a yes, and what people wished for. */
export function Doing({ seen, person }: { seen: Seen; person: Person | undefined }) {
  const { requests, proposals } = useWishes(seen.status?.revision);
  const everywhere = mayAct(person, {});
  const { plan, status } = seen;
  return (
    <>
      {everywhere && status !== undefined && <Buttons wishes={[{ verb: status.frozen === undefined ? 'freeze' : 'thaw', subject: '' }]} seen={seen} />}
      {proposals.length > 0 && (
        <section class="card">
          <h2>Waits for a yes</h2>
          <ul class="decisions">
            {proposals.map(({ id, text, approvedBy }) => (
              <li key={id}>
                <b>{id}</b> {text} {approvedBy !== undefined && <span class="quiet">approved by {approvedBy}</span>}
                {everywhere && approvedBy === undefined && <Buttons wishes={[{ verb: 'approve', subject: id }]} seen={seen} />}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Decisions title="Done now" list={plan?.decisions ?? []} empty="This look changes nothing." />
      <Decisions title="Would be done" list={plan?.recorded ?? []} empty="Nothing is held back by the mode, a missing yes or a freeze." />
      {requests.length > 0 && (
        <section class="card">
          <h2>Wishes of the last day</h2>
          <ul class="decisions">
            {requests.map(({ id, kind, subject, who, why, at, state, text }) => (
              <li key={id}>
                <b>
                  {kind} {short(subject)}
                </b>{' '}
                by {who}, {instant(at, Date.now())}: {why}. <span class="quiet">{text ?? state}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
