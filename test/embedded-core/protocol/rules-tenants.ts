import type { Context, Rules } from './context.js'
import { fieldsOf, filled, refuse, type Value } from './reader.js'

const FACTORS: Value[] = [[], null, ['emailpassword'], ['a', 'a'], ['no space'], ['a', 1], 'totp']
const CONFIGS: Value[] = [{}, { passwordless_code_lifetime: 5000 }, { nonsense: 1 }]

function idIn (given: string, name: 'tenantId' | 'appId'): string {
  const id = given.trim().toLowerCase()
  if (id === '') refuse(`${name} should not be an empty String`)
  if (name === 'tenantId' && ['recipe', 'config', 'users', 'hello'].includes(id)) refuse(`Cannot use '${id}' as a tenantId`)
  if (id.startsWith('appid-')) refuse(`${name} must not start with 'appid-'`)
  if (!/^[a-z0-9-]+$/.test(id)) refuse(`${name} can only contain letters, numbers and hyphens`)
  return id
}

/** The settings of a tenant, in the order in which they are read. Returns the core config. */
function settings ({ body }: Context): Record<string, Value> {
  const config = body.maybe(body.object, 'coreConfig') ?? {}
  if (body.has('emailPasswordEnabled')) refuse('emailPasswordEnabled is not a valid input for this API')
  const lists = ['firstFactors', 'requiredSecondaryFactors'].map((name) => {
    const list = body.has(name) && !body.isNull(name) ? body.texts(name) : []
    if (new Set(list).size < list.length) refuse(`${name} input should not contain duplicate values`)
    return [name, list] as const
  })
  for (const [name, list] of lists) if (list.includes('no space')) refuse(`${name} should contain only 0-9,a-z,A-Z,_,.,- characters`)
  return config
}

function saved (config: Record<string, Value>, isBase: boolean): string[] {
  if (isBase && Object.keys(config).length > 0) refuse('Cannot modify base config')
  if ('nonsense' in config) refuse('Invalid core config: Invalid config key: nonsense')
  return ['OK']
}

const membership = (...statuses: string[]) => ({
  fields: { recipeUserId: ['nobody', ' '] },
  check ({ body, tenant }: Context) {
    filled(body.text('recipeUserId'), 'userId')
    tenant()
    return statuses
  }
})

const statusOf = ({ query }: Context) => {
  if (!['NEW', 'FAILED'].includes(query.maybe('status') ?? 'NEW')) refuse('Invalid value for status. Pass one of NEW, PROCESSING, or FAILED!')
}

