import { useEffect, useState } from 'preact/hooks';
import type { Answer } from '../src/api/routes/table.js';
import { client } from './session.js';
import { short } from './words.js';

type Service = Answer<'GET /services'>['services'][number];

const said: Readonly<Record<Service['state'], string>> = {
  up: 'up',
  starting: 'starts',
  stopping: 'stops',
  down: 'down',
  unknown: 'nobody knows: its host is silent',
};

const everyMs = 15_000;

/** Permanent machines that are not as they should be, each with its reason; the others are counted. Nothing where there are none at all. */
export function Services() {
  const [services, setServices] = useState<readonly Service[]>([]);
  useEffect(() => {
    const over = new AbortController();
    const read = (): void => {
      client
        .ask('GET /services', { query: { limit: 1000 } }, over.signal)
        .then((answer) => setServices(answer.services))
        .catch(() => undefined); // the page says by itself that the daemon does not answer
    };
    read();
    const again = setInterval(read, everyMs);
    return () => {
      clearInterval(again);
      over.abort();
    };
  }, []);
  if (services.length === 0) return null;
  const away = services.filter(({ state, configured, home, host }) => configured && (state !== 'up' || host !== home));
  const up = services.filter(({ state }) => state === 'up').length;
  return (
    <section class="services" aria-label="permanent machines">
      <h2>
        Permanent machines <small class={up < services.length ? 'bad' : ''}>{`${up} of ${services.length} up`}</small>
      </h2>
      {away.length > 0 && (
        <ul>
          {away.map((service) => (
            <li key={service.name}>
              <a href={`#/why/${service.machine === undefined ? 'service' : 'machine'}/${encodeURIComponent(service.machine ?? service.name)}`}>
                {short(service.name)}
              </a>{' '}
              <b class={service.state === 'up' ? '' : 'bad'}>{said[service.state]}</b> <span class="quiet">{service.why ?? service.last ?? ''}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
