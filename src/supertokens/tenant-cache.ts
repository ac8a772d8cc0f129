import { performance } from 'node:perf_hooks'
import type { RecipeInterface } from 'supertokens-node/recipe/multitenancy/types'

/** How long a change of a tenant by another replica may go unnoticed. */
const LIFETIME_MS = 30_000

type Tenant = NonNullable<Awaited<ReturnType<RecipeInterface['getTenant']>>>

/**
 * Caches tenants, which rarely change and which the SDK requests on every sign-in (CDI
 * `/recipe/multitenancy/tenant/v2`). Changes through this process take effect at once. Unknown names are not cached,
 * since anyone can make up any number of them.
 *
 * @param now milliseconds
 */
export function cacheTenants (original: RecipeInterface, now: () => number = () => performance.now()): RecipeInterface {
  const known = new Map<string, { tenant: Tenant, until: number }>()

  /** Also invalidates after the change, since a look-up may have begun before it. */
  async function changing<Result> ({ tenantId }: { tenantId: string }, change: () => Promise<Result>): Promise<Result> {
    known.delete(tenantId)
    try {
      return await change()
    } finally {
      known.delete(tenantId)
    }
  }

  return {
    ...original,
    async getTenant (input) {
      const { tenantId } = input
      const remembered = known.get(tenantId)
      // Return a copy: the SDK modifies the object.
      if (remembered !== undefined && now() < remembered.until) return structuredClone(remembered.tenant)
      const tenant = await original.getTenant(input)
      if (tenant === undefined) known.delete(tenantId)
      else known.set(tenantId, { tenant: structuredClone(tenant), until: now() + LIFETIME_MS })
      return tenant
    },
    createOrUpdateTenant: (input) => changing(input, () => original.createOrUpdateTenant(input)),
    deleteTenant: (input) => changing(input, () => original.deleteTenant(input)),
    createOrUpdateThirdPartyConfig: (input) => changing(input, () => original.createOrUpdateThirdPartyConfig(input)),
    deleteThirdPartyConfig: (input) => changing(input, () => original.deleteThirdPartyConfig(input))
  }
}