export const tenantRules: Rules = {
  'GET /recipe/multitenancy/tenant/v2': { fields: {}, check: () => ['OK', 'TENANT_NOT_FOUND_ERROR'] },
  'PUT /recipe/multitenancy/tenant/v2': {
    fields: { tenantId: ['ta', 'TB', ' ', 'recipe', 'appid-x', 'a b', 'public'], coreConfig: CONFIGS, firstFactors: FACTORS, requiredSecondaryFactors: FACTORS, emailPasswordEnabled: [true] },
    check (call) {
      const { body, tenant, target } = call
      const tenantId = idIn(body.maybe(body.text, 'tenantId') ?? 'public', 'tenantId')
      tenant()
      const config = settings(call)
      if (target.tenant !== 'public') {
        if (tenantId === 'public' && target.app !== 'public') refuse('You must use the public or same app to add/update an app', 403)
        if (tenantId !== 'public' && tenantId !== target.tenant) refuse('You must use the public or same tenant to add/update a tenant', 403)
      }
      // The apps of this test keep the tenants that they have.
      return saved(config, tenantId === 'public' && target.app === 'public')
    }
  },
  'GET /recipe/multitenancy/tenant/list/v2': {
    fields: {},
    check ({ tenant, publicOnly }) {
      tenant()
      publicOnly('Only the public tenantId is allowed to list all tenants associated with this app')
      return ['OK']
    }
  },
  'POST /recipe/multitenancy/tenant/remove': {
    fields: { tenantId: ['nowhere', ' ', 'public', 'hello'] },
    check ({ body, tenant, publicOnly }) {
      if (idIn(body.text('tenantId'), 'tenantId') === 'public') refuse('Cannot delete public tenant, use remove app API instead', 403)
      tenant()
      publicOnly('Only the public tenantId is allowed to delete a tenant')
      return ['OK']
    }
  },
  'PUT /recipe/multitenancy/config/thirdparty': {
    fields: { config: [{ thirdPartyId: 'p', clients: [{ clientId: 'c' }] }, { thirdPartyId: '' }, { thirdPartyId: 5 }, {}], skipValidation: [true, false] },
    check ({ body, tenant }) {
      fieldsOf(body.object('config')).text('thirdPartyId')
      body.maybe(body.flag, 'skipValidation')
      tenant()
      return ['OK', /^Invalid third party config: thirdPartyId cannot be null or empty$/]
    }
  },
  'POST /recipe/multitenancy/config/thirdparty/remove': {
    fields: { thirdPartyId: ['p', ' '] },
    check: ({ body, tenant }) => { body.text('thirdPartyId'); tenant(); return ['OK', /^Invalid third party config: /] }
  },
  'POST /recipe/multitenancy/tenant/user': membership('UNKNOWN_USER_ID_ERROR'),
  'POST /recipe/multitenancy/tenant/user/remove': membership('UNKNOWN_USER_ID_ERROR'),
  'PUT /recipe/multitenancy/app/v2': {
    fields: { appId: ['a1', ' A1 ', ' ', 'appid-x', 'a b'], coreConfig: CONFIGS, firstFactors: FACTORS, requiredSecondaryFactors: FACTORS, emailPasswordEnabled: [true] },
    check (call) {
      const { body, tenant, target } = call
      const appId = idIn(body.maybe(body.text, 'appId') ?? 'public', 'appId')
      tenant()
      const config = settings(call)
      // Stricter than the real Core, where one app may change the public one.
      if (target.tenant !== 'public' || (target.app !== 'public' && target.app !== appId)) refuse('You must use the public or same app to add/update an app', 403)
      return saved(config, appId === 'public')
    }
  },
  'GET /recipe/multitenancy/app/list/v2': {
    fields: {},
    check ({ tenant, target }) {
      tenant()
      if (target.app !== 'public' || target.tenant !== 'public') {
        refuse('Only the public tenantId and public appId is allowed to list all apps associated with this connection uri domain', 403)
      }
      return ['OK']
    }
  },
  'POST /recipe/multitenancy/app/remove': {
    fields: { appId: ['nowhere', ' ', 'public'] },
    check ({ body, tenant, target }) {
      if (idIn(body.text('appId'), 'appId') === 'public') refuse('Cannot delete the public app, use remove connection uri domain API instead', 403)
      tenant()
      if (target.app !== 'public' || target.tenant !== 'public') refuse('Only the public tenantId and public appId is allowed to delete an app', 403)
      return ['OK']
    }
  },
  'GET /apiversion': { fields: { apiDomain: ['a'] }, check: ({ appOfPublic }) => { appOfPublic(); return [] } },
  'GET /telemetry': { fields: {}, check: ({ publicThenApp }) => { publicThenApp(); return [] } },
  'GET /bulk-import/users': {
    fields: { status: ['NEW', 'OLD'], limit: ['1', '501', '0', 'x'], paginationToken: ['bm9ib2R5OzE=', '%'] },
    check (call) {
      const limit = call.query.maybe('limit')
      if (limit !== undefined && !/^\d+$/.test(limit)) refuse('Field name \'limit\' must be an int in the GET request')
      if (Number(limit ?? 1) > 500) refuse('Max limit allowed is 500')
      if (Number(limit ?? 1) < 1) refuse('limit must a positive integer with min value 1')
      statusOf(call)
      call.appOfPublic()
      if (['%', ''].includes(call.query.maybe('paginationToken') ?? 'none')) refuse('invalid pagination token')
      return ['OK']
    }
  },
  'GET /bulk-import/users/count': { fields: { status: ['NEW', 'OLD'] }, check: (call) => { statusOf(call); call.appOfPublic(); return ['OK'] } },
  'POST /bulk-import/users': {
    fields: { users: [[], [{}]] },
    check ({ body, appOfPublic }) {
      if (body.list('users').length === 0) return ['OK']
      appOfPublic()
      return [/^\{"error":"Data has missing or invalid fields/]
    }
  },
  'POST /bulk-import/users/remove': {
    fields: { ids: [[], ['a'], ['', 5], [5, '']] },
    check ({ body, appOfPublic }) {
      if (body.list('ids').length === 0) return []
      body.texts('ids', (id) => { if (id === '') refuse('Field name \'ids\' cannot contain an empty string') })
      appOfPublic()
      return []
    }
  },
  'POST /bulk-import/import': { fields: { loginMethods: [[]] }, check: ({ appOfPublic }) => { appOfPublic(); return [/^\{"errors":/] } }
}
