import type { z } from 'zod';

/**
 * What a caller must be. `anyone`: also who has not signed in. `known`: every local user, and whoever has signed in; he
 * sees what concerns nobody else. `nudge`: batch servers' hooks too. `viewer`: reads everything. `person`: signed in himself, or proved on this
 * machine, not by a token. `operator`: acts on what
 * is his to look after. `admin`: users and policy.
 */
export const rights = ['anyone', 'known', 'nudge', 'person', 'viewer', 'operator', 'admin'] as const;
export type Right = (typeof rights)[number];

/** One route: what validates it also documents it. */
export interface RouteSpec {
  readonly summary: string;
  readonly may: Right;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly answer: z.ZodType;
  /** Default 200. */
  readonly status?: 201 | 202;
  /** Answers are server-sent events of this form. */
  readonly stream?: true;
  /** The answer follows from the last tick and from who may see it, and from nothing else: it is written once for all who ask. */
  readonly present?: true;
}

/** `GET /jobs`: the key of a route in the table; its path is below `/api/v1`, parameters as `:name`. */
export type RouteTable = Readonly<Record<`${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`, RouteSpec>>;

/** Method and path of a key. */
export function methodAndPath(key: string): { readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly path: string } {
  const at = key.indexOf(' ');
  return { method: key.slice(0, at) as 'GET', path: key.slice(at + 1) };
}

type Input<S> = S extends z.ZodType ? z.input<S> : undefined;
type Output<S> = S extends z.ZodType ? z.output<S> : undefined;
type Part<R, K extends string> = K extends keyof R ? R[K] : undefined;

/** What a caller sends to a route. */
export type Sent<R> = {
  readonly [K in 'params' | 'body' as K extends keyof R ? K : never]: Readonly<Input<Part<R, K>>>;
} & { readonly [K in 'query' as K extends keyof R ? K : never]?: Readonly<Input<Part<R, K>>> };
/** What the route's code is given, checked, with defaults. */
export interface Checked<R> {
  readonly params: Output<Part<R, 'params'>>;
  readonly query: Output<Part<R, 'query'>>;
  readonly body: Output<Part<R, 'body'>>;
}
export type AnswerOf<R> = R extends { readonly answer: infer S } ? Output<S> : never;
