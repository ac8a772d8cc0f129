/** The only part of the environment that the library reads: hosts expect their `NODE_ENV` to count. */
export const nodeEnv = (): string | undefined => process.env.NODE_ENV
