import type { Context, Rules } from './context.js'
import { filled, refuse } from './reader.js'

const IDS = ['u1', '']
const NAMES = ['admin', ' admin ', ' ', 'r'.repeat(256)]
const PERMISSIONS = [[], ['read'], [' '], ['read', 5], [' ', 5], [5, ' ']]
const TYPES = ['SUPERTOKENS', 'EXTERNAL', 'ANY', ' ANY ', 'any']
const BULK_IDS = [[], ['a', 'b'], ['a', 1], [['a']]]
const permission = (text: string) => { if (text.trim() === '') refuse('Field name \'permissions\' cannot contain an empty string') }
const idType = (given: string | undefined) => {
  if (given !== undefined && !['SUPERTOKENS', 'EXTERNAL', 'ANY'].includes(given.trim())) refuse('Field name \'userIdType\' should be one of \'SUPERTOKENS\', \'EXTERNAL\' or \'ANY\'')
}
const notEmpty = (given: Record<string, string | undefined>) => {
  for (const [name, text] of Object.entries(given)) if (text === '') refuse(`${name} cannot be empty`)
}
const recipes = (list: string | undefined) => {
  for (const one of list?.split(',') ?? []) if (one.trim() !== '' && !['emailpassword', 'totp'].includes(one.trim().toLowerCase())) refuse(`Unknown recipe ID: ${one.trim()}`)
}

/** A list of ids that is answered at once if it is empty. */
const bulk = {
  fields: { userIds: BULK_IDS },
  check ({ body, appOfPublic }: Context) {
    const ids = body.list('userIds')
    if (ids.length === 0) return ['OK']
    if (!ids.every((id) => typeof id === 'string')) refuse('userIds array must contain only strings')
    appOfPublic()
    return ['OK']
  }
}

/** A query with one name that must not be empty. */
const byName = (field: string, where: (call: Context) => void) => ({
  fields: { [field]: NAMES },
  check (call: Context) {
    filled(call.query.text(field), field)
    where(call)
    return ['OK', 'UNKNOWN_ROLE_ERROR']
  }
})

/** Reads a TOTP device, all fields before any is looked at. */
const device = (secret: boolean) => ({
  fields: { userId: IDS, deviceName: ['phone', ''], skew: [0, 1, -1, '1'], period: [30, 0, '30', 1.5], secretKey: ['JBSWY3DPEHPK3PXP', ''] },
  check ({ body, appOfPublic }: Context) {
    const [userId, deviceName] = [body.text('userId'), body.maybe(body.text, 'deviceName')]
    const [skew, period] = [body.int('skew'), body.int('period')]
    const secretKey = secret ? body.text('secretKey') : undefined
    notEmpty({ userId, deviceName, secretKey })
    if (skew < 0) refuse('skew must be >= 0')
    if (period <= 0) refuse('period must be > 0')
    appOfPublic()
    return ['OK', 'DEVICE_ALREADY_EXISTS_ERROR']
  }
})

/** Texts that must not be empty, all read before any is looked at, and others that may be. */
const totp = (names: string[], free: string[], where: (call: Context) => void, ...statuses: string[]) => ({
  fields: Object.fromEntries([...names, ...free].map((name) => [name, ['x', '']])),
  check (call: Context) {
    const given = Object.fromEntries([...names, ...free].map((name) => [name, call.body.text(name)]))
    notEmpty(Object.fromEntries(names.map((name) => [name, given[name]])))
    where(call)
    return statuses
  }
})

/** Account linking knows its users by one or two ids. */
const linking = (names: string[], from: 'body' | 'query') => ({
  fields: Object.fromEntries(names.map((name) => [name, ['nobody', '']])),
  check (call: Context) {
    for (const name of names) call[from].text(name)
    call.appOfPublic()
    return [/^Unknown user ID provided$/]
  }
})

const atTenant = ({ tenant }: Context) => { tenant() }
const atApp = ({ appOfPublic }: Context) => { appOfPublic() }

