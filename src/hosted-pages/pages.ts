import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Languages, Speaker } from '../language/languages.js'
import { isBelow } from '../options/auth-path.js'
import { callApi, type ApiAnswer, type ApiCall } from './api.js'
import type { Asset } from './assets.js'
import { pageHeaders } from './headers.js'
import { dropRedirect, keepRedirect, keptRedirect } from './kept-redirect.js'
import type { ResolvedHostedPages } from './options.js'
import type { Places } from './places.js'
import { problemOf, type Meanings, type Problem } from './problem.js'
import type { TargetOf } from './redirect.js'
import { TEMPLATES, type PageData, type PageName } from './templates/index.js'
import { createView, layout, type Template, type View } from './view.js'

interface PagesOptions extends Pick<ResolvedHostedPages, 'templates' | 'afterSignIn'> {
  appName: string
  places: Places
  /** Received path of the Frontend Driver Interface. */
  apiPath: string
  languages: Languages
  assets: ReadonlyMap<string, Asset>
  targetOf: TargetOf
  /** Origins of other websites that forms may lead on to. */
  destinations: readonly string[]
}

type Query = Record<string, string | undefined>

const queryOf = (query: Query): string => {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

const SECOND_FACTOR = '/second-factor'
const ONCE_MORE = 'once-more'

/** What the routes of the pages share. */
export function createPages ({ appName, places, apiPath, languages, assets, targetOf, destinations, templates, afterSignIn }: PagesOptions) {
  const headers = pageHeaders(destinations)

  /** Where this person goes afterwards, if a page or a service named a place; never one that we do not know. */
  function targetIn (request: FastifyRequest): string | undefined {
    const { redirect = keptRedirect(request, places) } = request.query as Query
    return typeof redirect === 'string' ? targetOf(redirect) : undefined
  }

  /**
   * Whether somebody who is in passes a second factor once more, for a change that asks for one that has just passed. All
   * pages of the second factor carry it on.
   */
  function isOnceMore ({ routeOptions: { url = '' }, query }: FastifyRequest): boolean {
    return (query as Query)[ONCE_MORE] === '1' && isBelow(url, places.received + SECOND_FACTOR)
  }

  function to (request: FastifyRequest, path: string, query: Query = {}): string {
    const onceMore = isOnceMore(request) && isBelow(path, SECOND_FACTOR) ? '1' : undefined
    return (places.base + path || '/') + queryOf({ redirect: targetIn(request), [ONCE_MORE]: onceMore, ...query })
  }

  const asset = (name: string): string => places.base + assets.get(name)!.path

  function viewOf (request: FastifyRequest, speaker: Speaker): View {
    return createView({ appName, speaker, asset, to: (path, query) => to(request, path, query) })
  }

  /** Sends a page. One with a problem has its status. */
  function show<Name extends PageName> (request: FastifyRequest, reply: FastifyReply, name: Name, data: PageData[Name], statusCode?: number): FastifyReply {
    const speaker = languages.of(request)
    const view = viewOf(request, speaker)
    const template = (templates[name] ?? TEMPLATES[name]) as Template<PageData[Name]>
    const logo = assets.has('logo') ? asset('logo') : undefined
    const problem = 'problem' in data ? data.problem : undefined
    if (problem?.retryAfter !== undefined) reply.header('retry-after', problem.retryAfter)
    // The host may have a serializer for its own answers.
    return reply.code(statusCode ?? problem?.statusCode ?? 200).headers({ ...headers, 'content-language': speaker.language }).type('text/html; charset=utf-8').serializer(String)
      .send(layout(template(data, view), view, logo, problem && view.say('This did not work')))
  }

  /** Sends the browser to another page of ours; a reload then repeats no form. */
  function go (request: FastifyRequest, reply: FastifyReply, path: string, query?: Query): FastifyReply {
    return reply.headers(headers).redirect(to(request, path, query), 303)
  }

  /** Where the person goes who is done here. */
  const destination = (request: FastifyRequest): string => targetIn(request) ?? afterSignIn ?? `${places.base}/security`

  return {
    places,
    destination,
    to,
    targetIn,
    targetOf,
    isOnceMore,
    headers,
    show,
    go,

    /**
     * Sends somebody who is in to pass a second factor once more, and back.
     *
     * @param page path below the pages
     */
    onceMore (request: FastifyRequest, reply: FastifyReply, page: string): FastifyReply {
      return go(request, reply, SECOND_FACTOR, { redirect: places.base + page, [ONCE_MORE]: '1' })
    },

    /** Sends the browser where the person wanted to go. */
    leave (request: FastifyRequest, reply: FastifyReply): FastifyReply {
      dropRedirect(request, reply, places)
      return reply.headers(headers).redirect(destination(request), 303)
    },

    /**
     * Sends the browser to another service by a page, not by a redirect: browsers follow redirects after a form only to
     * origins that were known before (`form-action`).
     */
    forward (request: FastifyRequest, reply: FastifyReply, address: string): FastifyReply {
      const { say } = languages.of(request)
      reply.header('refresh', `0; url=${new URL(address).href}`)
      return show(request, reply, 'message', { title: say('One moment', {}), text: say('You are being forwarded.', {}), next: { href: address, text: say('Continue', {}) } })
    },

    /** Remembers where the person wanted to go, while a mail or another service is in between. */
    keepTarget (request: FastifyRequest, reply: FastifyReply): void {
      keepRedirect(reply, places, targetIn(request))
    },

    call: async (request: FastifyRequest, reply: FastifyReply, call: ApiCall): Promise<ApiAnswer> => await callApi(request, reply, apiPath, call),

    /** What an answer says that was not `OK`, for the person. */
    problemOf (request: FastifyRequest, answer: ApiAnswer, meanings: Meanings = {}): Problem | undefined {
      const speaker = languages.of(request)
      return problemOf(answer, meanings, (text) => speaker.say(text, {} as never))
    }
  }
}

export type Pages = ReturnType<typeof createPages>
