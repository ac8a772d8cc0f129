import type { Template } from '../../view.js'
import { adminAct } from './act.js'
import { adminAudit } from './audit.js'
import type { AdminActData, AdminAuditData, AdminData, AdminPersonData } from './data.js'
import { adminPerson } from './person.js'
import { admin } from './search.js'

/** What the admin page is written from. */
export interface AdminPageData {
  admin: AdminData
  'admin-person': AdminPersonData
  'admin-act': AdminActData
  'admin-audit': AdminAuditData
}

export const ADMIN_TEMPLATES: { readonly [Name in keyof AdminPageData]: Template<AdminPageData[Name]> } = {
  admin,
  'admin-person': adminPerson,
  'admin-act': adminAct,
  'admin-audit': adminAudit
}
