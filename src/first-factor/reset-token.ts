import { createHmac, timingSafeEqual } from 'node:crypto'
import { getUser, type User } from 'supertokens-node'
import type { RecipeInterface } from 'supertokens-node/recipe/emailpassword/types'
import type { UserContext } from 'supertokens-node/types'
import { appOf } from '../supertokens/sdk.js'

/** `<token of the Core>.<whose it is>`: the Core can say whose a token is only by using it up. */
const LINK_TOKEN = /^(.+)\.([\w-]{43})$/s
const ID_BYTES = 16

/**
 * Sealed with a key: otherwise whoever has a link of their own could name somebody else in it, and learn from which
 * passwords are refused what the address of that account is made of.
 */
function sealOf (token: string, id: Buffer, userContext: UserContext): Buffer {
  return createHmac('sha256', appOf(userContext).twoFactor.core.secret).update(JSON.stringify(['reset-token', token, id.toString('hex')])).digest().subarray(0, 32 - ID_BYTES)
}

const idOf = (userId: string): Buffer => Buffer.from(userId.replaceAll('-', ''), 'hex')

const userIdOf = (id: Buffer): string => id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/**
 * Puts into the token of a reset link whose it is, so that a new password can be compared with the address before the link
 * is used up. Tokens without, which a host got from the Core, work as before.
 */
export function nameOwners (original: RecipeInterface): RecipeInterface {
  return {
    ...original,
    async createResetPasswordToken (input) {
      const result = await original.createResetPasswordToken(input)
      const id = idOf(input.userId)
      if (result.status !== 'OK' || userIdOf(id) !== input.userId) return result
      return { ...result, token: `${result.token}.${Buffer.concat([id, sealOf(result.token, id, input.userContext)]).toString('base64url')}` }
    },
    async consumePasswordResetToken (input) {
      return await original.consumePasswordResetToken({ ...input, token: LINK_TOKEN.exec(input.token)?.[1] ?? input.token })
    }
  }
}

/** The user whose token it is; undefined if it does not say. */
export async function ownerOf (linkToken: string, userContext: UserContext): Promise<User | undefined> {
  const [, token, owner] = LINK_TOKEN.exec(linkToken) ?? []
  if (token === undefined || owner === undefined) return undefined
  const bytes = Buffer.from(owner, 'base64url')
  const id = bytes.subarray(0, ID_BYTES)
  const seal = bytes.subarray(ID_BYTES)
  const expected = sealOf(token, id, userContext)
  if (seal.length !== expected.length || !timingSafeEqual(seal, expected)) return undefined
  return await getUser(userIdOf(id), userContext)
}

/** The addresses or numbers of the account that a token is for; none if it does not say. */
export const loginsOf = async (linkToken: string, userContext: UserContext): Promise<string[]> => (await ownerOf(linkToken, userContext))?.emails ?? []
