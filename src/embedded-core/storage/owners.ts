/** What a sealed value is, and whose. A value of one owner does not open as that of another. */
export const ownerOf = {
  key: (kid: string): string => `key ${kid}`,
  device: (userId: string): string => `totp ${userId}`,
  deviceName: (userId: string): string => `totp-name ${userId}`,
  import: (id: string): string => `import ${id}`,
  importError: (id: string): string => `import-error ${id}`,
  /** Of a login method, and to whom it is linked. */
  user: (userId: string, primaryId: string): string => `user ${userId} ${primaryId}`,
  password: (userId: string): string => `password ${userId}`,
  metadata: (userId: string): string => `metadata ${userId}`,
  /** Only whether there is one is asked, and by its index. */
  verifiedEmail: (): string => 'verified email',
  verificationToken: (tokenHash: string): string => `verification ${tokenHash}`,
  resetToken: (tokenHash: string, userId: string): string => `reset ${tokenHash} ${userId}`,
  code: (tenantId: string, deviceHash: string): string => `code ${tenantId} ${deviceHash}`,
  codeSalt: (tenantId: string, deviceHash: string): string => `code-salt ${tenantId} ${deviceHash}`,
  session: (handle: string, column: 'data' | 'payload', userId: string): string => `session ${column} ${handle} ${userId}`,
  idMapping: (userId: string, externalId: string): string => `id ${userId} ${externalId}`,
  providers: (tenantId: string): string => `providers ${tenantId}`
}
