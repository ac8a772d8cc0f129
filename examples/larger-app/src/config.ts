import { envSchema } from 'env-schema'
import { Type, type Static } from 'typebox'

const schema = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65535, default: 3000 }),
  HOST: Type.String({ default: '127.0.0.1' }),
  LOG_LEVEL: Type.String({ default: 'info' }),
  DATABASE_URL: Type.String({ pattern: '^postgres(ql)?://' }),
  /** Where browsers reach this app. */
  API_DOMAIN: Type.String({ default: 'http://localhost:3000' }),
  /** Origins of its websites, separated by commas. */
  WEBSITE_DOMAINS: Type.Unsafe<string[]>({ type: 'string', separator: ',', default: 'http://localhost:3001' }),
  /** A SuperTokens Core. Without one, a Core runs in this process and forgets everything when it ends. */
  CORE_URI: Type.Optional(Type.String({ pattern: '^https?://' })),
  CORE_API_KEY: Type.Optional(Type.String()),
  /** A gateway for SMS. Without one, codes are printed to the log. */
  SMS_WEBHOOK_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  SMS_WEBHOOK_SECRET: Type.Optional(Type.String({ minLength: 32 })),
  /** The internal service behind /reports. */
  REPORTS_URL: Type.String({ pattern: '^https?://' }),
  /** By which that service knows this app. */
  REPORTS_KEY: Type.String({ minLength: 32 })
})

export type Config = Static<typeof schema>

/**
 * Reads the environment, and nothing else does.
 *
 * @throws naming every variable that is wrong or missing
 */
export function readConfig (data: Record<string, string | undefined> = process.env): Config {
  return envSchema<Config>({ schema, data, env: false })
}
