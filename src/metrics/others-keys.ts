import type { FastifyInstance } from 'fastify'
import { createAdminCallers } from '../admin-api/callers.js'
import type { ReloadableOptions } from '../reload/reloads.js'
import { createServiceClients } from '../service-clients/clients.js'

/**
 * Whose key the metrics have as well. Every scraper has that of the metrics: it would be an administrator, or could ask
 * about tokens.
 *
 * @param next what takes the place of the present callers
 */
export function otherHolder ({ twoFactor }: FastifyInstance, keys: readonly string[], { admin, serviceClients }: ReloadableOptions = {}): string | undefined {
  const operators = admin === undefined ? twoFactor.admin?.api?.callers : createAdminCallers({ keys: admin.keys ?? [], certificates: [] })
  const services = serviceClients === undefined ? twoFactor.serviceClients : createServiceClients(serviceClients)
  if (operators !== undefined && keys.some(operators.knows)) return 'the admin API'
  return services !== undefined && keys.some(services.knows) ? 'a service client' : undefined
}
