import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../src/api/client.js';
import type { EnvironmentRecord } from '../src/api/schema/environments.js';
import type { HostRecord } from '../src/api/schema/hosts.js';
import type { MachineRecord } from '../src/api/schema/machines.js';
import type { RequestRecord, Wish } from '../src/api/schema/requests.js';
import type { Preview } from '../src/api/schema/what-if.js';
import type { Seen } from './seen.js';
import { client, mayAct, type Person } from './session.js';
import { HostField, ShareFields, type Sharing } from './wish-fields.js';
import { short } from './words.js';

interface Wished {
  readonly verb: Wish['kind'];
  readonly subject: string;
  readonly drain?: boolean;
}
const labels: Readonly<Partial<Record<Wished['verb'], string>>> = {
  wake: 'switch on',
  sleep: 'switch off',
  prove: 'prove that it comes back',
  share: 'set the share',
  unshare: 'share as configured',
  move: 'move to another host',
  stay: 'stay after all',
};
const label = ({ verb, drain }: Wished): string => (drain === true ? 'cordon and empty' : (labels[verb] ?? verb));

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

const sharingOf = (seen: Seen, { verb, subject }: Wished): Sharing => ({
  share: verb === 'share' ? (seen.environments.get(subject)?.share ?? 0) : undefined,
  forMs: undefined,
});
const asBody = ({ share, forMs }: Sharing) => ({ ...(share === undefined ? {} : { share }), ...(forMs === undefined ? {} : { forMs }) });

/** Says what a wish will do, asks for the reason, sends it and shows the answer. */
function Confirm({ wished, seen, close }: { wished: Wished; seen: Seen; close: () => void }) {
  const box = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<RequestRecord>();
  const [failed, setFailed] = useState('');
  const [preview, setPreview] = useState<Preview>();
  const { verb, subject, drain = false } = wished;
  const [sharing, setSharing] = useState<Sharing>(() => sharingOf(seen, wished));
  const { share, forMs } = sharing;
  const [to, setTo] = useState<string>();
  const goes = to === undefined ? {} : { to };
  useEffect(() => box.current?.showModal(), []);
  useEffect(() => {
    const over = new AbortController();
    setFailed('');
    client
      .ask('POST /requests/preview', { body: { kind: verb, subject, drain, ...goes, ...asBody({ share, forMs }) } }, over.signal)
      .then(setPreview, (thrown: unknown) => {
        if (over.signal.aborted) return;
        setPreview(undefined);
        setFailed(told(thrown));
      });
    return () => over.abort();
  }, [verb, subject, drain, share, forMs, to]);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const why = String(new FormData(event.currentTarget as HTMLFormElement).get('why') ?? '');
    setBusy(true);
    setFailed('');
    try {
      setAnswer(await answered(await client.ask('POST /requests', { body: { kind: verb, subject, why, drain, ...goes, ...asBody(sharing) } })));
    } catch (thrown) {
      setFailed(told(thrown));
    }
    setBusy(false);
  };
  return (
    <dialog ref={box} onClose={close} aria-labelledby="wish">
      <form onSubmit={(event) => void send(event)}>
        <h2 id="wish">
          {label(wished)}
          {wished.verb === 'share' ? ' of' : ''} {short(wished.subject)}
        </h2>
        {answer === undefined && (
          <>
            {verb === 'share' && <ShareFields sharing={sharing} within={seen.environments.get(subject)?.shareWithin} change={setSharing} />}
            {verb === 'move' && <HostField hosts={[...seen.hosts.keys()]} change={setTo} />}
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

export function Buttons({ wishes, seen }: { wishes: readonly Wished[]; seen: Seen }) {
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

/** What may be wished for a thing as it is now. */
export function wishesFor(kind: string, name: string, seen: Seen): readonly Wished[] {
  switch (kind) {
    case 'machine':
      return ofMachine(seen.machines.get(name), name);
    case 'host':
      return ofHost(seen.hosts.get(name), name);
    case 'environment':
      return ofEnvironment(seen.environments.get(name), name);
    case 'stray':
      return [{ verb: 'forget', subject: name }];
    default:
      return [];
  }
}

function ofMachine(machine: MachineRecord | undefined, subject: string): readonly Wished[] {
  if (machine === undefined) return [];
  return [
    ...(machine.goal === 'serve' ? [{ verb: 'drain', subject } as const] : []),
    machine.held === undefined ? { verb: 'hold', subject } : { verb: 'release', subject },
    machine.movingTo === undefined ? { verb: 'move', subject } : { verb: 'stay', subject },
    { verb: 'bury', subject },
  ];
}

function ofHost(host: HostRecord | undefined, subject: string): readonly Wished[] {
  if (host === undefined) return [];
  const placing: readonly Wished[] =
    host.cordoned === undefined
      ? [
          { verb: 'cordon', subject },
          { verb: 'cordon', subject, drain: true },
        ]
      : [{ verb: 'uncordon', subject }];
  return [...placing, ...power(host.power, subject)];
}

function ofEnvironment(env: EnvironmentRecord | undefined, subject: string): readonly Wished[] {
  if (env?.shareWithin === undefined) return [];
  return [{ verb: 'share', subject }, ...(env.shareSet === undefined ? [] : [{ verb: 'unshare', subject } as const])];
}

function power(state: string | undefined, subject: string): readonly Wished[] {
  if (state === undefined) return [];
  if (state === 'off' || state === 'sleeping') return [{ verb: 'wake', subject }];
  return [
    { verb: 'sleep', subject },
    { verb: 'prove', subject },
  ];
}

/** `guest:post12/old-vm` is on post12. */
const hostOfStray = (key: string): string => key.slice(key.indexOf(':') + 1, key.indexOf('/'));

/** Buttons for what this person may do with the subject; nothing for who may not. */
export function Deeds({ kind, name, seen, person }: { kind: string; name: string; seen: Seen; person: Person | undefined }) {
  const machine = kind === 'machine' ? seen.machines.get(name) : undefined;
  const host = seen.hosts.get(machine?.host ?? name);
  const environment = kind === 'environment' ? name : machine?.environment;
  const pool = kind === 'stray' ? seen.hosts.get(hostOfStray(name))?.pool : host?.pool;
  if (!mayAct(person, { pool, environment })) return null;
  return <Buttons wishes={wishesFor(kind, name, seen)} seen={seen} />;
}
