import type { LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'

/** Asserts a refusal as stock pages show it: nothing has been done, and the page says why. Programs read the code. */
export function isRefused (t: Test, response: LightMyRequestResponse, code: string, label = code): void {
  const status = response.raw.req.url?.endsWith('/signinup/code') === true ? 'SIGN_IN_UP_NOT_ALLOWED' : 'GENERAL_ERROR'
  const body = response.json<{ message?: unknown, reason?: unknown }>()
  t.match({ statusCode: response.statusCode, ...body }, { statusCode: 200, status, code, message: /./ }, label)
  t.equal(body.reason, status === 'GENERAL_ERROR' ? undefined : body.message, label)
}

/** Whether the service failed at what a client sent. Where a page would be blank, that has status 200 (`routes/auth/refusals.ts`). */
export const isFault = ({ statusCode, body }: Pick<LightMyRequestResponse, 'statusCode' | 'body'>): boolean =>
  statusCode >= 500 || body.includes('"code":"AUTH_INTERNAL"')
