import type { Context, Rules } from './context.js'
import { fieldsOf, refuse } from './reader.js'

const EMAILS = ['ann@example.com', ' ANN@Example.com ', '+12125550123', '', `${'a'.repeat(250)}@example.com`]
const PHONES = ['+12125550123', '+1 212 555 0123', 'no number']
const PASSWORDS = ['correct horse', '']
const TOKENS = ['none', '']
const DEVICE = 'ZGV2aWNlLWRldmljZS1kZXZpY2UtZGV2aWNlLWRldmk='
const IDS = ['u1', '']
const emptyPassword = (password: string) => { if (password === '') refuse('Password cannot be an empty string') }
const oneOf = (given: unknown[], text: string) => { if (given.filter((one) => one !== undefined).length !== 1) refuse(text) }

const attempt = {
  fields: { preAuthSessionId: ['p', ''], linkCode: ['bGluaw', '*'], deviceId: [DEVICE, '***'], userInputCode: ['123456', ''] },
  check ({ body, tenant }: Context) {
    body.text('preAuthSessionId')
    const [link, code, device] = ['linkCode', 'userInputCode', 'deviceId'].map(body.has)
    if (link === true ? code === true || device === true : code !== true || device !== true) refuse('Please provide exactly one of linkCode or deviceId+userInputCode')
    if (link === true) body.text('linkCode')
    else for (const name of ['deviceId', 'userInputCode']) body.text(name)
    tenant()
    return ['RESTART_FLOW_ERROR', /^Input encoding error in (deviceId|linkCode)$/]
  }
}

/** A user and an email, for whom something is done with verification. */
const userAndEmail = (where: (call: Context) => void, ...statuses: string[]) => ({
  fields: { userId: ['u1', 'u'.repeat(129)], email: EMAILS },
  check (call: Context) {
    const [userId, email] = [call.body.text('userId'), call.body.text('email')]
    where(call)
    if (statuses.length > 0) {
      call.width(userId, 'userId', 128)
      call.width(email.trim(), 'email', 256)
    }
    return ['OK', ...statuses]
  }
})

