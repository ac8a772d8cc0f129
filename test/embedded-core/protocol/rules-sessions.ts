import { PROTECTED, type Context, type Rules } from './context.js'
import { refuse, type Fields } from './reader.js'

const HANDLES = ['5f0f3d2c-8f5e-4d4f-9a53-0a5f3f9a6a11', '5f0f3d2c-8f5e-4d4f-9a53-0a5f3f9a6a11_ta', 'h_nowhere', 'h_']
const PAYLOADS: Fields[] = [{}, { a: 1 }, { nested: { null: null } }, { sub: 'x' }]
const refuseProtected = (payload: Fields) => { if (PROTECTED.some((name) => name in payload)) refuse('The user payload contains protected field') }

/** Reads the data of a session, or replaces it. */
const dataRules = (path: string, field: string): Rules => ({
  [`GET ${path}`]: {
    fields: { sessionHandle: HANDLES },
    check: ({ query, tenantOfHandle }) => { tenantOfHandle(query.text('sessionHandle')); return ['UNAUTHORISED'] }
  },
  [`PUT ${path}`]: {
    fields: { sessionHandle: HANDLES, [field]: PAYLOADS },
    check ({ body, tenantOfHandle }) {
      const [handle, data] = [body.text('sessionHandle'), body.object(field)]
      tenantOfHandle(handle)
      if (field === 'userDataInJWT') refuseProtected(data)
      return ['UNAUTHORISED']
    }
  }
})

export const sessionRules: Rules = {
  'POST /recipe/session': {
    fields: { userId: ['u1', '', 'u'.repeat(129)], enableAntiCsrf: [true, false], userDataInJWT: PAYLOADS, userDataInDatabase: PAYLOADS, useDynamicSigningKey: [true, false] },
    check ({ body, tenant, width }) {
      const userId = body.text('userId')
      body.flag('enableAntiCsrf')
      const payload = body.object('userDataInJWT')
      body.object('userDataInDatabase')
      tenant()
      body.maybe(body.flag, 'useDynamicSigningKey')
      width(userId, 'userId', 128)
      refuseProtected(payload)
      return ['OK']
    }
  },
  'GET /recipe/session': {
    fields: { sessionHandle: HANDLES },
    check: ({ query, tenantOfHandle }) => { tenantOfHandle(query.text('sessionHandle')); return ['UNAUTHORISED'] }
  },
  'POST /recipe/session/verify': {
    fields: { accessToken: ['a.b.c', 'none'], antiCsrfToken: ['t'], doAntiCsrfCheck: [true, false], enableAntiCsrf: [true, false], checkDatabase: [true, false] },
    check ({ body, app }) {
      body.text('accessToken')
      body.maybe(body.text, 'antiCsrfToken')
      for (const name of ['doAntiCsrfCheck', 'enableAntiCsrf']) body.flag(name)
      app()
      body.flag('checkDatabase')
      return ['TRY_REFRESH_TOKEN']
    }
  },
  'POST /recipe/session/refresh': {
    fields: { refreshToken: ['a.b.V2'], antiCsrfToken: ['t'], enableAntiCsrf: [true, false], useDynamicSigningKey: [true, false] },
    check ({ body, tenant }) {
      body.text('refreshToken')
      body.maybe(body.text, 'antiCsrfToken')
      for (const name of ['enableAntiCsrf', 'useDynamicSigningKey']) body.flag(name)
      tenant()
      return ['UNAUTHORISED']
    }
  },
  'POST /recipe/session/regenerate': {
    fields: { accessToken: ['a.b.c'], userDataInJWT: PAYLOADS },
    check ({ body, app }) {
      body.text('accessToken')
      body.maybe(body.object, 'userDataInJWT')
      app()
      return ['UNAUTHORISED']
    }
  },
  'POST /recipe/session/remove': {
    fields: { userId: ['u1'], sessionHandles: [[], ['h'], ['h_ta', 'h'], ['h_nowhere'], [1], ['a', null]], revokeAcrossAllTenants: [true, false], revokeSessionsForLinkedAccounts: [true, false] },
    check: removal
  },
  'GET /recipe/session/user': {
    fields: { userId: ['u1'], fetchAcrossAllTenants: ['true', 'false', 'perhaps'], fetchSessionsForAllLinkedAccounts: ['true', 'false'] },
    check ({ query, appOfPublic, tenant }) {
      query.text('userId')
      if ((query.maybe('fetchAcrossAllTenants') ?? 'true').toLowerCase() === 'true') appOfPublic()
      else tenant()
      return ['OK']
    }
  },
  ...dataRules('/recipe/session/data', 'userDataInDatabase'),
  ...dataRules('/recipe/jwt/data', 'userDataInJWT'),
  'POST /recipe/jwt': {
    fields: { algorithm: ['RS256', 'rs256', 'HS256'], jwksDomain: ['https://a'], payload: PAYLOADS, validity: [60, '60', 0, 1.5], useStaticSigningKey: [true, false] },
    check ({ body, publicThenApp }) {
      for (const name of ['algorithm', 'jwksDomain']) body.text(name)
      body.object('payload')
      if (body.long('validity') <= 0) refuse('validity must be greater than or equal to 0')
      body.maybe(body.flag, 'useStaticSigningKey')
      publicThenApp()
      return ['OK', 'UNSUPPORTED_ALGORITHM_ERROR']
    }
  },
  'GET /recipe/jwt/jwks': { fields: {}, check: ({ publicThenApp }) => { publicThenApp(); return ['OK'] } }
}

function removal ({ body, app, appOfPublic, tenant, tenantOfHandle }: Context): string[] {
  const userId = body.maybe(body.text, 'userId')
  const handles = body.maybe(body.texts, 'sessionHandles')
  if ((userId === undefined) === (handles === undefined)) refuse('Invalid JSON input - use one of userId or sessionHandles array')
  const [everywhere] = ['revokeAcrossAllTenants', 'revokeSessionsForLinkedAccounts'].map((name) => {
    const flag = body.maybe(body.flag, name)
    if (userId === undefined && flag !== undefined) refuse(`Invalid JSON input - ${name} can only be set if userId is set`)
    return flag ?? true
  })
  if (userId === undefined) {
    app()
    for (const handle of handles ?? []) tenantOfHandle(handle)
  } else if (everywhere === true) appOfPublic()
  else tenant()
  return ['OK']
}
