import { createHash } from 'node:crypto'
import type { GeneralError } from '../factor.js'
import { LinkElsewhere } from '../../errors.js'
import { deviceFits } from './device.js'
import type { FlowType } from './types.js'

/**
 * A link holds what its receiver would type, and says which session asked for it. The Core's own link codes are never
 * accepted: it takes one for every session and every device.
 */
export interface Link {
  deviceId: string
  userInputCode: string
  /** Says which session asked, to that session only. */
  tag: string
}

/** `<device id>.<code>.<session>`, of characters that a URL's fragment and mail programs leave alone. */
const LINK_CODE = /^([\w-]{43})\.([\w-]{1,64})\.([\w-]{22})$/
/** Digits that a page may show as a code to type. */
const TYPEABLE = /^\d{4,10}$/

function tagOf (deviceId: string, sessionHandle: string): string {
  return createHash('sha256').update(JSON.stringify([deviceId, sessionHandle])).digest('base64url').slice(0, 22)
}

export function linkCodeOf ({ deviceId, userInputCode, sessionHandle }: { deviceId: string, userInputCode: string, sessionHandle: string }): string {
  return [Buffer.from(deviceId, 'base64').toString('base64url'), userInputCode, tagOf(deviceId, sessionHandle)].join('.')
}

/** Reads what the page of a link sends; undefined if its parts do not belong together. */
export function readLink ({ linkCode, preAuthSessionId }: { linkCode: string, preAuthSessionId: string }): Link | undefined {
  const [, device, userInputCode, tag] = LINK_CODE.exec(linkCode) ?? []
  if (device === undefined || userInputCode === undefined || tag === undefined) return undefined
  const deviceId = Buffer.from(device, 'base64url').toString('base64')
  return deviceFits(deviceId, preAuthSessionId) ? { deviceId, userInputCode, tag } : undefined
}

/**
 * Whether this session asked for the link. The rest of the login does not rely on it: whoever makes up a tag meets the
 * session's own challenge.
 */
export const isFromSession = ({ deviceId, tag }: Link, sessionHandle: string): boolean => tag === tagOf(deviceId, sessionHandle)

/**
 * The answer in every browser but the one that asked. Mallory, who has Alice's password, lets a link be sent to Alice; if
 * her click finished Mallory's session, the mailbox would protect nothing. So nothing is checked or used up here, and no
 * session learns anything. The code is shown to whoever has the mail already.
 */
export function elsewhere ({ userInputCode }: Link, flowType: FlowType): GeneralError {
  const message = flowType === 'USER_INPUT_CODE_AND_MAGIC_LINK' && TYPEABLE.test(userInputCode)
    ? `This browser did not ask for the link. If you are signing in elsewhere, enter this code there: ${userInputCode}. If not, tell it to nobody and choose a new password.`
    : 'This browser did not ask for the link. Please open it in the browser where you are signing in. If you are not signing in, choose a new password.'
  return { status: 'GENERAL_ERROR', message, code: new LinkElsewhere('').code }
}
