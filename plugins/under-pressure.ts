import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import fastifyUnderPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply as Reply } from 'fastify'
import { Overloaded } from '../src/errors.js'
import { PAUSE_SECONDS } from '../src/outage/circuit.js'
import { share } from '../src/two-factor.js'

export interface UnderPressureOptions {
  /** Maximum delay of the event loop in milliseconds, on average over a second; 0 for no limit. @default 1000 */
  maxEventLoopDelay?: number
}

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** Whether requests are refused because the process lags behind. Undefined outside the service. */
    readonly isOverloaded?: () => boolean
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What this route does under pressure instead of answering 503. If it returns nothing, the request proceeds. */
    pressureHandler?: (request: FastifyRequest, reply: Reply, type: string, value: number | undefined) => Promise<void> | void
  }
}

/** Share of the heap limit. Beyond it, V8 would soon kill the process with all requests in progress. */
const HEAP_SHARE = 0.9

/** A starting process is busy with itself. The first two measurements, of a second each, are not overload. */
const STARTING_MS = 2000

/** Answers overload with 503 before anything is parsed or looked up, while there is still time to answer. */
async function underPressure (app: FastifyInstance, { maxEventLoopDelay = 1000 }: UnderPressureOptions): Promise<void> {
  let readyAt = Infinity
  const isStarting = () => performance.now() - readyAt < STARTING_MS
  app.addHook('onReady', async () => { readyAt = performance.now() })
  await app.register(fastifyUnderPressure, {
    maxEventLoopDelay,
    maxHeapUsedBytes: Math.floor(getHeapStatistics().heap_size_limit * HEAP_SHARE),
    async pressureHandler (_request, reply) {
      if (isStarting()) return
      reply.header('retry-after', PAUSE_SECONDS)
      throw new Overloaded()
    }
  })
  share(app, 'isOverloaded', () => !isStarting() && app.isUnderPressure())
}

export default fp(underPressure, { name: 'fastify-2fa/under-pressure', fastify: '5.x' })
