import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import { createLanguages } from '../../src/language/languages.js'

const german = createLanguages({ defaultLanguage: 'de', messages: {} }).of(undefined)

/** Errors that only a wrongly written client meets. */
const FOR_DEVELOPERS = /^(?:AUTH_BODY_INVALID|AUTH_CLIENT_REFUSED|AUTH_METRICS_KEY_REFUSED|AUTH_READERS_FULL|AUTH_TENANT_UNKNOWN|FST_.*)$/
/** Words of SuperTokens' protocol, which programs read. */
const FOR_PROGRAMS = new Set(['unauthorised', 'try refresh token', 'invalid claim', 'token theft detected'])

interface Answer {
  message?: unknown
  reason?: unknown
  code?: string
  formFields?: { error?: unknown }[]
}

/** What a person could read of an answer and no catalogue has. */
export function untranslated (statusCode: number, answer: Answer): string[] {
  const { message, reason, code, formFields } = answer
  // supertokens-node answers 400 without a code to requests that no frontend sends.
  if (code === undefined ? statusCode === 400 : FOR_DEVELOPERS.test(code)) return []
  const texts = [message, reason, ...(Array.isArray(formFields) ? formFields.map(({ error }) => error) : [])]
  return texts.filter((text): text is string => typeof text === 'string' && !FOR_PROGRAMS.has(text) && german.translate(text) === undefined)
}

/** Fails the test when the Frontend Driver Interface says something that no catalogue has. Call it before the routes. */
export function watchTexts (t: Test, app: FastifyInstance): void {
  app.addHook('onSend', (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: (err: null, payload: unknown) => void) => {
    // Unknown paths are Fastify's.
    if (!request.is404 && request.url.startsWith(app.twoFactor.authPath.received) && typeof payload === 'string' && payload.startsWith('{')) {
      for (const text of untranslated(reply.statusCode, JSON.parse(payload) as Answer)) {
        t.fail(`${request.url} says "${text}", and no catalogue has it: add it to src/language/sentences.ts`)
      }
    }
    done(null, payload)
  })
}
