import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import formbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import { type FindAccount, Provider } from 'oidc-provider'
import { TEST_PROVIDER } from '../config/playground.js'

const { path: PATH, id, clientId, clientSecret } = TEST_PROVIDER
const TTL = { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 }

const page = (text: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Test provider</title>
<link rel="stylesheet" href="/style.css">
<main class="alone">
<h1>Test provider</h1>
${text}
</main>
</html>
`

const LOGIN = page(`<p>It stands for Google, GitHub and the like. It asks for no password: be whoever you want.</p>
<form method="post">
<label>E-mail address <input name="email" type="email" value="carol@example.com" required maxlength="254" autocomplete="off"></label>
<button name="answer" value="yes">Continue</button>
<button name="answer" value="no" formnovalidate class="quiet">Cancel</button>
</form>`)
const EXPIRED = page('<p role="alert">This sign-in has expired or was finished elsewhere. <a href="/">Start again</a>.</p>')
const FAILED = page('<p role="alert">The provider did not accept this request. <a href="/">Start again</a>.</p>')

const findAccount: FindAccount = async (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId, email: accountId, email_verified: true }) })

function createProvider (website: string, redirectUri: string): Provider {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return new Provider(website + PATH, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], token_endpoint_auth_method: 'client_secret_post' }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: [randomUUID()] },
    features: { devInteractions: { enabled: false } },
    findAccount,
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `${PATH}/interaction/${uid}` },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' }] },
    renderError: (context: { type: string, body: string }) => {
      context.type = 'html'
      context.body = FAILED
    },
    ttl: TTL
  })
}

/** An OpenID provider at which anyone can sign in as anyone, to try social logins with. Off by default. */
export async function providerRoutes (app: FastifyInstance, { website, callback }: { website: string, callback: string }): Promise<void> {
  const provider = createProvider(website, `${callback}/${id}`)

  await app.register(async function interaction (scope) {
    await scope.register(formbody)
    const url = `${PATH}/interaction/:uid`
    scope.setErrorHandler((error: { statusCode?: number, code?: string }, _request, reply) => {
      // A foreign Host, for the handler of the whole site.
      if (error.code?.startsWith('AUTH_') === true) throw error
      reply.code(error.statusCode ?? 400).type('text/html; charset=utf-8').send(EXPIRED)
    })
    scope.get(url, async (request, reply) => {
      await provider.interactionDetails(request.raw, reply.raw)
      return await reply.type('text/html; charset=utf-8').send(LOGIN)
    })
    scope.post<{ Body: { email: string, answer: string } }>(url, {
      schema: { body: { type: 'object', properties: { email: { type: 'string', maxLength: 254 }, answer: { enum: ['yes', 'no'] } }, required: ['email', 'answer'] } }
    }, async (request, reply) => {
      const { email, answer } = request.body
      const { params } = await provider.interactionDetails(request.raw, reply.raw)
      const accountId = email.trim().toLowerCase()
      if (answer === 'no' || !/^[^\s@]+@[^\s@]+$/.test(accountId)) {
        return await reply.redirect(await provider.interactionResult(request.raw, reply.raw, { error: 'access_denied' }), 303)
      }
      const grant = new provider.Grant({ accountId, clientId: params.client_id })
      grant.addOIDCScope(params.scope)
      return await reply.redirect(await provider.interactionResult(request.raw, reply.raw, { login: { accountId }, consent: { grantId: await grant.save() } }), 303)
    })
  })

  await app.register(async function protocol (scope) {
    const answer = provider.callback()
    // The provider reads bodies itself.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => { done(null) })
    scope.all(`${PATH}/*`, (request, reply) => {
      reply.hijack()
      const raw = request.raw as IncomingMessage & { originalUrl?: string | undefined }
      // Every sign-in asks anew, so that one can be somebody else.
      if (raw.url?.startsWith(`${PATH}/auth?`) === true) delete raw.headers.cookie
      // As frameworks tell an app where it is mounted; the provider builds its own addresses from it.
      raw.originalUrl = raw.url
      raw.url = String(raw.url).slice(PATH.length)
      answer(raw, reply.raw)
    })
  })
}
