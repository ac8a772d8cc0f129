/**
 * `getTokenTransferMethod` for each setting. The guard knows these by identity: a function of a host's may look at the request, and then
 * no cached answer holds.
 */
export const TRANSFER_METHODS = {
  any: () => 'any' as const,
  cookie: () => 'cookie' as const,
  header: () => 'header' as const
}

export type TransferMethodSetting = keyof typeof TRANSFER_METHODS
