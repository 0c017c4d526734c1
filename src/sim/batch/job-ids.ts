import type { BatchJob } from './job.js';
import type { Server } from './server.js';

const shape = /^\d+(\[\d*\])?(\.[A-Za-z0-9_.-]+)?$/;

/** Looks like a job's id (and not like a queue's name). */
export const looksLikeId = (text: string): boolean => shape.test(text);

/** `12` or `12[3]` completed by the server's name. */
export const jobId = (server: Server, text: string): string => (/\.[A-Za-z]/.test(text) ? text : `${text}.${server.name}`);

export const jobOf = (server: Server, text: string): BatchJob | undefined => server.jobs.get(jobId(server, text));
