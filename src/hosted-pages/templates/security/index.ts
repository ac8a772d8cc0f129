import type { Template } from '../../view.js'
import { securityApp, type SecurityAppData } from './app.js'
import { securityContact, type SecurityContactData } from './contact.js'
import { securityEmail, type SecurityEmailData } from './email.js'
import { securityRemove, securityRename, type SecurityRemoveData, type SecurityRenameData } from './enrolment.js'
import type { SecurityData } from './data.js'
import { security } from './overview.js'
import { securityPasskey, type SecurityPasskeyData } from './passkey.js'
import { securityPassword, type SecurityPasswordData } from './password.js'
import { securityCodes, type SecurityCodesData } from './recovery-codes.js'

/** What the pages of "my security" are written from. */
export interface SecurityPageData {
  security: SecurityData
  'security-contact': SecurityContactData
  'security-app': SecurityAppData
  'security-passkey': SecurityPasskeyData
  'security-codes': SecurityCodesData
  'security-remove': SecurityRemoveData
  'security-rename': SecurityRenameData
  'security-password': SecurityPasswordData
  'security-email': SecurityEmailData
}

export const SECURITY_TEMPLATES: { readonly [Name in keyof SecurityPageData]: Template<SecurityPageData[Name]> } = {
  security,
  'security-contact': securityContact,
  'security-app': securityApp,
  'security-passkey': securityPasskey,
  'security-codes': securityCodes,
  'security-remove': securityRemove,
  'security-rename': securityRename,
  'security-password': securityPassword,
  'security-email': securityEmail
}
