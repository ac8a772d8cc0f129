import Fastify from 'fastify'

/** `connectionURI`: of the Core elsewhere; without it the Core is inside. */
export async function start ({ library, connectionURI }, tell) {
  const { fastify2fa } = await import(library)
  const app = Fastify()
  await app.register(fastify2fa, {
    production: false,
    core: connectionURI === undefined ? { embedded: { config: { bcrypt_log_rounds: 4 } } } : { connectionURI },
    sms: { name: 'parent', send: async ({ code }) => { tell(code) } },
    mail: { provider: 'log' },
    // One person signs in again and again.
    limits: { sends: false, signIn: false, signUps: false, mails: false }
  })
  return { app }
}
