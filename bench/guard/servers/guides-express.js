import express from 'express'
import { errorHandler, middleware } from 'supertokens-node/framework/express'
import { verifySession } from 'supertokens-node/recipe/session/framework/express'
import { init } from './guides.js'

export async function start ({ connectionURI }) {
  init('express', connectionURI)
  const app = express()
  const answer = (_request, response) => { response.json({ userId: '11111111-1111-4111-8111-000000000000' }) }
  app.get('/open', answer)
  app.use(middleware())
  app.get('/guarded', verifySession(), answer)
  app.use(errorHandler())
  const server = await new Promise((resolve) => { const listening = app.listen(0, '127.0.0.1', () => resolve(listening)) })
  server.keepAliveTimeout = 600_000
  return { port: server.address().port }
}
