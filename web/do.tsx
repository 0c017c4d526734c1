import { useEffect, useState } from 'preact/hooks';
import type { DecisionRecord, ProposalRecord, StrayRecord } from '../src/api/schema/plan.js';
import type { RequestRecord } from '../src/api/schema/requests.js';
import type { Seen } from './seen.js';
import { client, mayAct, type Person } from './session.js';
import { Buttons, Deeds } from './wish.js';
import { instant, short } from './words.js';

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
function useWishes(revision: number | undefined): {
  readonly requests: readonly RequestRecord[];
  readonly proposals: readonly ProposalRecord[];
  readonly strays: readonly StrayRecord[];
} {
  const [strays, setStrays] = useState<readonly StrayRecord[]>([]);
  const [requests, setRequests] = useState<readonly RequestRecord[]>([]);
  const [proposals, setProposals] = useState<readonly ProposalRecord[]>([]);
  useEffect(() => {
    const over = new AbortController();
    const quietly = (): undefined => undefined; // who may not see wishes is shown none
    client.ask('GET /requests', { query: { limit: 20 } }, over.signal).then(({ requests: read }) => setRequests(read), quietly);
    client.ask('GET /proposals', {}, over.signal).then(({ proposals: read }) => setProposals(read), quietly);
    client.ask('GET /strays', {}, over.signal).then(({ strays: read }) => setStrays(read), quietly);
    return () => over.abort();
  }, [revision]);
  return { requests, proposals, strays };
}

/** The plan: what is done, what would be done and waits for a yes, and what people wished for. */
export function Doing({ seen, person }: { seen: Seen; person: Person | undefined }) {
  const { requests, proposals, strays } = useWishes(seen.status?.revision);
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
      {strays.length > 0 && (
        <section class="card">
          <h2>Belongs to nobody</h2>
          <ul class="decisions">
            {strays.map(({ key, kind, name, host, ours, forgottenBy, why }) => (
              <li key={key}>
                <b>
                  <a href={`#/why/stray/${encodeURIComponent(key)}`}>
                    {kind} {name}
                  </a>{' '}
                  on {short(host)}
                </b>{' '}
                {why ?? (ours ? 'carries the mark of this deployment' : '')}{' '}
                {forgottenBy !== undefined && <span class="quiet">not reported any more: {forgottenBy} said so</span>}
                {forgottenBy === undefined && <Deeds kind="stray" name={key} seen={seen} person={person} />}
              </li>
            ))}
          </ul>
        </section>
      )}
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
