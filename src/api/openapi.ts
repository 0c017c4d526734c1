import { z } from 'zod';
import { methodAndPath, type RouteSpec } from './routes/spec.js';
import { table } from './routes/table.js';
import { errorSchema } from './schema/error.js';

type Json = Readonly<Record<string, unknown>>;

/** Named schemas are collected once, under `components`. */
class Components {
  readonly schemas: Record<string, Json> = {};

  /** Answers may get new fields in a later version: clients let them pass. */
  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const whole = z.toJSONSchema(schema, {
      io,
      override: ({ jsonSchema }) => {
        if (io === 'output') delete jsonSchema.additionalProperties;
        delete jsonSchema.readOnly;
      },
    }) as Record<string, unknown>;
    const {
      $defs = {},
      $schema: _,
      ...rest
    } = JSON.parse(JSON.stringify(whole).replaceAll('"#/$defs/', '"#/components/schemas/')) as {
      $defs?: Record<string, Json>;
      $schema?: string;
    };
    Object.assign(this.schemas, $defs);
    return rest;
  }
}

const parameters = (components: Components, schema: z.ZodObject | undefined, where: 'path' | 'query'): readonly Json[] => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = components.of(schema, 'input') as { properties?: Record<string, Json>; required?: readonly string[] };
  return Object.entries(properties).map(([name, { description, ...form }]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: form,
  }));
};

function operation(components: Components, key: string, spec: RouteSpec): Json {
  const { method, path } = methodAndPath(key);
  const content = { [spec.stream ? 'text/event-stream' : 'application/json']: { schema: components.of(spec.answer, 'output') } };
  const all = [...parameters(components, spec.params, 'path'), ...parameters(components, spec.query, 'query')];
  const failed = { description: 'an error, with its code', content: { 'application/json': { schema: components.of(errorSchema, 'output') } } };
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^a-z]+([a-z])?/gi, (_, letter: string | undefined) => letter?.toUpperCase() ?? '')}`,
    summary: spec.summary,
    'x-domus-may': spec.may,
    ...(spec.may === 'anyone' ? { security: [] } : {}),
    ...(all.length === 0 ? {} : { parameters: all }),
    ...(spec.body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: components.of(spec.body, 'input') } } } }),
    responses: {
      [String(spec.status ?? 200)]: { description: spec.summary, content },
      ...(method === 'GET' && spec.stream === undefined ? { '304': { description: 'as your ETag says' } } : {}),
      default: failed,
    },
  };
}

/** The OpenAPI 3.1 document of `/api/v1`, from the schemas that validate. */
export function openApi(version: string): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const [key, spec] of Object.entries(table)) {
    const { method, path } = methodAndPath(key);
    const url = path.replaceAll(/:(\w+)/g, '{$1}');
    paths[url] = { ...paths[url], [method.toLowerCase()]: operation(components, key, spec) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Domus', version, description: 'Instants are epoch ms; durations are ms. Words and rules: docs/api.md.' },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }, { session: [] }, { local: [] }],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'a token of "domus token create"' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-domus', description: 'writes want the header x-domus-csrf as well' },
        local: { type: 'apiKey', in: 'header', name: 'x-domus-identity', description: 'on the unix sockets: the nonce of identity/challenge' },
      },
    },
  };
}
