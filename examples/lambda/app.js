import Fastify from 'fastify'
import { fastify2fa, require2FA } from 'fastify-2fa'

/** Builds the app, ready. Takes more options in tests. */
export async function buildApp (options = {}) {
  const { API_DOMAIN, WEBSITE_DOMAIN, SUPERTOKENS_CONNECTION_URI, SUPERTOKENS_API_KEY, REDIS_URL, SMS_WEBHOOK_URL, SMS_WEBHOOK_SECRET, SMTP_HOST, SMTP_USER, SMTP_PASSWORD, MAIL_FROM } = process.env
  const app = Fastify({ logger: { level: process.env.LOG_LEVEL ?? 'info' } })
  await app.register(fastify2fa, {
    appInfo: { appName: 'Shop', apiDomain: API_DOMAIN, websiteDomains: [WEBSITE_DOMAIN] },
    core: { connectionURI: SUPERTOKENS_CONNECTION_URI, apiKey: SUPERTOKENS_API_KEY },
    limits: { redisUrl: REDIS_URL },
    sms: { provider: 'webhook', url: SMS_WEBHOOK_URL, secret: SMS_WEBHOOK_SECRET },
    mail: { provider: 'smtp', host: SMTP_HOST, port: 587, user: SMTP_USER, password: SMTP_PASSWORD, from: MAIL_FROM },
    ...options
  })
  app.get('/orders', { preHandler: require2FA }, async ({ session }) => ({ user: session.getUserId() }))
  await app.ready()
  return app
}
