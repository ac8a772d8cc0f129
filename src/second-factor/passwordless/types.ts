import type { AllRecipeConfigs, User } from 'supertokens-node/types'
import type { Factor } from '../factor.js'

/** How the Frontend Driver Interface names an address. */
export type Contact = 'phoneNumber' | 'email'

/** How a code is entered, in the words of the Frontend Driver Interface. */
export type FlowType = 'USER_INPUT_CODE' | 'MAGIC_LINK' | 'USER_INPUT_CODE_AND_MAGIC_LINK'

/** What `POST /signinup/code/consume` sends: a code for a device, or the code of a link. */
export type CodeAnswer =
  | { deviceId: string, preAuthSessionId: string, userInputCode: string }
  | { linkCode: string, preAuthSessionId: string }

export interface CodeProof {
  /** SuperTokens' user of the address. */
  user: User
  createdNewRecipeUser: boolean
  /** The address that the Core made the code for. */
  address: string | undefined
}

export interface CodeTypes {
  /** The address as typed; undefined when the client named something else. */
  input: { address: string | undefined }
  again: { deviceId: string }
  answer: CodeAnswer
  reply: { deviceId: string, preAuthSessionId: string, flowType: FlowType }
  proof: CodeProof
  rejection:
    | { status: 'INCORRECT_USER_INPUT_CODE_ERROR' | 'EXPIRED_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount: number, maximumCodeInputAttempts: number }
    | { status: 'RESTART_FLOW_ERROR' }
}

/** Key of what only the factors of the Passwordless recipe have: a factor of an app's own cannot have it by chance. */
export const PASSWORDLESS = Symbol('passwordless')

export interface PasswordlessPart {
  contact: Contact
  /** How codes are entered. */
  flowType: FlowType
  /** The settings of the recipe that are about these addresses. */
  recipe: Partial<AllRecipeConfigs['passwordless']>
  /** Whether an answer shows SuperTokens' user of the address. Otherwise it shows the person who signed in. */
  showsContact: boolean
}

/** A factor whose codes SuperTokens' Passwordless recipe makes. All of them share its endpoints. */
export interface CodeFactor extends Factor<CodeTypes> {
  readonly [PASSWORDLESS]: PasswordlessPart
}

export const isCodeFactor = (factor: Factor): factor is CodeFactor => PASSWORDLESS in factor

/** Stands for "the pinned address" where the Frontend Driver Interface demands one and the client does not know it. */
export const PINNED = 'pinned'
