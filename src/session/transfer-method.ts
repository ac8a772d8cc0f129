/**
 * `getTokenTransferMethod` for each setting. The guard recognises them by identity: a host's own function may depend on
 * the request, and then nothing can be cached.
 */
export const TRANSFER_METHODS = {
  any: () => 'any' as const,
  cookie: () => 'cookie' as const,
  header: () => 'header' as const
}

export type TransferMethodSetting = keyof typeof TRANSFER_METHODS
