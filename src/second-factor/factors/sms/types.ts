import type { User } from 'supertokens-node/types'

/** What `POST /signinup/code/consume` sends: a code for a device, or the code of a link. */
export type SmsAnswer =
  | { deviceId: string, preAuthSessionId: string, userInputCode: string }
  | { linkCode: string }

export interface SmsProof {
  /** SuperTokens' user of the phone. */
  user: User
  createdNewRecipeUser: boolean
  /** The number that the Core sent the code for. */
  phoneNumber: string | undefined
}

export interface SmsTypes {
  /** The number as typed; undefined when the client named something else. */
  input: { phoneNumber: string | undefined }
  again: { deviceId: string }
  answer: SmsAnswer
  reply: { deviceId: string, preAuthSessionId: string, flowType: 'USER_INPUT_CODE' }
  proof: SmsProof
  rejection:
    | { status: 'INCORRECT_USER_INPUT_CODE_ERROR' | 'EXPIRED_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount: number, maximumCodeInputAttempts: number }
    | { status: 'RESTART_FLOW_ERROR' }
}
