import type { Template } from '../view.js'
import { signIn, type SignInData } from './sign-in.js'
import { signUp, type SignUpData } from './sign-up.js'
import { factorChoice, type FactorChoiceData } from './factor-choice.js'
import { code, type CodeData } from './code.js'
import { message, type MessageData } from './message.js'
import { SECURITY_TEMPLATES, type SecurityPageData } from './security/index.js'

/** What each page is written from. */
export interface PageData extends SecurityPageData {
  'sign-in': SignInData
  'sign-up': SignUpData
  'factor-choice': FactorChoiceData
  code: CodeData
  message: MessageData
}

export type PageName = keyof PageData

/** Pages of a host's own, in place of ours. */
export type Templates = { readonly [Name in PageName]?: Template<PageData[Name]> }

/** Our own. A host replaces single ones by the option `templates`. */
export const TEMPLATES: { readonly [Name in PageName]: Template<PageData[Name]> } = {
  'sign-in': signIn,
  'sign-up': signUp,
  'factor-choice': factorChoice,
  code,
  message,
  ...SECURITY_TEMPLATES
}
