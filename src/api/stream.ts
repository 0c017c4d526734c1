import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Sink } from './changes/changes.js';

/** Turns a reply into a stream of server-sent events. */
export function eventStream(reply: FastifyReply, ended: () => void): Sink {
  reply.hijack();
  const raw: ServerResponse = reply.raw;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  raw.on('close', ended);
  raw.on('error', ended);
  return {
    write: (text) => void raw.write(text),
    waiting: () => raw.writableLength,
    end: () => void raw.destroy(),
  };
}
