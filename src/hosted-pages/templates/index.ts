import type { Template } from '../view.js'
import { ADMIN_TEMPLATES, type AdminPageData } from './admin/index.js'
import { appSetUp, appStart, type AppSetUpData } from './app-set-up.js'
import { code, type CodeData } from './code.js'
import { factorChoice, type FactorChoiceData } from './factor-choice.js'
import { link, type LinkData } from './link.js'
import { message, type MessageData } from './message.js'
import { passkey, type PasskeyData } from './passkey.js'
import { recover, type RecoverData } from './recover.js'
import { recoveryCodes, type RecoveryCodesData } from './recovery-codes.js'
import { newPassword, resetPassword, type NewPasswordData, type ResetPasswordData } from './reset-password.js'
import { SECURITY_TEMPLATES, type SecurityPageData } from './security/index.js'
import type { SecondStep } from './second-step.js'
import { signIn, type SignInData } from './sign-in.js'
import { signUp, type SignUpData } from './sign-up.js'
import { typedCode, type TypedCodeData } from './typed-code.js'
import { confirmEmail, verifyEmail, type ConfirmEmailData, type VerifyEmailData } from './verify-email.js'

/** What each page is written from. */
export interface PageData extends SecurityPageData, AdminPageData {
  'sign-in': SignInData
  'sign-up': SignUpData
  'reset-password': ResetPasswordData
  'new-password': NewPasswordData
  'verify-email': VerifyEmailData
  'confirm-email': ConfirmEmailData
  'factor-choice': FactorChoiceData
  code: CodeData
  'typed-code': TypedCodeData
  'app-start': SecondStep
  'app-set-up': AppSetUpData
  passkey: PasskeyData
  'recovery-codes': RecoveryCodesData
  link: LinkData
  recover: RecoverData
  message: MessageData
}

export type PageName = keyof PageData

/** Pages of a host's own, in place of ours. */
export type Templates = { readonly [Name in PageName]?: Template<PageData[Name]> }

/** Our own. A host replaces single ones by the option `templates`. */
export const TEMPLATES: { readonly [Name in PageName]: Template<PageData[Name]> } = {
  'sign-in': signIn,
  'sign-up': signUp,
  'reset-password': resetPassword,
  'new-password': newPassword,
  'verify-email': verifyEmail,
  'confirm-email': confirmEmail,
  'factor-choice': factorChoice,
  code,
  'typed-code': typedCode,
  'app-start': appStart,
  'app-set-up': appSetUp,
  passkey,
  'recovery-codes': recoveryCodes,
  link,
  recover,
  message,
  ...SECURITY_TEMPLATES,
  ...ADMIN_TEMPLATES
}
