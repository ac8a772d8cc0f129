import type { RecipeInterface } from 'supertokens-node/recipe/multitenancy/types'
import t from 'tap'
import { cacheTenants } from '../../src/supertokens/tenant-cache.js'

const USER_CONTEXT = {} as never

function build () {
  const asked: string[] = []
  let now = 0
  const tenants = new Map([['public', ['emailpassword']]])
  const original = {
    async getTenant ({ tenantId }: { tenantId: string }) {
      asked.push(tenantId)
      const firstFactors = tenants.get(tenantId)
      return firstFactors && { status: 'OK', firstFactors, thirdParty: { providers: [] }, coreConfig: {} }
    },
    async createOrUpdateTenant ({ tenantId, config }: { tenantId: string, config?: { firstFactors?: string[] } }) {
      tenants.set(tenantId, config?.firstFactors ?? [])
      return { status: 'OK', createdNew: true }
    },
    async deleteTenant ({ tenantId }: { tenantId: string }) { return { status: 'OK', didExist: tenants.delete(tenantId) } },
    createOrUpdateThirdPartyConfig: async () => ({ status: 'OK', createdNew: true }),
    deleteThirdPartyConfig: async () => ({ status: 'OK', didConfigExist: true })
  } as unknown as RecipeInterface
  const recipe = cacheTenants(original, () => now)
  return { recipe, asked, tenants, get: (tenantId: string) => recipe.getTenant({ tenantId, userContext: USER_CONTEXT }), pass: (ms: number) => { now += ms } }
}

t.test('a tenant is asked for once in half a minute', async (t) => {
  const { get, asked, pass, tenants } = build()
  t.strictSame(await get('public'), await get('public'))
  pass(29_999)
  await get('public')
  t.strictSame(asked, ['public'])
  tenants.set('public', ['thirdparty'])
  pass(1)
  t.strictSame((await get('public'))?.firstFactors, ['thirdparty'])
})

t.test('a change through this process is seen at once', async (t) => {
  const { recipe, get, asked } = build()
  await get('public')
  await recipe.createOrUpdateTenant({ tenantId: 'public', config: { firstFactors: [] }, userContext: USER_CONTEXT })
  t.strictSame((await get('public'))?.firstFactors, [])
  await recipe.createOrUpdateThirdPartyConfig({ tenantId: 'public', config: { thirdPartyId: 'x' }, userContext: USER_CONTEXT })
  await get('public')
  await recipe.deleteThirdPartyConfig({ tenantId: 'public', thirdPartyId: 'x', userContext: USER_CONTEXT })
  await get('public')
  await recipe.deleteTenant({ tenantId: 'public', userContext: USER_CONTEXT })
  t.equal(await get('public'), undefined)
  t.equal(asked.length, 5)
})

t.test('what one caller writes into its tenant no other caller sees', async (t) => {
  const { get } = build()
  const [first, second] = [await get('public'), await get('public')]
  first!.thirdParty.providers.push({ thirdPartyId: 'evil' })
  second!.thirdParty.providers.push({ thirdPartyId: 'evil' })
  t.strictSame((await get('public'))!.thirdParty.providers, [])
})

t.test('attack: made-up tenants are not remembered', async (t) => {
  const { get, asked } = build()
  for (let i = 0; i < 3; i++) t.equal(await get('made-up'), undefined)
  t.equal(asked.length, 3)
})
