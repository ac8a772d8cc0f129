import type { InjectOptions } from 'fastify'
import { runningSessionRecipe } from '../../../supertokens/sdk-internals.js'
import { upgradeOrigins } from '../../../session/upgrades.js'
import { createTestSession, credentialsOf } from '../../test-session.js'
import { judge, newsFor, type Attack, type Found } from '../attack.js'
import { enter } from '../enter.js'
import { urlOf } from '../routes.js'
import { bodyOf, type Probe, type Stage, type TriedTarget } from '../stage.js'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
const OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override']
/** Headers by which proxies tell of another address. */
const REWRITES = ['x-original-url', 'x-rewrite-url', 'x-forwarded-uri', 'x-forwarded-path', 'x-override-url']
const TRUSTED = { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'x-forwarded-user': 'admin', 'x-user-id': 'admin', forwarded: 'for=127.0.0.1;proto=https' }

/** Whether a request has reached a handler that is not for anybody. */
function reached (stage: Stage, found: Found, { name }: TriedTarget, probe: Probe, what: string): void {
  const { handler, verdict, statusCode = 'nothing' } = probe
  if (handler !== undefined && verdict === 'admitted' && !stage.open.has(handler)) found.open(handler === name ? name : `${name} as ${handler}`, `${what} came in: ${statusCode}${bodyOf(probe)}`)
}

/** Somebody without a session, and somebody with the first factor alone where that is not enough. */
async function strangers (stage: Stage) {
  const half = await stage.newUser(stage.sessions[0]!)
  return ({ access, path, openTo }: TriedTarget) => [
    ['a stranger', credentialsOf(createTestSession(stage.app), path)] as const,
    ...(access === 'second-factor' && openTo === undefined ? [['a session of the first factor', credentialsOf(half.session, path)] as const] : [])
  ]
}

/** Other spellings of a path, which a router may take for the same one and a rule in front of it for another one. */
function spellings (url: string): string[] {
  const [path = '', query] = url.split('?')
  const first = path.charAt(1)
  const encoded = first === '' ? [] : [`/%${first.charCodeAt(0).toString(16)}${path.slice(2)}`]
  const all = [`${path}/`, `/${path}`, path.replace(/\/(?=[^/]*$)/, '//'), path.toUpperCase(), path.replace(/[a-z]/, (letter) => letter.toUpperCase()), `/.${path}`, `/x/..${path}`, `/%2e${path}`, ...encoded, `${path}%2f`, `${path}%00`, `${path}%20`, `${path};x`, `${path}.json`, `${path}#`, `http://localhost${path}`, path.replaceAll('/', '\\')]
  return [...new Set(all)].filter((one) => one !== path).map((one) => query === undefined ? one : `${one}?${query}`)
}

