import type { ExportedTenant, ExportHeader } from '../embedded-core/index.js'
import { ImportRefused } from '../errors.js'
import { bodyOf, type CoreClient } from './core-client.js'
import type { Licence } from './licence.js'

interface Tenant {
  tenantId: string
  firstFactors?: string[]
  requiredSecondaryFactors?: string[]
  thirdParty?: { providers?: unknown[] }
}

/**
 * Creates roles and tenants, since a Core refuses users that refer to unknown ones. Safe to repeat. A dry run only finds
 * out whether the licence covers the tenants.
 */
export async function createDefinitions (core: CoreClient, { roles, tenants }: ExportHeader['fastify-2fa'], licence: Licence, dryRun: boolean): Promise<void> {
  const there = new Map(bodyOf<{ tenants: Tenant[] }>(await core('GET', '/recipe/multitenancy/tenant/list/v2')).tenants.map((tenant) => [tenant.tenantId, tenant]))
  const uncovered = tenants.find(({ tenantId }) => tenantId !== 'public' && !there.has(tenantId))
  if (uncovered !== undefined && licence?.has('multi_tenancy') === false) throw notCovered(uncovered)
  if (dryRun) return
  for (const { role, permissions } of roles) bodyOf(await core('PUT', '/recipe/role', { role, permissions }))
  for (const tenant of tenants) {
    const existing = there.get(tenant.tenantId)
    // Keep the settings of an existing tenant. The public tenant always exists: it counts as new if untouched.
    if (existing === undefined || (tenant.tenantId === 'public' && isUntouched(existing))) await createTenant(core, tenant)
  }
}

const notCovered = ({ tenantId }: ExportedTenant) => new ImportRefused(`its licence does not cover what tenant ${tenantId} needs (402)`)

function isUntouched ({ firstFactors, requiredSecondaryFactors, thirdParty }: Tenant): boolean {
  return firstFactors === undefined && requiredSecondaryFactors === undefined && (thirdParty?.providers ?? []).length === 0
}

async function createTenant (core: CoreClient, tenant: ExportedTenant): Promise<void> {
  const { tenantId, firstFactors, requiredSecondaryFactors, thirdPartyProviders, coreConfig } = tenant
  const isDefault = firstFactors === null && requiredSecondaryFactors === null && Object.keys(coreConfig).length === 0
  if (tenantId !== 'public' || !isDefault) {
    const answer = await core('PUT', '/recipe/multitenancy/tenant/v2', { tenantId, firstFactors, requiredSecondaryFactors, coreConfig })
    if (answer.status === 402) throw notCovered(tenant)
    bodyOf(answer)
  }
  for (const config of thirdPartyProviders) {
    const { status } = await core('PUT', `/${tenantId}/recipe/multitenancy/config/thirdparty`, { config, skipValidation: true })
    // Leave the text out: it may quote the provider's client secret.
    if (status !== 200) throw new ImportRefused(`it answers ${status} to a third-party provider of tenant ${tenantId}`)
  }
}