export const signInRules: Rules = {
  'POST /recipe/signup': {
    fields: { email: EMAILS, password: PASSWORDS },
    check ({ body, tenant, width }) {
      const [email, password] = [body.text('email'), body.text('password')]
      emptyPassword(password)
      tenant()
      width(email.trim(), 'email', 256)
      return ['OK', 'EMAIL_ALREADY_EXISTS_ERROR']
    }
  },
  'POST /recipe/signin': {
    fields: { email: EMAILS, password: PASSWORDS },
    check ({ body, tenant }) {
      for (const name of ['email', 'password']) body.text(name)
      tenant()
      return ['OK', 'WRONG_CREDENTIALS_ERROR']
    }
  },
  'POST /recipe/user/password/reset/token': {
    fields: { userId: ['nobody'], email: EMAILS },
    check: ({ body, tenant }) => { body.text('userId'); tenant(); return ['UNKNOWN_USER_ID_ERROR'] }
  },
  'POST /recipe/user/password/reset/token/consume': {
    fields: { token: TOKENS },
    check: ({ body, tenant }) => { body.text('token'); tenant(); return ['RESET_PASSWORD_INVALID_TOKEN_ERROR'] }
  },
  'POST /recipe/user/password/reset': {
    fields: { method: ['token', 'other'], token: TOKENS, newPassword: PASSWORDS },
    check ({ body, tenant }) {
      const [method, , password] = ['method', 'token', 'newPassword'].map(body.text) as [string, string, string]
      if (method !== 'token') refuse('Unsupported method for password reset')
      emptyPassword(password)
      tenant()
      return ['RESET_PASSWORD_INVALID_TOKEN_ERROR']
    }
  },
  'POST /recipe/user/passwordhash/import': {
    fields: { email: EMAILS, passwordHash: ['$2a$04$......................................................', ' ', 'plain'], hashingAlgorithm: ['bcrypt', ' ', 'md5', 'ARGON2'] },
    check ({ body, tenant, width }) {
      const [email, hash] = [body.text('email'), body.text('passwordHash')]
      const algorithm = body.maybe(body.text, 'hashingAlgorithm')?.trim().toUpperCase()
      if (hash.trim() === '') refuse('Password hash cannot be an empty string')
      if (algorithm === '') refuse('Hashing Algorithm cannot be an empty string')
      if (algorithm !== undefined && !['BCRYPT', 'ARGON2', 'FIREBASE_SCRYPT'].includes(algorithm)) refuse('Unsupported password hashing algorithm')
      tenant()
      if (algorithm === 'ARGON2' || !hash.startsWith('$2')) return [/^Password hash is in invalid /]
      width(email.trim(), 'email', 256)
      return ['OK']
    }
  },
  'POST /recipe/signinup': {
    fields: {
      thirdPartyId: ['google', 'p'.repeat(29)],
      thirdPartyUserId: ['x', 'y'],
      email: [{ id: 'ann@example.com', isVerified: true }, { id: '', isVerified: false }, { id: 'a' }, { isVerified: true }, { id: 5, isVerified: true }]
    },
    check ({ body, tenant, width }) {
      const [provider, user] = [body.text('thirdPartyId'), body.text('thirdPartyUserId')]
      const email = fieldsOf(body.object('email'))
      const id = email.text('id')
      email.flag('isVerified')
      tenant()
      width(provider, 'thirdPartyId', 28)
      width(user, 'thirdPartyUserId', 256)
      width(id, 'id', 256)
      return ['OK']
    }
  },
  'POST /recipe/signinup/code': {
    fields: { email: EMAILS, phoneNumber: PHONES, deviceId: [DEVICE, '***'], userInputCode: ['123456', ''] },
    check ({ body, tenant, width }) {
      const [email, phone, device] = ['email', 'phoneNumber', 'deviceId'].map((name) => body.maybe(body.text, name))
      oneOf([email, phone, device], 'Please provide exactly one of email, phoneNumber or deviceId')
      if (body.maybe(body.text, 'userInputCode') === '') refuse('userInputCode cannot be an empty string.')
      tenant()
      width(email?.trim(), 'email', 256)
      return device === undefined ? ['OK'] : ['RESTART_FLOW_ERROR', /^Input encoding error in deviceId$/]
    }
  },
  'POST /recipe/signinup/code/consume': attempt,
  'POST /recipe/signinup/code/check': attempt,
  'GET /recipe/signinup/codes': {
    fields: { email: ['a@b'], phoneNumber: PHONES, deviceId: [DEVICE], preAuthSessionId: ['p'] },
    check ({ query, tenant }) {
      oneOf(['email', 'phoneNumber', 'deviceId', 'preAuthSessionId'].map(query.maybe), 'Please provide exactly one of email, phoneNumber, deviceId or preAuthSessionId')
      tenant()
      return ['OK']
    }
  },
  'POST /recipe/signinup/code/remove': {
    fields: { codeId: ['c'], preAuthSessionId: ['p'] },
    check ({ body, tenant }) {
      const given = ['codeId', 'preAuthSessionId'].map((name) => body.maybe(body.text, name)).filter((one) => one !== undefined)
      if (given.length === 0) refuse('Please provide either \'codeId\' or \'preAuthSessionId\'')
      if (given.length === 2) refuse('Please provide only one of \'codeId\' or \'preAuthSessionId\'')
      tenant()
      return ['OK']
    }
  },
  'POST /recipe/signinup/codes/remove': {
    fields: { email: EMAILS, phoneNumber: PHONES },
    check ({ body, tenant }) {
      oneOf(['email', 'phoneNumber'].map((name) => body.maybe(body.text, name)), 'Please provide exactly one of email or phoneNumber')
      tenant()
      return ['OK']
    }
  },
  'POST /recipe/user/email/verify/token': userAndEmail(({ tenant }) => tenant(), 'EMAIL_ALREADY_VERIFIED_ERROR'),
  'POST /recipe/user/email/verify/token/remove': userAndEmail(({ tenant }) => tenant()),
  'POST /recipe/user/email/verify/remove': userAndEmail(({ appOfPublic }) => appOfPublic()),
  'POST /recipe/user/email/verify': {
    fields: { method: ['token', 'other'], token: TOKENS },
    check ({ body, tenant }) {
      const method = body.text('method')
      body.text('token')
      if (method !== 'token') refuse('Unsupported method for email verification')
      tenant()
      return ['EMAIL_VERIFICATION_INVALID_TOKEN_ERROR']
    }
  },
  'GET /recipe/user/email/verify': {
    fields: { userId: IDS, email: ['a@b'] },
    check: ({ query, appOfPublic }) => { query.text('userId'); query.text('email'); appOfPublic(); return ['OK'] }
  }
}
