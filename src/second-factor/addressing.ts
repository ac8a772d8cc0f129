import type { UserContext } from 'supertokens-node/types'

/** For factors that send a message: where it goes. */
export interface Addressing<Input> {
  /** Names the windows that count messages to one address. */
  kind: string
  /** The address that the client names, normalised; undefined when it is not valid. */
  named (input: Input): string | undefined
  /** Whether an address is the enrolled one, perhaps stored in an earlier normal form. @default by equality */
  isSame? (address: string, enrolled: string): boolean
  /** Whether the client asks for the address that the account is bound to without naming it, or by a mask of it. */
  asksForEnrolled (input: Input, enrolled: string): boolean
  /** Shown when the client names no valid address. */
  invalidMessage: string
  /**
   * @param owned whether the account has proved that the address is its own
   * @throws AUTH_LIMIT_REACHED when messages may not go there
   */
  requireReachable (address: string, userContext: UserContext, owned: boolean): void
  /** What audit events may say of the address: masked. */
  masked (address: string): { phone?: string, email?: string }
  /** What the windows of an address count, where several addresses reach one receiver. @default the address */
  counted? (address: string): string
  /**
   * Whether the client may know the enrolled address, as from its access token. Otherwise to name one is to guess: it
   * counts as a try.
   * @default false
   */
  isShown?: boolean
  /** The refusal of an address other than the enrolled one. */
  mismatch (): Error
}