export const userRules: Rules = {
  'GET /user/id': { fields: { userId: ['nobody'] }, check: ({ query, appOfPublic }) => { query.text('userId'); appOfPublic(); return ['UNKNOWN_USER_ID_ERROR'] } },
  'GET /users/by-accountinfo': {
    fields: { email: ['a@b'], phoneNumber: ['+12125550123'], thirdPartyId: ['google'], thirdPartyUserId: ['x'], doUnionOfAccountInfo: ['true', 'false', 'perhaps'] },
    check ({ query, tenant }) {
      if (!['true', 'false'].includes(query.text('doUnionOfAccountInfo'))) refuse('\'doUnionOfAccountInfo\' should be either \'true\' or \'false\'')
      if ((query.maybe('thirdPartyId') === undefined) !== (query.maybe('thirdPartyUserId') === undefined)) {
        refuse('If \'thirdPartyId\' is provided, \'thirdPartyUserId\' must also be provided, and vice versa')
      }
      tenant()
      return ['OK']
    }
  },
  'GET /users': {
    fields: {
      includeRecipeIds: ['emailpassword', 'TOTP,,', 'sms'],
      limit: ['1', '500', '501', '0', 'x', '2147483648'],
      timeJoinedOrder: ['ASC', 'DESC', 'UP'],
      paginationToken: ['bm9ib2R5OzE=', 'bm9ib2R5Oy0x', 'bm9ib2R5', '%'],
      email: ['a', ';']
    },
    check ({ query, tenant }) {
      recipes(query.maybe('includeRecipeIds'))
      tenant()
      const limit = query.maybe('limit')
      if (limit !== undefined && (!/^\d+$/.test(limit) || Number(limit) >= 2 ** 31)) refuse('Field name \'limit\' must be an int in the GET request')
      if (!['ASC', 'DESC'].includes(query.maybe('timeJoinedOrder') ?? 'ASC')) refuse('timeJoinedOrder can be either ASC OR DESC')
      const searching = !/^;*$/.test(query.maybe('email') ?? '')
      if (Number(limit ?? 1) > 500 && !searching) refuse('max limit allowed is 500')
      if (Number(limit ?? 1) < 1) refuse('limit must a positive integer with min value 1')
      if (['bm9ib2R5', '%', ''].includes(query.maybe('paginationToken') ?? 'none')) refuse('invalid pagination token')
      return ['OK']
    }
  },
  'GET /users/count': {
    fields: { includeRecipeIds: ['emailpassword', 'sms'], includeAllTenants: ['true', 'false', 'TRUE'] },
    check ({ query, tenant, appOfPublic }) {
      recipes(query.maybe('includeRecipeIds'))
      if (query.maybe('includeAllTenants')?.toLowerCase() === 'true') appOfPublic()
      else tenant()
      return ['OK']
    }
  },
  'GET /users/count/active': {
    fields: { since: ['0', '-1', 'x', '9223372036854775807', '9223372036854775808'] },
    check ({ query, publicThenApp }) {
      const since = query.text('since')
      if (since === 'x' || since === '9223372036854775808' || since === '') refuse('Field name \'since\' must be a long in the GET request')
      if (since === '-1') refuse('\'since\' query parameter must be >= 0')
      publicThenApp()
      return ['OK']
    }
  },
  'POST /user/remove': {
    fields: { userId: ['nobody'], removeAllLinkedAccounts: [true, false] },
    check: ({ body, publicThenApp }) => { body.text('userId'); body.maybe(body.flag, 'removeAllLinkedAccounts'); publicThenApp(); return ['OK'] }
  },
  'GET /user/search/tags': { fields: {}, check: () => ['OK'] },
  'GET /recipe/user': {
    fields: { userId: ['nobody'], email: ['a@b'] },
    check ({ query, tenant, appOfPublic }) {
      const [userId, email] = [query.maybe('userId'), query.maybe('email')]
      if (userId !== undefined && email !== undefined) refuse('Please provide only one of userId or email')
      if (userId === undefined && email === undefined) refuse('Please provide one of userId or email')
      if (userId !== undefined) appOfPublic()
      else tenant()
      return ['OK', 'UNKNOWN_USER_ID_ERROR', 'UNKNOWN_EMAIL_ERROR']
    }
  },
  'PUT /recipe/user': {
    fields: { recipeUserId: ['nobody'], email: ['a@b', `${'a'.repeat(250)}@example.com`], password: ['x', ''] },
    check ({ body, appOfPublic, width }) {
      body.text('recipeUserId')
      const [email, password] = [body.maybe(body.text, 'email'), body.maybe(body.text, 'password')]
      if (email === undefined && password === undefined) refuse('You have to provide either email or password.')
      appOfPublic()
      width(email?.trim(), 'email', 256)
      return ['UNKNOWN_USER_ID_ERROR']
    }
  },
  'GET /recipe/user thirdparty': {
    fields: { userId: ['nobody'], thirdPartyId: ['google'], thirdPartyUserId: ['x'] },
    check ({ query, tenant, appOfPublic }) {
      const [userId, provider, user] = ['userId', 'thirdPartyId', 'thirdPartyUserId'].map(query.maybe)
      if (userId !== undefined && (provider !== undefined || user !== undefined)) refuse('Please provide only one of userId or (thirdPartyId & thirdPartyUserId)')
      if (userId === undefined && (provider === undefined || user === undefined)) refuse('Please provide one of userId or (thirdPartyId & thirdPartyUserId)')
      if (userId !== undefined) appOfPublic()
      else tenant()
      return ['OK', 'UNKNOWN_USER_ID_ERROR', 'UNKNOWN_THIRD_PARTY_USER_ERROR']
    }
  },
  'GET /recipe/user passwordless': {
    fields: { userId: ['nobody'], email: ['a@b'], phoneNumber: ['+12125550123'] },
    check ({ query, tenant, appOfPublic }) {
      if (['userId', 'email', 'phoneNumber'].filter((name) => query.maybe(name) !== undefined).length !== 1) refuse('Please provide exactly one of userId, email or phoneNumber')
      if (query.maybe('userId') !== undefined) appOfPublic()
      else tenant()
      return ['OK', 'UNKNOWN_USER_ID_ERROR', 'UNKNOWN_EMAIL_ERROR', 'UNKNOWN_PHONE_NUMBER_ERROR']
    }
  },
  'PUT /recipe/user passwordless': {
    fields: { recipeUserId: ['nobody'], email: ['a@b', null], phoneNumber: ['+12125550123', null] },
    check ({ body, appOfPublic }) {
      body.text('recipeUserId')
      for (const name of ['email', 'phoneNumber']) if (body.has(name) && !body.isNull(name)) body.text(name)
      appOfPublic()
      return ['UNKNOWN_USER_ID_ERROR']
    }
  },
  'GET /recipe/users/by-email': { fields: { email: ['a@b'] }, check: ({ query, tenant }) => { tenant(); query.text('email'); return ['OK'] } },
  'GET /recipe/user/metadata': { fields: { userId: IDS }, check: ({ query, appOfPublic }) => { query.text('userId'); appOfPublic(); return ['OK'] } },
  'PUT /recipe/user/metadata': {
    fields: { userId: ['u1', 'u'.repeat(129)], metadataUpdate: [{ a: 1 }, { a: null }, {}] },
    check ({ body, appOfPublic, width }) {
      const userId = body.text('userId')
      body.object('metadataUpdate')
      appOfPublic()
      width(userId, 'userId', 128)
      return ['OK']
    }
  },
  'POST /recipe/user/metadata/remove': { fields: { userId: IDS }, check: ({ body, appOfPublic }) => { body.text('userId'); appOfPublic(); return ['OK'] } },
  'POST /recipe/user/metadata/bulk': bulk,
  'POST /recipe/totp/device/status/bulk': bulk,
  'PUT /recipe/role': {
    fields: { role: NAMES, permissions: PERMISSIONS },
    check ({ body, appOfPublic, width }) {
      const role = filled(body.text('role'), 'role')
      body.maybe((name) => body.texts(name, permission), 'permissions')
      appOfPublic()
      width(role, 'role', 255)
      return ['OK']
    }
  },
  'POST /recipe/role/remove': { fields: { role: NAMES }, check: ({ body, appOfPublic }) => { filled(body.text('role'), 'role'); appOfPublic(); return ['OK'] } },
  'GET /recipe/roles': { fields: {}, check: ({ appOfPublic }) => { appOfPublic(); return ['OK'] } },
  'GET /recipe/role/permissions': byName('role', atApp),
  'GET /recipe/role/users': byName('role', atTenant),
  'GET /recipe/permission/roles': byName('permission', atApp),
  'POST /recipe/role/permissions/remove': {
    fields: { role: NAMES, permissions: PERMISSIONS },
    check ({ body, appOfPublic }) {
      filled(body.text('role'), 'role')
      body.maybe((name) => body.texts(name, permission), 'permissions')
      appOfPublic()
      return ['OK', 'UNKNOWN_ROLE_ERROR']
    }
  },
  'PUT /recipe/user/role': {
    fields: { userId: ['u1', 'u'.repeat(129)], role: NAMES },
    check ({ body, tenant, width }) {
      const userId = body.text('userId')
      filled(body.text('role'), 'role')
      tenant()
      width(userId, 'userId', 128)
      return ['OK', 'UNKNOWN_ROLE_ERROR']
    }
  },
  'POST /recipe/user/role/remove': {
    fields: { userId: IDS, role: NAMES },
    check: ({ body, tenant }) => { body.text('userId'); filled(body.text('role'), 'role'); tenant(); return ['OK', 'UNKNOWN_ROLE_ERROR'] }
  },
  'GET /recipe/user/roles': { fields: { userId: IDS }, check: ({ query, tenant }) => { query.text('userId'); tenant(); return ['OK'] } },
  'POST /recipe/userid/map': {
    fields: { superTokensUserId: ['nobody', ' '], externalUserId: ['ext', ' ', 'e'.repeat(129)], externalUserIdInfo: ['info', ' ', null], force: [true, false] },
    check ({ body, appOfPublic, width }) {
      filled(body.text('superTokensUserId'), 'superTokensUserId')
      const external = filled(body.text('externalUserId'), 'externalUserId')
      if (body.has('externalUserIdInfo') && !body.isNull('externalUserIdInfo')) filled(body.text('externalUserIdInfo'), 'externalUserIdInfo')
      body.maybe(body.flag, 'force')
      appOfPublic()
      width(external, 'externalUserId', 128)
      return ['UNKNOWN_SUPERTOKENS_USER_ID_ERROR']
    }
  },
  'GET /recipe/userid/map': {
    fields: { userId: ['nobody', ' '], userIdType: TYPES },
    check ({ query, publicThenApp }) {
      filled(query.text('userId'), 'userId')
      idType(query.maybe('userIdType'))
      publicThenApp()
      return ['UNKNOWN_MAPPING_ERROR']
    }
  },
  'POST /recipe/userid/map/remove': {
    fields: { userId: ['nobody', ' '], userIdType: TYPES, force: [true, false] },
    check ({ body, publicThenApp }) {
      filled(body.text('userId'), 'userId')
      idType(body.maybe(body.text, 'userIdType'))
      body.maybe(body.flag, 'force')
      publicThenApp()
      return ['OK']
    }
  },
  'PUT /recipe/userid/external-user-id-info': {
    fields: { userId: ['nobody', ' '], userIdType: TYPES, externalUserIdInfo: ['info', ' ', null] },
    check ({ body, publicThenApp }) {
      filled(body.text('userId'), 'userId')
      idType(body.maybe(body.text, 'userIdType'))
      if (!body.isNull('externalUserIdInfo')) filled(body.text('externalUserIdInfo'), 'externalUserIdInfo')
      publicThenApp()
      return ['UNKNOWN_MAPPING_ERROR']
    }
  },
  'POST /recipe/totp/device': device(false),
  'POST /recipe/totp/device/import': device(true),
  'PUT /recipe/totp/device': totp(['userId', 'existingDeviceName', 'newDeviceName'], [], atApp, 'UNKNOWN_DEVICE_ERROR'),
  'POST /recipe/totp/device/remove': totp(['userId', 'deviceName'], [], atApp, 'OK'),
  'POST /recipe/totp/device/verify': totp(['userId', 'deviceName'], ['totp'], atTenant, 'UNKNOWN_DEVICE_ERROR'),
  'POST /recipe/totp/verify': totp(['userId'], ['totp'], atTenant, 'UNKNOWN_USER_ID_ERROR'),
  'GET /recipe/totp/device/list': {
    fields: { userId: IDS },
    check: ({ query, appOfPublic }) => { notEmpty({ userId: query.text('userId') }); appOfPublic(); return ['OK'] }
  },
  'GET /recipe/accountlinking/user/primary/check': linking(['recipeUserId'], 'query'),
  'GET /recipe/accountlinking/user/link/check': linking(['recipeUserId', 'primaryUserId'], 'query'),
  'POST /recipe/accountlinking/user/primary': linking(['recipeUserId'], 'body'),
  'POST /recipe/accountlinking/user/link': linking(['recipeUserId', 'primaryUserId'], 'body'),
  'POST /recipe/accountlinking/user/unlink': linking(['recipeUserId'], 'body')
}
