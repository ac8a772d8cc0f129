import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { BodyInvalid } from '../../src/errors.js'
import { dropNulls } from './nulls.js'

/** Bytes. Large enough for any form and any provider's answer, small enough to parse for anonymous clients. */
export const BODY_LIMIT = 64 * 1024

/** The Core refuses NUL, and the SDK would turn that refusal into a 500. */
export const NO_NUL = 'Texts must not contain NUL characters'
const ESCAPED_NUL = /(?<!\\)(?:\\\\)*\\u0000/

function parseJson (_request: FastifyRequest, body: string, done: (err: Error | null, parsed?: unknown) => void): void {
  // Generic clients send this content type with an empty body, for example to sign out.
  if (body.trim() === '') { done(null, {}); return }
  // Search the text, because the parsed body may be nested too deeply to walk.
  if (ESCAPED_NUL.test(body)) { done(new BodyInvalid(NO_NUL)); return }
  try {
    done(null, dropNulls(JSON.parse(body)))
  } catch {
    done(new BodyInvalid('The body is not valid JSON'))
  }
}

/**
 * Parses JSON in this scope, and nothing else. Of the host's parsers none stays: with one for `*` or `text/plain`,
 * another website could send JSON without a CORS preflight, and one for JSON may change what the client sent.
 */
export function parseJsonOnly (scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: BODY_LIMIT }, parseJson)
}

/** Parses forms as well, which another website can send without a CORS preflight. */
export async function parseForms (scope: FastifyInstance): Promise<void> {
  parseJsonOnly(scope)
  await scope.register(formbody, { bodyLimit: BODY_LIMIT })
}
