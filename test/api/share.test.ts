import { expect, it } from 'vitest';
import { scene } from './scene.js';
import { bearer, call } from './visitor.js';

it('an operator of one environment sets its share, with an audit line; the share of another, or of a pool he has not, is not his', async () => {
  const at = await scene('port');
  const bio = bearer(at, { role: 'operator', environments: ['bio'] });
  const wish = (environment: string) => ({ kind: 'share', subject: environment, share: 0.3, forMs: 3_600_000, why: 'a deadline' });
  const taken = await call(at, 'POST', '/requests', bio, wish('bio'));
  expect([taken.status, taken.body]).toMatchObject([202, { kind: 'share', subject: 'bio', share: 0.3, forMs: 3_600_000, why: 'a deadline', state: 'open' }]);
  expect(await at.journal.requests(0)).toMatchObject([{ share: 0.3, forMs: 3_600_000 }]);
  expect((await call(at, 'POST', '/requests', bio, wish('grid'))).code).toBe('forbidden');
  expect((await call(at, 'POST', '/requests', bearer(at, { role: 'viewer', environments: ['bio'] }), wish('bio'))).code).toBe('forbidden');
  const { body } = await call(at, 'GET', '/audit', bearer(at, { role: 'admin' }));
  expect(JSON.stringify(body)).toMatch(/share bio[\s\S]*a deadline/);
});
