// Compiled by npm run test:examples: the adapters fit the frameworks' own types.
import Hapi from '@hapi/hapi'
import Router from '@koa/router'
import express from 'express'
import Fastify from 'fastify'
import { createVerifier, sessionOf, type Decision, type VerifiedSession } from 'fastify-2fa/verifier'
import * as ofExpress from 'fastify-2fa/verifier/express'
import * as ofFastify from 'fastify-2fa/verifier/fastify'
import { secondFactorScheme } from 'fastify-2fa/verifier/hapi'
import * as ofKoa from 'fastify-2fa/verifier/koa'
import * as ofWs from 'fastify-2fa/verifier/ws'
import Koa from 'koa'
import { WebSocketServer } from 'ws'

const verifier = createVerifier({ serviceUrl: 'https://auth.example.com', antiCsrf: 'SAME_SITE', revocations: { isRevoked: ({ handle }) => handle === '' } })
// @ts-expect-error a wrong option is refused
createVerifier({ serviceUrl: 'https://auth.example.com', antiCsrf: 'LAX' })

express().use(ofExpress.require2FA(verifier)).get('/', ofExpress.require2FA(verifier, { maxAge: '5m' }), (request, response) => { response.json(sessionOf(request)?.userId) })
// @ts-expect-error a misspelt demand is refused
ofExpress.require2FA(verifier, { maxage: '5m' })

new Koa().use(ofKoa.require2FA(verifier)).use(new Router().get('/', ofKoa.require2FA(verifier), (ctx) => { ctx.body = sessionOf(ctx)?.userId }).routes())

Hapi.server().auth.scheme('2fa', secondFactorScheme(verifier))

const app = Fastify()
app.addHook('onRequest', ofFastify.require2FA(verifier))
app.get('/', { preHandler: ofFastify.require2FA(verifier, { roles: ['admin'] }) }, async (request) => sessionOf(request)?.userId)

const sockets = new WebSocketServer({ noServer: true })
app.server.on('upgrade', async (request, socket, head) => {
  const session: VerifiedSession | undefined = await ofWs.require2FA(verifier)(request, socket)
  if (session !== undefined) sockets.handleUpgrade(request, socket, head, (webSocket) => { webSocket.send(session.userId) })
})

export const decision: Decision = await verifier.verifyRequest(new Request('https://api.example.com'))
