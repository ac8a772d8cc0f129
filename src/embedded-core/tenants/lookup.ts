import { badRequest, type Refusal } from '../input/refusals.js'
import { PUBLIC, type App, type Apps, type Tenant } from './apps.js'

/** @throws a 400 refusal if there is no such app, which names the tenant that was asked for */
export function appOf (apps: Apps, appId: string, tenantId: string = PUBLIC): App {
  const app = apps.get(appId)
  if (app === undefined) throw unknownTenant(appId, tenantId)
  return app
}

/** @throws a 400 refusal if the app has no such tenant */
export function tenantOf (app: App, tenantId: string): Tenant {
  if (!app.tenants.has(tenantId)) throw unknownTenant(app.id, tenantId)
  return { id: tenantId, app, db: app.db, now: app.now, settings: app.settings(tenantId) }
}

function unknownTenant (appId: string, tenantId: string): Refusal {
  return badRequest('AppId or tenantId not found => Tenant with the following connectionURIDomain, appId and tenantId combination not found: ' +
    `(, ${appId}, ${tenantId})`)
}
