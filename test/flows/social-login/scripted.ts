import { createServer } from 'node:http'
import type { Test } from 'tap'
import { listen } from './listen.js'

/** What one endpoint answers: text goes out as it is, anything else as JSON. `hang up` ends the connection without an answer. */
export type Answer = { status?: number, body: unknown } | 'hang up'

export interface Script {
  discovery?: Answer
  token?: Answer
  userinfo?: Answer
  jwks?: Answer
}

/** A provider that answers whatever the test wants, however wrong. */
export async function startScriptedProvider (t: Test) {
  const script: Script = {}
  const requests: string[] = []
  let endpoints: Record<string, unknown> = {}
  const server = createServer((request, response) => {
    const path = String(request.url).slice(1)
    requests.push(path)
    const usual: Script = { discovery: { body: endpoints }, token: { body: { access_token: 'an-access-token' } }, jwks: { body: { keys: [] } } }
    const endpoint = path.includes('.well-known') ? 'discovery' : path as keyof Script
    const answer = script[endpoint] ?? usual[endpoint] ?? { status: 404, body: 'nothing here' }
    if (answer === 'hang up') {
      request.socket.destroy()
      return
    }
    const { status = 200, body } = answer
    response.statusCode = status
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  const issuer = await listen(t, server)
  endpoints = {
    issuer,
    authorization_endpoint: `${issuer}/authorise`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`
  }

  return {
    issuer,
    discoveryEndpoint: `${issuer}/.well-known/openid-configuration`,
    /** Paths that have been asked for. */
    requests,
    /** Sets the answers of some endpoints; the others are as usual again. */
    answers (next: Script): void {
      for (const endpoint of ['discovery', 'token', 'userinfo', 'jwks'] as const) {
        const answer = next[endpoint]
        if (answer === undefined) delete script[endpoint]
        else script[endpoint] = answer
      }
    }
  }
}

export type ScriptedProvider = Awaited<ReturnType<typeof startScriptedProvider>>
