import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { ApiAnswer, ApiCall } from '../../src/hosted-pages/api.js'
import type { Pages } from '../../src/hosted-pages/pages.js'
import type { Problem } from '../../src/hosted-pages/problem.js'
import { keepsNoCookies } from '../../src/hosted-pages/same-origin.js'
import type { Visitor } from '../../src/hosted-pages/visitor.js'
import type { PageText } from '../../src/language/page-sentences.js'
import { textOf } from '../../src/members.js'
import type { ResolvedOptions } from '../../src/options/resolved.js'
import { OPEN_ROUTE } from '../../src/session/open-route.js'
import { WITHOUT_QUERY } from '../../src/without-query.js'

/** What the modules of this folder share. */
export interface PageKit {
  pages: Pages
  options: ResolvedOptions
  /** Route options of a page: no session is needed to see it. Its query, which may have a token, is in no log. */
  at (path: string): { url: string, config: RouteOptions['config'] & typeof OPEN_ROUTE, exposeHeadRoute: boolean, logSerializers: typeof WITHOUT_QUERY }
  /** The person in front of the page, as far as they have come. */
  visitor (request: FastifyRequest): Visitor
  say (request: FastifyRequest, text: PageText, values?: Readonly<Record<string, string | number>>): string
}

/** What a form or a query has under a name. A repeated field is nothing that a page of ours sends. */
export function given (source: unknown, name: string): string {
  return textOf(source, name) ?? ''
}

/** The form fields of the Frontend Driver Interface. */
export function formFields (body: unknown, ...ids: readonly string[]): { id: string, value: string }[] {
  return ids.map((id) => ({ id, value: given(body, id) }))
}

/** Says whether the session has ended. Its cookies may still be there (`toSignIn`). */
export const isSignedOut = ({ statusCode }: ApiAnswer): boolean => statusCode === 401

export const get = (path: string, query?: Record<string, string>): ApiCall => ({ method: 'GET', path, ...(query && { query }) })
export const post = (path: string, body: object): ApiCall => ({ method: 'POST', path, body })

/** A page that a failure leads back to, and what the link to it says. */
export interface Back { path: string, text: PageText }

const START: Back = { path: '', text: 'Back to the start' }

/** A page that only says what did not work. */
export function showFailure ({ pages, say }: PageKit, request: FastifyRequest, reply: FastifyReply, { message, statusCode }: Pick<Problem, 'message' | 'statusCode'>, { path, text }: Back = START): FastifyReply {
  return pages.show(request, reply, 'message', { title: say(request, 'This did not work'), text: message, next: { href: pages.to(request, path), text: say(request, text) } }, statusCode)
}

/** Sends a person to the page that is next: to the second factor, to the address's verification, or on to where they wanted. */
export function goOn ({ pages, visitor }: PageKit, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  switch (visitor(request).step) {
    case 'in': return pages.leave(request, reply)
    case 'second-factor': return pages.go(request, reply, '/second-factor')
    case 'verify-email': return toVerification(pages, request, reply)
    default: return pages.go(request, reply, '', keepsNoCookies(request, pages.places) ? { done: 'no-cookies' } : {})
  }
}

/** Who came by the link in the mail, and had to sign in first, goes back to it. */
export function toVerification (pages: Pages, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const link = pages.targetIn(request)
  return link?.startsWith(`${pages.places.base}/verify-email?token=`) === true ? pages.leave(request, reply) : pages.go(request, reply, '/verify-email')
}
