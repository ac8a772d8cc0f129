import type { LightMyRequestResponse } from 'fastify'

/** The body of an answer that is OK; otherwise what it was, for whoever reads the test's output. */
export function answerOf (response: LightMyRequestResponse, step: string): Record<string, unknown> {
  const body = response.json<Record<string, unknown>>()
  if (response.statusCode !== 200 || body.status !== 'OK') throw new Error(`${step} answered ${response.statusCode} ${response.body}`)
  return body
}
