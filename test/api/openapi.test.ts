import { describe, expect, it } from 'vitest';
import { openApi } from '../../src/api/openapi.js';
import { methodAndPath, type RouteSpec } from '../../src/api/routes/spec.js';
import { type RouteKey, table } from '../../src/api/routes/table.js';
import { scene } from './scene.js';

type Operation = {
  operationId: string;
  parameters?: { name: string; in: string; required: boolean }[];
  responses: Record<string, object>;
  requestBody?: object;
};
const document = openApi('1.2.3') as unknown as { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, object> } };

describe('the OpenAPI document', () => {
  it('tells of every route, once, under a name of its own', () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, op]) => [`${method.toUpperCase()} ${path}`, op] as const),
    );
    expect(operations.map(([key]) => key.replaceAll(/\{(\w+)\}/g, ':$1')).sort()).toEqual(Object.keys(table).sort());
    expect(new Set(operations.map(([, op]) => op.operationId)).size).toBe(operations.length);
    for (const [key, { parameters = [] }] of operations) {
      const inPath = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
      expect(inPath, key).toEqual([...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });

  it('refers to nothing that it does not hold', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref]) => ref!);
    expect(refs.length).toBeGreaterThan(20);
    for (const ref of refs) expect(Object.keys(document.components.schemas)).toContain(ref.replace('#/components/schemas/', ''));
  });

  it('is what the daemon serves', async () => {
    const { api } = await scene('status');
    expect((await api.inject('/api/v1/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(openApi('0.1.0'))));
  });
});

/** Every field that the schema does not know is an error: what is sent stands in the document. */
const strictly = (answer: unknown, parsed: unknown): void => expect(parsed).toEqual(answer);

describe('answers', () => {
  const params: Readonly<Record<string, string>> = { ':kind': 'any', ':id': 'grid-01' };
  const readable = (Object.entries(table) as [RouteKey, RouteSpec][]).filter(
    ([key, { stream }]) => key.startsWith('GET ') && stream === undefined && key !== 'GET /requests/:id' && key !== 'GET /history' && key !== 'GET /week',
  );

  it.each(readable)('%s is as its schema says', async (key, spec) => {
    const { api } = await scene('control');
    const { path } = methodAndPath(key);
    const url = `/api/v1${path.replaceAll(/:\w+/g, (name) => params[name] ?? name)}`;
    const answer = await api.inject({ url, headers: { 'x-domus-identity': 'root' } });
    expect(answer.statusCode, answer.body).toBe(200);
    strictly(answer.json(), spec.answer.parse(answer.json()));
  });

  it.each(['12', 'post13', 'bio', 'torque', 'old-vm', 'start-bio-bio-01', 'grid-03'])('why of %s is as its schema says', async (word) => {
    const { api } = await scene('control');
    const answer = await api.inject({ url: `/api/v1/why/any/${word}`, headers: { 'x-domus-identity': 'root' } });
    expect(answer.statusCode, answer.body).toBe(200);
    strictly(answer.json(), table['GET /why/:kind/:id'].answer.parse(answer.json()));
  });

  it('every error is as its schema says, with a code of the list', async () => {
    const { api } = await scene('status');
    for (const url of ['/api/v1/jobs?limit=0', '/api/v1/none', '/api/v1/why/any/none', '/api/v1/events', '/nowhere']) {
      const { error } = (await api.inject(url)).json();
      expect(Object.keys(error)).toEqual(expect.arrayContaining(['code', 'message']));
    }
  });
});
