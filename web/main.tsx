import { Component, type ComponentChild, render } from 'preact';
import { ApiProblem } from '../src/api/client.js';
import { Calendar } from './calendar.js';
import { Doing } from './do.js';
import { Live } from './live.js';
import { Now } from './now.js';
import { nothingSeen, type Seen } from './seen.js';
import { mayAnything, type Person, signOut, whoAmI } from './session.js';
import { SignIn } from './sign-in.js';
import { Time } from './time.js';
import { Week } from './week.js';
import { WhatIf } from './what-if.js';
import { Why } from './why.js';

const views = [
  ['now', 'Now'],
  ['why', 'Why'],
  ['time', 'Time'],
  ['do', 'Plan'],
  ['week', 'Week'],
  ['rooms', 'Calendar'],
  ['if', 'What if'],
] as const;

interface State {
  readonly seen: Seen;
  readonly person: Person | undefined;
  readonly signedOut: boolean;
  readonly path: readonly string[];
}

const pathOf = (): readonly string[] => location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);

class Page extends Component<Record<string, never>, State> {
  override state: State = { seen: nothingSeen, person: undefined, signedOut: false, path: pathOf() };
  readonly #live = new Live(
    (seen) => this.setState({ seen }),
    (thrown) => this.#refused(thrown),
  );

  override componentDidMount(): void {
    addEventListener('hashchange', () => this.setState({ path: pathOf() }));
    addEventListener('keydown', (event) => this.#key(event));
    document.addEventListener('visibilitychange', () => this.#look());
    if (location.hash.startsWith('#link=')) this.setState({ signedOut: true });
    else void this.#begin();
  }

  /** A page that nobody looks at asks nothing. */
  #look(): void {
    if (this.state.signedOut) return;
    if (document.hidden) this.#live.close();
    else this.#live.open();
  }

  async #begin(): Promise<void> {
    this.setState({ signedOut: false, path: pathOf() });
    this.#live.open();
    await this.#meet();
  }

  /** Who looks: asked again until there is an answer. */
  async #meet(): Promise<void> {
    try {
      this.setState({ person: await whoAmI() });
    } catch (thrown) {
      this.#refused(thrown);
      if (!this.state.signedOut) setTimeout(() => void this.#meet(), 3000);
    }
  }

  #refused(thrown: unknown): void {
    if (thrown instanceof ApiProblem && thrown.code === 'sign-in') {
      this.#live.close();
      this.setState({ signedOut: true, person: undefined });
      return;
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    if (!(thrown instanceof ApiProblem && thrown.code === 'no-route')) this.setState(({ seen }) => ({ seen: { ...seen, deaf: message } }));
  }

  /** Keys: 1 to 7 are the views, / asks why. */
  #key(event: KeyboardEvent): void {
    const at = event.target instanceof Element ? event.target : undefined;
    if (event.ctrlKey || event.metaKey || event.altKey || at?.closest('input, textarea, select, dialog') != null) return;
    const view = event.key === '/' ? 'why' : views[Number(event.key) - 1]?.[0];
    if (view === undefined) return;
    event.preventDefault();
    location.hash = `#/${view}`;
    if (view === 'why') setTimeout(() => document.getElementById('subject')?.focus());
  }

  #view(): ComponentChild {
    const { seen, person, path } = this.state;
    switch (path[0]) {
      case 'why':
        return <Why kind={path[1] ?? 'any'} name={path.slice(2).join('/')} seen={seen} person={person} />;
      case 'time':
        return <Time span={path[1] ?? 'day'} />;
      case 'week':
        return <Week />;
      case 'rooms':
        return <Calendar />;
      case 'if':
        return <WhatIf seen={seen} />;
      case 'do':
        return <Doing seen={seen} person={person} />;
      default:
        return <Now seen={seen} />;
    }
  }

  override render(): ComponentChild {
    const { seen, person, signedOut, path } = this.state;
    const view = views.find(([name]) => name === path[0])?.[0] ?? 'now';
    return (
      <>
        <header class="top">
          <b class="brand">Domus</b>
          <span class="quiet where">
            {seen.status?.deployment} {seen.status !== undefined && <span class={`mode mode-${seen.status.mode}`}>{seen.status.mode}</span>}
          </span>
          {!signedOut && (
            <nav aria-label="views">
              {views
                .filter(([name]) => name !== 'if' || mayAnything(person))
                .map(([name, title], at) => (
                  <a key={name} href={`#/${name}`} aria-current={name === view ? 'page' : undefined} title={`key ${at + 1}`}>
                    {title}
                  </a>
                ))}
            </nav>
          )}
          {person?.how === 'session' && (
            <button type="button" class="quiet" onClick={() => void signOut().then(() => location.reload())}>
              {person.name}: sign out
            </button>
          )}
        </header>
        <main>{signedOut ? <SignIn done={() => void this.#begin()} /> : this.#view()}</main>
      </>
    );
  }
}

const place = document.getElementById('page');
if (place !== null) {
  place.textContent = '';
  render(<Page />, place);
}
