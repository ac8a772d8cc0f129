import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from './options.js'

/** What the service adds to the library: everything of {@link Fastify2faOptions}, and how it is run. */
export interface ServiceOptions extends Fastify2faOptions {
  /** Production has no outbox route and no silent defaults that are unsafe. @default false */
  production?: boolean
}

/** The service as one plugin: an ordered table of contents. */
export async function service (_app: FastifyInstance, _options: ServiceOptions): Promise<void> {
}
