export interface TotpTypes {
  /** `name` is undefined where the client leaves it to the service. */
  input: { name: string | undefined }
  /** With `deviceName` it confirms the device of the session's challenge. */
  answer: { deviceName?: string, totp: string }
  /** In the words of the Frontend Driver Interface, and the QR code as a picture. */
  reply: { issuerName: string, deviceName: string, secret: string, qrCodeString: string, qrCodeSvg: string }
  proof: undefined
  rejection:
    | { status: 'INVALID_TOTP_ERROR', currentNumberOfFailedAttempts: number, maxNumberOfFailedAttempts: number }
    | { status: 'UNKNOWN_DEVICE_ERROR' | 'UNKNOWN_USER_ID_ERROR' }
}
