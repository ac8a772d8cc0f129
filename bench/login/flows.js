import { createClient } from './client.js'

const email = 'alice@example.com'
const password = 'correct horse 1'
const phoneNumber = '+12125550142'
const formFields = [{ id: 'email', value: email }, { id: 'password', value: password }]

/** The Frontend Driver Interface, as stock frontends use it. */
async function withCode ({ port, code }, first) {
  const post = createClient(port)
  await post(first, { formFields })
  const sent = code()
  const { deviceId, preAuthSessionId } = await post('/auth/signinup/code', { phoneNumber })
  await post('/auth/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode: await sent })
}

export const superTokens = {
  enrol: (service) => withCode(service, '/auth/signup'),
  login: (service) => withCode(service, '/auth/signin')
}

export const betterAuth = {
  async enrol ({ port }) {
    const post = createClient(port)
    await post('/api/auth/sign-up/email', { name: 'Alice', email, password })
    await post('/api/auth/two-factor/enable', { password })
  },
  async login ({ port, code }) {
    const post = createClient(port)
    await post('/api/auth/sign-in/email', { email, password })
    const sent = code()
    await post('/api/auth/two-factor/send-otp')
    await post('/api/auth/two-factor/verify-otp', { code: await sent })
  }
}
