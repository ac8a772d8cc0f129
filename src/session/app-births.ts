import { channel } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'

type Subscriber = (message: unknown) => void

const LATEST = Symbol.for('fastify-2fa.watch')
const births: { [LATEST]?: Subscriber } & ReturnType<typeof channel> = channel('fastify.initialization')

/**
 * Runs `watch` for every app that is created from now on. Fastify announces each before it can declare a route. Only
 * so can we see the guards that are undefined because the plugin has not loaded yet: afterwards such a route looks like
 * one that is meant to be open.
 */
export function onEveryApp (watch: (app: FastifyInstance) => void): void {
  const onBirth: Subscriber = (message) => { watch((message as { fastify: FastifyInstance }).fastify) }
  // Test runners load all modules anew for each file, in one process. The latest copy watches, and frees the others.
  if (births[LATEST] !== undefined) births.unsubscribe(births[LATEST])
  births.subscribe(onBirth)
  births[LATEST] = onBirth
}
