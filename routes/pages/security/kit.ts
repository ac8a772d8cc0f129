import * as Session from 'supertokens-node/recipe/session'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FreshFactorNeeded } from '../../../src/errors.js'
import type { ApiAnswer } from '../../../src/hosted-pages/api.js'
import { keepRedirect } from '../../../src/hosted-pages/kept-redirect.js'
import { keepNote, SAID, takeNote, type Said } from '../../../src/hosted-pages/note.js'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { lastPassedAt } from '../../../src/second-factor/passed.js'
import { callOf } from '../../../src/supertokens/adapter.js'
import { given, isSignedOut, showFailure, type Back, type PageKit } from '../kit.js'
import { toSignIn } from '../refresh.js'

export const OVERVIEW: Back = { path: '/security', text: 'Back to my security' }

/** Set where a second factor was passed once more for a page. */
const CONFIRMED = 'confirmed'
/** Milliseconds. Asking again so soon would go round in circles: something else is in the way, such as a broken factor. */
const TOO_SOON = 4 * 60_000

/** Refusals of whoever has to pass a second factor once more. */
const NOT_FRESH = ['AUTH_ENROLMENT_REFUSED', 'AUTH_FRESH_FACTOR_NEEDED']

export const isNotFresh = ({ body: { claimValidationErrors, code } }: ApiAnswer): boolean => claimValidationErrors !== undefined || NOT_FRESH.includes(String(code))

/** What the modules of this folder share. Pages are paths below the hosted pages, such as `/security/phone`. */
export interface SecurityKit extends PageKit {
  /** Whether the app has a second factor of this id. */
  has (factor: string): boolean
  /** Back to the overview, which says what was done. */
  done (request: FastifyRequest, reply: FastifyReply, said: Said): FastifyReply
  /** The mail that has just been sent leads back to the overview, and not to where people go after signing in. */
  afterMail (reply: FastifyReply): void
  /** What the page before had to say, and what was typed into this one before; once. */
  noteOf (request: FastifyRequest, reply: FastifyReply, page: string): { said: string | undefined, typed: Readonly<Record<string, string>> }
  /**
   * Sends a person away who has to pass a second factor once more before the page is of use. The endpoints decide; this only
   * spares people a form that will be refused.
   */
  toConfirm (request: FastifyRequest, reply: FastifyReply, page: string): Promise<FastifyReply | undefined>
  /**
   * Sends a person away whose session has ended, or who has to pass a second factor once more. They come back to the page.
   *
   * @param typed what was typed, to be there again; no password
   * @returns undefined for every other answer
   */
  sentAway (request: FastifyRequest, reply: FastifyReply, answer: ApiAnswer, page: string, typed?: Readonly<Record<string, string>>): FastifyReply | undefined
}

const confirmed = (page: string): string => `${page}${page.includes('?') ? '&' : '?'}${CONFIRMED}=1`

export function securityKit ({ twoFactor: { secondFactor: { factors, login } } }: FastifyInstance, kit: PageKit): SecurityKit {
  const { pages, say } = kit

  async function isFresh (request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    try {
      await login.requireFreshIfAny(callOf(request, reply))
      return true
    } catch (err) {
      if (err instanceof FreshFactorNeeded) return false
      // The session has ended: the endpoint says so.
      if (Session.Error.isErrorFromSuperTokens(err)) return true
      throw err
    }
  }

  /** Whether a person comes from the second factor, as far as the address and the token say. */
  function hasConfirmed (request: FastifyRequest): boolean {
    const visitor = kit.visitor(request)
    if (visitor.step !== 'in' || given(request.query, CONFIRMED) === '') return false
    return Date.now() - (lastPassedAt(visitor.session.getAccessTokenPayload() as Record<string, unknown>, factors) ?? -Infinity) < TOO_SOON
  }

  return {
    ...kit,

    has: (factor) => factors.some(({ id }) => id === factor),

    done (request, reply, said) {
      keepNote(reply, pages.places, { said })
      return pages.go(request, reply, '/security')
    },

    afterMail (reply) {
      keepRedirect(reply, pages.places, `${pages.places.base}/security`)
    },

    noteOf (request, reply, page) {
      const { said, typed } = takeNote(request, reply, pages.places)
      return { said: said && say(request, SAID[said]), typed: typed?.page === page ? typed.fields : {} }
    },

    async toConfirm (request, reply, page) {
      if (await isFresh(request, reply)) return undefined
      if (!hasConfirmed(request)) return pages.onceMore(request, reply, confirmed(page))
      return showFailure(kit, request, reply, { message: say(request, 'This cannot be changed at the moment. Please contact support.'), statusCode: 403 }, OVERVIEW)
    },

    sentAway (request, reply, answer, page, typed) {
      const isRefused = isNotFresh(answer)
      if (!isRefused && !isSignedOut(answer)) return undefined
      // Not where the session has ended: somebody else may sign in next.
      if (isRefused && typed !== undefined) keepNote(reply, pages.places, { typed: { page, fields: typed } })
      return isRefused ? pages.onceMore(request, reply, confirmed(page)) : toSignIn(pages, request, reply, pages.places.base + page)
    }
  }
}

/** Statuses of an answer that are about one field of a form. */
const ABOUT_FIELD = { password: 'WRONG_CREDENTIALS_ERROR', oldPassword: 'WRONG_CREDENTIALS_ERROR', name: 'DEVICE_ALREADY_EXISTS_ERROR' }

/** Tells a refusal that is about this field beside it. */
export const beside = (field: keyof typeof ABOUT_FIELD, problem: Problem, { body: { status } }: ApiAnswer): Problem =>
  status === ABOUT_FIELD[field] ? { ...problem, fields: { [field]: problem.message } } : problem

/** What a form of the person's own says, without what the interface refuses in names: control characters, and nothing at all. */
export function nameIn (body: unknown): string | undefined {
  const name = given(body, 'name').replace(/\p{Cc}/gu, ' ').trim()
  return name === '' ? undefined : name
}
