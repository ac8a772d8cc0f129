import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FORWARD_AUTH } from '../../plugins/names.js'
import type { ForwardAuth, Question, Visit } from '../../src/forward-auth/forward-auth.js'
import type { IdentityHeaders } from '../../src/forward-auth/identity.js'
import { fromEnvoy, fromForwarded, fromNginx } from '../../src/forward-auth/original.js'
import { neverStored } from '../../src/no-store.js'
import { joinPaths } from '../../src/options/auth-path.js'
import { describedAs, UNLISTED } from '../../src/openapi/described.js'
import { OPEN_ROUTE } from '../../src/session/open-route.js'
import { throwRefusals } from '../../src/session/refusal.js'
import { WITHOUT_QUERY } from '../../src/without-query.js'
import { refuseQuestion, refuseVisit, type Refusals } from './refusals.js'

/** In which Envoy's configuration states the rules: its query is the visitor's. */
const RULES_HEADER = 'x-forward-auth-rules'

const queryOf = (url: string): string => {
  const at = url.indexOf('?')
  return at === -1 ? '' : url.slice(at + 1)
}

/** What Envoy has put behind its `path_prefix`: the visitor's path and query, from their first slash on. */
const behind = (url: string, prefix: string): string => url.slice(prefix.length)

function rulesInHeader ({ [RULES_HEADER]: rules = '' }: FastifyRequest['headers']): string {
  // Node joins those that come twice with a space, which no rule has: then it is not known which one the proxy wrote.
  return typeof rules === 'string' && !rules.includes(' ') ? rules : 'header=twice'
}

/** The rules in a path are one segment, which the proxy's prefix ends with. */
function inPath (method: string, headers: FastifyRequest['headers'], rest: string): Question {
  const end = rest.indexOf('/', 1)
  if (end === -1) return { original: undefined, rules: '', place: 'path' }
  return { original: fromEnvoy(method, headers, rest.slice(end)), rules: rest.slice(1, end), place: 'path' }
}

interface Way {
  refusals: Refusals
  read (request: FastifyRequest): Question
}

/** Another path, of no proxy. */
const NOWHERE: Way = { refusals: 'status', read: () => ({ original: undefined, rules: '', place: 'path' }) }

/** How each proxy asks. */
function questions (base: string): Record<string, Way> {
  return {
    '/nginx': {
      // auth_request passes on nothing but the status, so the redirect is in a header.
      refusals: 'status',
      read: ({ headers, url }) => ({ original: fromNginx(headers), rules: queryOf(url), place: 'query' })
    },
    '/traefik': { refusals: 'redirect', read: ({ headers, url }) => ({ original: fromForwarded(headers), rules: queryOf(url), place: 'query' }) },
    '/envoy/*': {
      refusals: 'redirect',
      read: ({ method, headers, url }) => ({ original: fromEnvoy(method, headers, behind(url, `${base}/envoy`)), rules: rulesInHeader(headers), place: 'header' })
    },
    '/envoy-rules/*': { refusals: 'redirect', read: ({ method, headers, url }) => inPath(method, headers, behind(url, `${base}/envoy-rules`)) },
    // A misspelt path would get what the host answers everywhere else, such as 200 and the page of an app: a yes.
    '': NOWHERE,
    '/*': NOWHERE
  }
}

const ADMITTED = Symbol('fastify-2fa.admitted')

/** An answer that may be a yes. A set of those that are would cost the garbage collector more than the decision. */
type Answer = FastifyReply & { [ADMITTED]?: boolean }

/** Lets the request pass. All identity headers are set, so that the proxy overwrites what a visitor has sent. */
function admit (reply: Answer, headers: IdentityHeaders): FastifyReply {
  reply[ADMITTED] = true
  return reply.headers(headers).code(200).send()
}

function decide (forwardAuth: ForwardAuth, visit: Visit, reply: FastifyReply, fail: (err: unknown) => void): void {
  forwardAuth.guardOf(visit)(visit.request, reply, (err?: Error) => {
    if (err !== undefined) {
      fail(err)
      return
    }
    const known = forwardAuth.knownHeaders(visit)
    if (known === undefined) forwardAuth.headers(visit, reply).then((headers) => { admit(reply, headers) }).catch(fail)
    else admit(reply, known)
  })
}

/** What proxies ask before they let a request pass, in a scope of its own. */
async function forwardAuthRoutes (app: FastifyInstance): Promise<void> {
  const { forwardAuth } = app.twoFactor
  if (forwardAuth === undefined) return
  neverStored(app)
  throwRefusals(app)
  app.decorateReply(ADMITTED, false)

  // Bodies are the visitor's, for the service behind: nobody reads them here, and none makes a request invalid.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => { done(null) })
  // Fastify would refuse a type that is none.
  app.addHook('onRequest', (request, _reply, done) => {
    delete request.headers['content-type']
    done()
  })

  // A hook of the host may answer by itself, as CORS does a preflight, and so may its error handler: a proxy would take a
  // 2xx of theirs for a yes.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if ((reply as Answer)[ADMITTED] !== true && reply.statusCode < 300) reply.code(403)
    done(null, payload)
  })

  const base = joinPaths(app.prefix) + forwardAuth.path
  for (const [path, { refusals, read }] of Object.entries(questions(base))) {
    app.route({
      method: app.supportedMethods,
      url: forwardAuth.path + path,
      config: { ...OPEN_ROUTE, ...describedAs(UNLISTED) },
      logSerializers: WITHOUT_QUERY,
      handler (request, reply) {
        let visit: Visit
        try {
          visit = forwardAuth.visitIn(request, read(request))
        } catch (err) {
          return refuseQuestion(request, reply, err)
        }
        decide(forwardAuth, visit, reply, (err) => { refuseVisit(request, reply, err, visit, { refusals, places: forwardAuth.places }) })
        return reply
      }
    })
  }
}

export default fp(forwardAuthRoutes, { name: 'fastify-2fa/forward-auth-routes', fastify: '5.x', encapsulate: true, dependencies: [FORWARD_AUTH] })
