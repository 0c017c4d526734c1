import { z } from 'zod';
import { list, page, paged, text, word } from './shapes.js';

export const imageQuery = z.strictObject({ name: word.optional(), host: word.optional(), ...page });

export const imageSchema = z
  .object({
    name: text,
    version: text,
    hosts: list(text).meta({ description: 'hosts that see it, by their last answer' }),
    missingOn: list(text).meta({ description: 'hosts that answer, carry an environment of this image, and do not see this version' }),
    environments: list(text).meta({ description: 'environments that are started from this version now' }),
    copies: list(text).meta({ description: 'hosts with a whole copy on their own disk' }),
    machines: list(text).meta({ description: 'machines made from it' }),
  })
  .readonly()
  .meta({ id: 'Image', description: 'a version of an OS image in the store' });
export type ImageRecord = z.output<typeof imageSchema>;
export const imageListSchema = z.object({ ...paged, images: list(imageSchema) }).readonly();
