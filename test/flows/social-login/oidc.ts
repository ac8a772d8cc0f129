/// <reference path="../../../src/playground/oidc-provider.d.ts" />
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Provider, type FindAccount } from 'oidc-provider'
import type { Test } from 'tap'
import { listen } from './listen.js'

/** Where the provider sends people back to: a page of the website. */
export const CALLBACK = 'http://localhost:3001/auth/callback/loopback'

export interface Client {
  client_id: string
  client_secret: string
}

export const SERVICE: Client = { client_id: 'fastify-2fa', client_secret: 'a-secret-of-the-service' }
/** Another app at the same provider, to which Alice has signed in as well. */
export const OTHER_APP: Client = { client_id: 'other-app', client_secret: 'a-secret-of-the-other-app' }

const VERIFIER = 'x'.repeat(43)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** An OpenID provider on loopback: real discovery, login and consent pages, codes with PKCE, signed ID tokens. */
export async function startOidcProvider (t: Test, callback = CALLBACK) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = 'test-key'
  const accounts = new Map<string, Record<string, unknown>>()
  const server = createServer()
  const issuer = await listen(t, server)

  const findAccount: FindAccount = async (_context, id) => {
    const claims = accounts.get(id)
    return claims && { accountId: id, claims: () => ({ ...claims, sub: id }) }
  }
  const provider = new Provider(issuer, {
    clients: [SERVICE, OTHER_APP].map((client) => ({ ...client, redirect_uris: [callback], token_endpoint_auth_method: 'client_secret_post' })),
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['only for tests'] },
    features: { devInteractions: { enabled: false } },
    findAccount,
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }] },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 }
  })

  /** The login page and the consent page: a form each, and what people send with it. */
  async function interact (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session } = await provider.interactionDetails(request, response)
    if (request.method === 'GET') {
      response.end(prompt.name)
      return
    }
    const form = new URLSearchParams(await text(request))
    const finish = async (result: object) => { await provider.interactionFinished(request, response, result) }
    if (prompt.name === 'login') {
      await finish({ login: { accountId: form.get('account') } })
    } else if (form.get('consent') === 'no') {
      await finish({ error: 'access_denied' })
    } else {
      const grant = new provider.Grant({ accountId: String(session?.accountId), clientId: params.client_id })
      grant.addOIDCScope(params.scope)
      await finish({ consent: { grantId: await grant.save() } })
    }
  }

  const protocol = provider.callback()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/interaction/')) interact(request, response).catch((err: unknown) => { response.destroy(err as Error) })
    else protocol(request, response)
  })

  return {
    issuer,
    discoveryEndpoint: `${issuer}/.well-known/openid-configuration`,
    publicKey,

    /** An account at the provider, by its `sub`. */
    addAccount (sub: string, claims: Record<string, unknown>): void {
      accounts.set(sub, claims)
    },

    /** Where a client of the provider's sends people, built by that client itself. */
    authorisationUrl (client: Client): string {
      const url = new URL('/auth', issuer)
      url.search = new URLSearchParams({
        client_id: client.client_id, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid email', code_challenge: CHALLENGE, code_challenge_method: 'S256'
      }).toString()
      return url.toString()
    },

    /** What a client gets for a code: tokens of the account, issued to that client. */
    async exchange (client: Client, code: string): Promise<{ access_token: string, id_token: string }> {
      const response = await fetch(new URL('/token', issuer), {
        method: 'POST',
        body: new URLSearchParams({ ...client, code, redirect_uri: CALLBACK, grant_type: 'authorization_code', code_verifier: VERIFIER })
      })
      if (!response.ok) throw new Error(`the provider answered ${response.status} ${await response.text()}`)
      return await response.json() as { access_token: string, id_token: string }
    },

    /** An ID token that says anything, signed by the provider or, with another key, by a forger. */
    idToken (claims: Record<string, unknown>, { key = privateKey, alg = 'RS256', typ = 'JWT', hmac = undefined as string | Buffer | undefined } = {}): string {
      const now = Math.floor(Date.now() / 1000)
      const body = `${encode({ alg, kid, typ })}.${encode({ iss: issuer, aud: SERVICE.client_id, iat: now, exp: now + 600, ...claims })}`
      if (hmac !== undefined) return `${body}.${createHmac('sha256', hmac).update(body).digest('base64url')}`
      return `${body}.${alg === 'none' ? '' : sign('sha256', Buffer.from(body), key).toString('base64url')}`
    }
  }
}

export type OidcProvider = Awaited<ReturnType<typeof startOidcProvider>>