const takesBody = (method: string): boolean => !['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method)

function requestTo ({ given, ...target }: TriedTarget, method: string, headers: Record<string, string>): InjectOptions {
  return { method: method as 'GET', url: urlOf(target, given), headers: { ...given.headers, ...headers }, ...(takesBody(method) && { payload: given.payload ?? {} }) }
}

/** Whether browsers add the session's cookie to what other websites send. */
function isSentBySites (sameSite: string | undefined): boolean {
  return sameSite?.toLowerCase() === 'none'
}

export const wireAttacks: Attack[] = [
  {
    id: 'another-method',
    threat: 'Somebody calls a guarded path by another method, or names one in a header.',
    async run (stage, found) {
      const clients = await strangers(stage)
      for (const target of newsFor(stage.targets, 'stranger').filter(({ isWebSocket }) => !isWebSocket)) {
        for (const [who, headers] of clients(target)) {
          for (const method of METHODS) {
            if (method === target.method) continue
            reached(stage, found, target, await stage.send(requestTo(target, method, headers)), `${who} by ${method}`)
            const overridden = Object.fromEntries(OVERRIDES.map((name) => [name, target.method]))
            reached(stage, found, target, await stage.send(requestTo(target, method, { ...headers, ...overridden })), `${who} by ${method} with an override`)
          }
        }
      }
    }
  },
  {
    id: 'another-path',
    threat: 'Somebody spells a guarded path so that the router finds it and a rule does not, or claims to come from a proxy.',
    async run (stage, found) {
      const clients = await strangers(stage)
      for (const target of newsFor(stage.targets, 'stranger').filter(({ isWebSocket }) => !isWebSocket)) {
        for (const [who, headers] of clients(target)) {
          const request = requestTo(target, target.method, headers)
          for (const url of spellings(String(request.url))) reached(stage, found, target, await stage.send({ ...request, url }), `${who} as ${url}`)
          for (const extra of [TRUSTED, ...REWRITES.map((name) => ({ [name]: '/' }))]) {
            reached(stage, found, target, await stage.send({ ...request, headers: { ...request.headers, ...extra } }), `${who} with ${Object.keys(extra)[0]}`)
          }
          for (const name of REWRITES) reached(stage, found, target, await stage.send({ ...request, url: '/', headers: { ...request.headers, [name]: String(request.url) } }), `${who} with ${name}`)
        }
      }
    }
  },
  {
    id: 'other-website',
    threat: 'Another website has the browser of somebody who is signed in send a request that changes something.',
    lacks: ({ sessions }) => sessions.includes('cookie') ? undefined : 'sessions are in headers, which no other website can send',
    async run (stage, found) {
      const { app, base } = stage
      const user = await stage.newUser('cookie')
      const response = await app.inject({
        method: 'POST',
        url: `${base}/signin`,
        headers: { rid: 'session', 'st-auth-mode': 'cookie' },
        payload: { formFields: [{ id: 'email', value: user.email }, { id: 'password', value: user.password }] }
      })
      const set = response.cookies.find(({ name }) => name === 'sAccessToken')
      if (set === undefined) return found.unproven(`POST ${base}/signin`, 'it sets no session cookie')
      if (set.httpOnly !== true) found.open(`POST ${base}/signin`, 'scripts can read the session cookie: it is not HttpOnly')
      const { antiCsrfFunctionOrString: mode } = runningSessionRecipe().config
      const asks = mode === 'VIA_TOKEN' || mode === 'VIA_CUSTOM_HEADER'
      // Lax cookies of the same site stay in the browser.
      if (!asks && !isSentBySites(set.sameSite)) return undefined
      const forged: Record<string, string>[] = [{}, ...(mode === 'VIA_TOKEN' ? [{ rid: 'session' }, { rid: 'session', 'anti-csrf': 'x' }] : [])]
      const changing = newsFor(stage.targets, 'stranger').filter(({ method }) => method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS')
      // Their own website has sent it before, so that the guards know the token.
      for (const { target, session } of await enter(stage, found, 'cookie', changing)) {
        const { cookie = '' } = credentialsOf(session, target.path)
        for (const headers of forged) judge(found, target, await stage.probe(target, { cookie, origin: 'https://evil.example', ...headers }), 'another website')
      }
      return undefined
    }
  },
  {
    id: 'websocket-of-another-website',
    threat: 'Another website opens a WebSocket with the cookies of somebody who is signed in.',
    lacks: ({ sessions, targets }) => !targets.some(({ isWebSocket }) => isWebSocket) ? 'no guarded route is a WebSocket' : sessions.includes('cookie') ? undefined : 'sessions are in headers, which no other website can send',
    async run (stage, found) {
      const [own = 'http://localhost'] = upgradeOrigins(stage.app)
      const foreign = ['https://evil.example', 'null', `${own}.evil.example`, own.replace('://', '://evil.')]
      for (const { target, session } of await enter(stage, found, 'cookie', newsFor(stage.targets, 'stranger').filter(({ isWebSocket }) => isWebSocket))) {
        for (const origin of foreign) judge(found, target, await stage.probe(target, { ...credentialsOf(session, target.path), origin }), `a page of ${origin}`)
      }
    }
  }
]
